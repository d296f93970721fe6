//! Printers that behave as they are told, with the clock paused: what is said of each sheet, and what went over the line.

mod device;
mod page;
mod settings;
pub(crate) mod sheets;
mod slow_printer;

use adapter_sdk::{Ask, Clock, DriverContext, DriverError, DriverReport, Line, Reporter, State};
use device::{Behaviour, Device};
use expect_test::{Expect, expect};
use protocol::{
    CommandId, Fact, Outcome, Timestamp,
    command::{Action, PrintOrder},
    print::{Block, Sheet, SheetKind},
};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinHandle, time::Instant};

const NOON: Timestamp = Timestamp::from_millis(1_795_165_200_000);
/// The beginning of a band, and a cut.
const BAND: &[u8] = b"\x1dv0";
const CUT: &[u8] = b"\x1dVB";

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        NOON
    }
    fn state(&self) -> protocol::ClockState {
        protocol::ClockState::Synced
    }
    fn offset_seconds(&self) -> i32 {
        5 * 3600
    }
}

/// A printer driven, with everything written down that its driver says.
struct DriverHarness {
    device: Device,
    asks: mpsc::Sender<Ask>,
    said: Arc<Mutex<String>>,
    driver: JoinHandle<DriverError>,
}

fn start(behaviour: Behaviour, changes: Value) -> DriverHarness {
    let device = Device::new(behaviour);
    let mut settings = json!({"via": "tcp", "host": "10.0.0.9"});
    let (Value::Object(all), Value::Object(changes)) = (&mut settings, changes) else {
        panic!("settings are objects")
    };
    all.extend(changes);
    let plan = crate::ADAPTER.plan(&settings).expect("good settings");
    let (reporter, told) = Reporter::new(16);
    let (asks, asks_in) = mpsc::channel(4);
    let context = DriverContext {
        device: "lobby-printer".parse().expect("a slug"),
        line: Line::Socket(Arc::new(device.clone())),
        asks: asks_in,
        reporter,
        clock: Arc::new(FixedClock),
        pushes: mpsc::channel(1).1,
        push_url: None,
        calls: mpsc::channel(1).1,
        log_position: None,
    };
    let said = Arc::default();
    tokio::spawn(write_down(told, Arc::clone(&said)));
    let driver = tokio::spawn(async move { (plan.drive)(context).await });
    DriverHarness {
        device,
        asks,
        said,
        driver,
    }
}

async fn write_down(mut told: mpsc::Receiver<DriverReport>, said: Arc<Mutex<String>>) {
    while let Some(told) = told.recv().await {
        let line = match told {
            DriverReport::Question(question) => panic!("nobody asks here: {question:?}"),
            DriverReport::Alive => continue,
            DriverReport::State(State::Online { .. }) => "online".to_owned(),
            DriverReport::State(State::Degraded { reason }) => format!("degraded {reason}"),
            DriverReport::Facts(observation) => {
                let facts = observation.facts.into_iter().map(|seen| {
                    let Fact::PrinterChanged(state) = seen.fact else {
                        return seen.fact.name().to_owned();
                    };
                    let error = state.error.map(|error| format!(" {error}")).unwrap_or_default();
                    format!("{:?} {:?}{error}", state.paper, state.cover)
                });
                let facts: Vec<String> = facts.collect();
                // A driver that ended meanwhile does not care.
                let _ = observation.done.send(Ok(()));
                facts.join(", ")
            }
        };
        let mut said = said.lock().expect("not poisoned");
        said.push_str(&line);
        said.push('\n');
    }
}

fn ticket() -> Action {
    Action::PrintTicket(PrintOrder {
        print: sheets::print(),
        sheet: sheets::ticket(),
        copy: false,
    })
}

impl DriverHarness {
    async fn ask(&self, action: Action, within: Duration) -> Outcome {
        let command = CommandId::new(NOON, [7; 10]);
        let (ask, outcome) = Ask::new(command, action, NOON.plus(within), Instant::now() + within);
        self.asks.send(ask).await.expect("the driver lives");
        outcome.await.expect("an ask is always answered")
    }

    /// Until it was heard from, or given up.
    async fn ready(&self) {
        while self.said.lock().expect("not poisoned").lines().count() < 2 && !self.driver.is_finished() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What was said until now and not read yet.
    async fn said(&self) -> String {
        tokio::time::sleep(Duration::from_millis(100)).await;
        std::mem::take(&mut *self.said.lock().expect("not poisoned"))
    }
}

fn words(outcome: &Outcome) -> String {
    let detail = |detail: &Option<String>| detail.as_ref().map(|detail| format!(" {detail}")).unwrap_or_default();
    match outcome {
        Outcome::Ok { detail: more } => format!("ok{}", detail(more)),
        Outcome::Failed { reason, detail: more } => format!("failed {reason:?}{}", detail(more)),
        Outcome::Expired => "expired".to_owned(),
        Outcome::Rejected { reason, detail: more } => format!("rejected {reason:?}{}", detail(more)),
    }
}

/// Prints one ticket, and writes down what is said about it.
async fn check(behaviour: Behaviour, changes: Value, expect: Expect) {
    let stage = start(behaviour, changes);
    stage.ready().await;
    let outcome = stage.ask(ticket(), Duration::from_secs(60)).await;
    let said = stage.said().await;
    let device = &stage.device;
    let sheets = device.heard(CUT);
    let begun = if device.heard(BAND) > 0 { "begun" } else { "not begun" };
    let connections = device.connections();
    let text = format!(
        "{said}{}\n{begun}, {sheets} cut, {connections} connections\n",
        words(&outcome)
    );
    expect.assert_eq(&text);
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_out_when_the_printer_says_so() {
    check(
        Behaviour::Kind,
        json!({}),
        expect![[r#"
        Ok Closed
        online
        ok
        begun, 1 cut, 1 connections
    "#]],
    )
    .await;
    check(
        Behaviour::Chatty,
        json!({}),
        expect![[r#"
        Ok Closed
        online
        ok
        begun, 1 cut, 1 connections
    "#]],
    )
    .await;
    check(
        Behaviour::Dazed,
        json!({}),
        expect![[r#"
        Ok Closed
        online
        ok
        begun, 1 cut, 1 connections
    "#]],
    )
    .await;
    check(
        Behaviour::Low,
        json!({}),
        expect![[r#"
        Low Closed
        degraded paper_low
        ok
        begun, 1 cut, 1 connections
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_that_cannot_be_finished() {
    check(
        Behaviour::NoPaper,
        json!({}),
        expect![[r#"
        Out Closed
        degraded paper_out
        rejected Hardware paper_out
        not begun, 0 cut, 1 connections
    "#]],
    )
    .await;
    check(
        Behaviour::CoverOpen,
        json!({}),
        expect![[r#"
        Ok Open
        degraded cover_open
        rejected Hardware cover_open
        not begun, 0 cut, 1 connections
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_sheet_that_ends_half_way_is_spoilt_or_doubtful_and_never_sent_again() {
    check(
        Behaviour::EndsAfter(10_000),
        json!({}),
        expect![[r#"
        Ok Closed
        online
        Out Closed
        degraded paper_out
        failed Hardware paper_out
        begun, 0 cut, 2 connections
    "#]],
    )
    .await;
    check(
        Behaviour::CutAfter(10_000),
        json!({}),
        expect![[r#"
        Ok Closed
        online
        Unknown Unknown offline
        failed TimedOut no_answer
        begun, 0 cut, 2 connections
    "#]],
    )
    .await;
    check(
        Behaviour::NeverDone,
        json!({}),
        expect![[r#"
        Ok Closed
        online
        failed TimedOut no_answer
        begun, 1 cut, 2 connections
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn paper_that_ends_with_the_last_line_spoils_nothing() {
    check(
        Behaviour::EndsAtLast,
        json!({}),
        expect![[r#"
        Ok Closed
        online
        Out Closed
        degraded paper_out
        ok
        begun, 1 cut, 1 connections
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_printer_that_says_nothing_is_believed_only_where_the_settings_say_so() {
    check(
        Behaviour::Mute,
        json!({"status": "none"}),
        expect![[r#"
        Unknown Unknown
        online
        ok unconfirmed
        begun, 1 cut, 1 connections
    "#]],
    )
    .await;
    for behaviour in [Behaviour::Mute, Behaviour::Garbage] {
        let stage = start(behaviour, json!({}));
        let end = stage.driver.await.expect("no panic");
        assert_eq!(end.word(), "silent");
        assert_eq!(stage.device.heard(BAND), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn letters_that_a_code_page_lacks_are_never_sent() {
    check(
        Behaviour::Kind,
        json!({"text_page": "pc866"}),
        expect![[r#"
        Ok Closed
        online
        rejected Unsupported unmappable
        not begun, 0 cut, 1 connections
    "#]],
    )
    .await;
    let stage = start(Behaviour::Kind, json!({"text_page": "pc866"}));
    stage.ready().await;
    let sheet = Sheet {
        kind: SheetKind::Ticket,
        blocks: vec![Block::Pair {
            left: "Ўрин".to_owned(),
            right: "7".to_owned(),
        }],
    };
    let order = PrintOrder {
        print: sheets::print(),
        sheet,
        copy: true,
    };
    let outcome = stage.ask(Action::PrintTicket(order), Duration::from_secs(60)).await;
    assert_eq!(words(&outcome), "ok");
    assert_eq!(stage.device.heard(b"\xf6\xe0\xa8\xad"), 1, "in code page 866");
    assert_eq!(stage.device.heard(b"NUSXA"), 1, "marked as a copy");
}

#[tokio::test(start_paused = true)]
async fn a_sheet_that_is_too_late_reaches_no_printer() {
    let stage = start(Behaviour::Kind, json!({}));
    stage.ready().await;
    assert_eq!(stage.ask(ticket(), Duration::ZERO).await, Outcome::Expired);
    assert_eq!(stage.device.heard(BAND), 0);
    let unsupported = stage.ask(Action::DeviceReboot {}, Duration::from_secs(5)).await;
    assert_eq!(words(&unsupported), "rejected Unsupported");
    let nothing = stage.ask(Action::DeviceIdentify {}, Duration::from_secs(5)).await;
    assert_eq!(words(&nothing), "rejected Unsupported nothing_to_show");
    let found = stage.ask(Action::DeviceTest {}, Duration::from_secs(5)).await;
    assert_eq!(words(&found), "ok paper ok, cover closed");
    let page = stage.ask(Action::PrintTest {}, Duration::from_secs(5)).await;
    assert_eq!(words(&page), "ok");
    drop(stage.asks);
    assert_eq!(stage.driver.await.expect("no panic").word(), "refused");
}

#[tokio::test(start_paused = true)]
async fn what_hangs_on_the_drawer_connector_is_given_all_five_bytes() {
    let stage = start(Behaviour::Kind, json!({"drawer": "pin5"}));
    stage.ready().await;
    let shown = stage.ask(Action::DeviceIdentify {}, Duration::from_secs(5)).await;
    assert_eq!(words(&shown), "ok");
    assert_eq!(stage.device.heard(&[0x1b, b'p', 1, 50, 100]), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_printer_says_unasked_is_told_once_per_change() {
    let stage = start(Behaviour::Kind, json!({}));
    stage.ready().await;
    stage.device.says([0x18, 0, 0x0c, 0x0f]);
    stage.device.says([0x18, 0, 0x0c, 0x0f]);
    stage.device.says([0x38, 0, 0x0c, 0x0f]);
    stage.device.says([0x10, 0, 0x03, 0x0f]);
    stage.device.says([0x10, 0x08, 0, 0x0f]);
    stage.device.says([0x10, 0, 0, 0x0f]);
    expect![[r#"
        Ok Closed
        online
        Out Closed
        degraded paper_out
        Out Open
        degraded cover_open
        Low Closed
        degraded paper_low
        Ok Closed cutter
        degraded cutter
        Ok Closed
        online
    "#]]
    .assert_eq(&stage.said().await);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(stage.said().await, "", "looked at six times more, and nothing is news");
}
