//! The printer adapter over real sockets, against the simulated printers with all their oddities.
//!
//! What lies below the blade is the truth; nothing the adapter says counts.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

#[cfg(test)]
#[path = "printer/site.rs"]
mod site;

use adapter_sdk::DriverError;
use protocol::command::Action;
use serde_json::{Value, json};
use site::{PrinterRun, badge, ticket};
use std::time::Duration;
use tests_world::printer::{Answers, Config, LabelConfig, LabelPrinter, PartState, Printer};
use tokio::time::Instant;

fn settings(printer: &Printer) -> Value {
    json!({"via": "tcp", "host": "127.0.0.1", "port": printer.address().port()})
}

/// Why it ended, and what it had said.
async fn ended(mut site: PrinterRun) -> (DriverError, Vec<String>) {
    let end = site.run.ended().await;
    (end, site.notes())
}

async fn ready(config: Config) -> (Printer, PrinterRun) {
    let printer = Printer::start(config).unwrap();
    let site = PrinterRun::start(&settings(&printer));
    site.says("online").await;
    (printer, site)
}

/// So many sheets lie below the blade, each with something on it, and nothing hangs out.
fn cut(printer: &Printer, sheets: usize) {
    assert_eq!(printer.sheets().len(), sheets);
    assert_eq!(printer.counts().cuts, sheets as u64);
    assert!(printer.sheets().iter().all(|sheet| sheet.picture.ink() > 10_000));
    assert_eq!(printer.hanging().picture.height(), 0);
    assert_eq!(printer.counts().unknown, 0);
}

#[tokio::test]
async fn a_ticket_comes_out_once_and_is_no_longer_than_ninety_millimetres() {
    for (width_mm, width, answers) in [
        (80, 576, Answers::Whole),
        (58, 384, Answers::Whole),
        (80, 576, Answers::Split),
    ] {
        let config = Config {
            width,
            answers,
            ..Config::default()
        };
        let printer = Printer::start(config).unwrap();
        let mut settings = settings(&printer);
        settings["width_mm"] = json!(width_mm);
        let site = PrinterRun::start(&settings);
        site.says("online").await;
        assert_eq!(site.print(ticket()).await, "ok");
        assert_eq!(site.notes(), ["paper Ok, cover Closed", "online"]);
        cut(&printer, 1);
        let picture = printer.sheets().remove(0).picture;
        assert!(picture.height() <= 719, "{} rows are more than 90 mm", picture.height());
        assert_eq!(site.ask(Action::PrintTest {}).await, "ok");
        cut(&printer, 2);
        site.run.stop().await;
    }
}

#[tokio::test]
async fn a_copy_says_so_and_is_another_sheet() {
    let (printer, site) = ready(Config::default()).await;
    let mut order = ticket();
    assert_eq!(site.print(order.clone()).await, "ok");
    order.copy = true;
    assert_eq!(site.print(order).await, "ok");
    cut(&printer, 2);
    let sheets = printer.sheets();
    assert!(sheets[1].picture.ink() > sheets[0].picture.ink() / 2);
    assert_ne!(sheets[0].picture, sheets[1].picture);
    site.run.stop().await;
}

#[tokio::test]
async fn nothing_is_begun_without_paper_or_with_an_open_cover() {
    let (printer, site) = ready(Config::default()).await;
    printer.open_cover();
    site.says("degraded cover_open").await;
    assert_eq!(site.print(ticket()).await, "rejected Hardware cover_open");
    printer.close_cover();
    site.says("online").await;
    printer.set_roll(0);
    site.says("degraded paper_out").await;
    assert_eq!(site.print(ticket()).await, "rejected Hardware paper_out");
    printer.set_roll(600);
    site.says("degraded paper_low").await;
    printer.set_roll(100_000);
    site.says("online").await;
    assert!(printer.began().is_empty());
    let states: Vec<String> = site
        .notes()
        .into_iter()
        .filter(|note| note.starts_with("paper"))
        .collect();
    assert_eq!(
        states,
        [
            "paper Ok, cover Closed",
            "paper Ok, cover Open",
            "paper Ok, cover Closed",
            "paper Out, cover Closed",
            "paper Low, cover Closed",
            "paper Ok, cover Closed"
        ],
        "once per change"
    );
    site.run.stop().await;
}

#[tokio::test]
async fn a_roll_that_ends_half_way_spoils_the_sheet_and_nothing_of_it_comes_out_later() {
    let (printer, site) = ready(Config::default()).await;
    printer.set_roll(300);
    assert_eq!(site.print(ticket()).await, "failed Hardware paper_out");
    site.says("degraded paper_out").await;
    site.until("it is told to forget", |_| printer.counts().forgotten > 0)
        .await;
    site.until("it is connected to anew", |_| printer.counts().connections == 2)
        .await;
    printer.set_roll(100_000);
    site.says("online").await;
    assert_eq!(printer.counts().cuts, 0);
    // The torn piece hangs out; the next ticket is whole.
    assert_eq!(site.print(ticket()).await, "ok");
    assert_eq!((printer.counts().cuts, printer.began().len()), (1, 1));
    site.run.stop().await;
}

#[tokio::test]
async fn a_stuck_cutter_is_named() {
    let (printer, site) = ready(Config::default()).await;
    printer.set_cutter(PartState::Fails);
    assert_eq!(site.print(ticket()).await, "failed Hardware cutter");
    printer.set_cutter(PartState::Works);
    site.run.stop().await;
}

#[tokio::test]
async fn a_slow_printer_with_little_room_is_waited_for() {
    let config = Config {
        pace: Some(60_000),
        room: 4096,
        ..Config::default()
    };
    let (printer, site) = ready(config).await;
    let asked = Instant::now();
    let printing = site.print(ticket());
    let murmuring = async {
        loop {
            printer.murmur();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let outcome = tokio::select! {
        outcome = printing => outcome,
        () = murmuring => unreachable!("it murmurs for ever"),
    };
    assert_eq!(outcome, "ok");
    assert!(asked.elapsed() > Duration::from_millis(400), "{:?}", asked.elapsed());
    cut(&printer, 1);
    site.run.stop().await;
}

#[tokio::test]
async fn a_printer_that_falls_silent_is_given_up_before_anything_is_sent() {
    let (printer, site) = ready(Config::default()).await;
    printer.set_answers(Answers::Silent);
    assert_eq!(site.print(ticket()).await, "rejected Offline silent");
    let (end, notes) = ended(site).await;
    assert!(matches!(end, DriverError::Silent(_)), "{end:?}");
    assert_eq!(notes.last().unwrap(), "paper Unknown, cover Unknown offline");
    assert!(printer.began().is_empty());
    printer.set_answers(Answers::Whole);
    let site = PrinterRun::start(&settings(&printer));
    site.says("online").await;
    assert_eq!(site.print(ticket()).await, "ok");
    cut(&printer, 1);
    site.run.stop().await;
}

#[tokio::test]
async fn a_sheet_that_nobody_confirms_is_doubtful_and_not_sent_again() {
    let (printer, site) = ready(Config::default()).await;
    printer.set_answers(Answers::NeverDone);
    assert_eq!(site.print(ticket()).await, "failed TimedOut no_answer");
    printer.set_answers(Answers::Whole);
    site.until("it is connected to anew", |_| printer.counts().connections == 2)
        .await;
    assert_eq!(site.ask(Action::DeviceTest {}).await, "ok paper ok, cover closed");
    cut(&printer, 1);
    site.run.stop().await;
}

#[tokio::test]
async fn a_line_cut_in_the_middle_leaves_a_doubt_and_no_second_ticket() {
    let config = Config {
        pace: Some(40_000),
        room: 2048,
        ..Config::default()
    };
    let (printer, site) = ready(config).await;
    let printing = site.print(ticket());
    let cutting = async {
        while printer.hanging().picture.height() < 200 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        printer.cut_line().await;
        std::future::pending::<()>().await;
    };
    let outcome = tokio::select! {
        outcome = printing => outcome,
        () = cutting => unreachable!("it never ends"),
    };
    assert_eq!(outcome, "failed TimedOut no_answer");
    printer.set_pace(None);
    site.until("it is connected to anew", |_| printer.counts().connections == 2)
        .await;
    assert_eq!(site.ask(Action::DeviceTest {}).await, "ok paper ok, cover closed");
    assert_eq!((printer.counts().cuts, printer.began().len()), (0, 1));
    // What the cut left of an image swallows no part of the next sheet.
    let order = ticket();
    assert_eq!(site.print(order.clone()).await, "ok");
    assert_eq!((printer.counts().cuts, printer.counts().unknown), (1, 0));
    let sheet = printer.sheets().remove(0);
    let (other, other_site) = ready(Config::default()).await;
    assert_eq!(other_site.print(order).await, "ok");
    assert!(sheet.picture.ends_with(&other.sheets().remove(0).picture));
    assert_eq!(sheet.text, b"", "no dots were taken for letters");
    other_site.run.stop().await;
    site.run.stop().await;
}

#[tokio::test]
async fn a_printer_switched_off_is_offline_and_back_when_it_is_on() {
    let (printer, site) = ready(Config::default()).await;
    printer.go_offline().await;
    let (end, notes) = ended(site).await;
    assert_eq!(end.word(), "unreachable");
    assert_eq!(notes.last().unwrap(), "paper Unknown, cover Unknown offline");
    let (end, notes) = ended(PrinterRun::start(&settings(&printer))).await;
    assert_eq!((end.word(), notes.len()), ("unreachable", 0));
    printer.go_online().await;
    let site = PrinterRun::start(&settings(&printer));
    site.says("online").await;
    site.run.stop().await;
}

/// Issue 3: from request to first byte below 60 ms for 99 of 100 tickets. Unoptimised and on a busy machine twice that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_dot_is_on_its_way_at_once() {
    let (printer, site) = ready(Config::default()).await;
    let mut waits = Vec::new();
    for _ in 0..60 {
        let asked = Instant::now();
        assert_eq!(site.print(ticket()).await, "ok");
        waits.push(printer.began().last().unwrap().duration_since(asked));
        printer.set_roll(100_000);
    }
    waits.sort();
    let (median, slowest) = (waits[waits.len() / 2], waits[waits.len() - 1]);
    println!("from the request to the first dot: median {median:?}, slowest of 60 {slowest:?}");
    assert!(median < Duration::from_millis(120), "{median:?}");
    cut(&printer, 60);
    site.run.stop().await;
}

#[tokio::test]
async fn a_label_comes_out_once_and_one_that_waits_for_labels_is_taken_back() {
    let printer = LabelPrinter::start(LabelConfig::default()).unwrap();
    let settings = json!({
        "via": "tcp", "host": "127.0.0.1", "port": printer.address().port(),
        "language": "zpl", "width_mm": 80, "height_mm": 60,
    });
    let site = PrinterRun::start(&settings);
    site.says("online").await;
    assert_eq!(site.print(badge()).await, "ok");
    assert_eq!(printer.labels().len(), 1);
    let printing = site.print(badge());
    let running_out = async {
        printer.set_paper(PartState::Fails);
        std::future::pending::<()>().await;
    };
    // It runs out before the look or after it.
    let outcome = tokio::select! {
        outcome = printing => outcome,
        () = running_out => unreachable!("it never ends"),
    };
    assert!(
        outcome == "failed Hardware paper_out" || outcome == "rejected Hardware paper_out",
        "{outcome}"
    );
    site.says("degraded paper_out").await;
    printer.set_head(PartState::Fails);
    assert_eq!(site.print(badge()).await, "rejected Hardware cover_open");
    printer.set_head(PartState::Works);
    printer.set_paper(PartState::Works);
    assert_eq!(site.print(badge()).await, "ok");
    assert_eq!(printer.labels().len(), 2);
    site.run.stop().await;
}
