//! A page printer that answers IPP as it is told: what is said of a page, and how often it was sent.

use super::{FixedClock, NOON, sheets, words, write_down};
use adapter_sdk::{
    Ask, DriverContext, DriverError, Line, Reporter,
    http::{BodyStream, Http, HttpError, Request, Response},
};
use async_trait::async_trait;
use bytes::Bytes;
use expect_test::{Expect, expect};
use http::{HeaderMap, StatusCode};
use protocol::{
    CommandId,
    command::{Action, PrintOrder},
};
use serde_json::json;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinHandle, time::Instant};

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behaviour {
    /// As it should.
    Kind,
    /// It has no A4.
    OtherPaper,
    /// It answers to the page with this status.
    Says(u16),
    /// Its paper ends with the page in it; a page that is cancelled is given up.
    Ends,
    /// Its paper ends with the page in it, and the page is out all the same.
    EndsLate,
    /// It gives the page up by itself.
    GivesUp,
    /// It cannot be connected to for the page.
    Gone,
    /// It takes the page and never answers.
    Mute,
    /// It takes the page and says nothing of it afterwards.
    Forgets,
}

/// Operations it heard, by their number (RFC 8011 §5.4.15).
#[derive(Debug, Clone)]
struct Printer {
    behaviour: Behaviour,
    heard: Arc<Mutex<Vec<u8>>>,
}

#[derive(Debug)]
struct WholeBody(Option<Bytes>);

#[async_trait]
impl BodyStream for WholeBody {
    async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        Ok(self.0.take())
    }
}

fn answer(status: u16, attributes: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![2, 0];
    bytes.extend_from_slice(&status.to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 1, 4]);
    for (name, tag, value) in attributes {
        bytes.push(*tag);
        for part in [name.as_bytes(), value] {
            bytes.extend_from_slice(&u16::try_from(part.len()).expect("short").to_be_bytes());
            bytes.extend_from_slice(part);
        }
    }
    bytes.push(3);
    bytes
}

impl Printer {
    fn count(&self, operation: u8) -> usize {
        let heard = self.heard.lock().expect("not poisoned");
        heard.iter().filter(|one| **one == operation).count()
    }

    fn attributes(&self) -> Vec<u8> {
        let ends = matches!(self.behaviour, Behaviour::Ends | Behaviour::EndsLate) && self.count(2) > 0;
        let reason: &[u8] = if ends { b"media-empty-error" } else { b"none" };
        let media: &[u8] = if self.behaviour == Behaviour::OtherPaper {
            b"na_letter_8.5x11in"
        } else {
            b"iso_a4_210x297mm"
        };
        answer(
            0,
            &[
                ("printer-state", 0x23, &[0, 0, 0, 3]),
                ("printer-state-reasons", 0x44, reason),
                ("document-format-supported", 0x49, b"application/pdf"),
                ("", 0x49, b"image/pwg-raster"),
                ("media-supported", 0x44, media),
            ],
        )
    }

    /// `job-state`: 5 is printing, 7 and 8 are given up, 9 is completed.
    fn state(&self) -> Vec<u8> {
        let cancelled = self.count(8) > 0;
        let state: &[u8] = match self.behaviour {
            Behaviour::Ends if cancelled => &[0, 0, 0, 7],
            Behaviour::EndsLate if cancelled => &[0, 0, 0, 9],
            Behaviour::Ends | Behaviour::EndsLate => &[0, 0, 0, 5],
            Behaviour::GivesUp => &[0, 0, 0, 8],
            Behaviour::Forgets => &[],
            Behaviour::Kind | Behaviour::OtherPaper | Behaviour::Says(_) | Behaviour::Gone | Behaviour::Mute
                if self.count(9) < 3 =>
            {
                &[0, 0, 0, 5]
            }
            Behaviour::Kind | Behaviour::OtherPaper | Behaviour::Says(_) | Behaviour::Gone | Behaviour::Mute => {
                &[0, 0, 0, 9]
            }
        };
        answer(0, &[("job-state", 0x23, state)])
    }
}

#[async_trait]
impl Http for Printer {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let operation = request.body[3];
        self.heard.lock().expect("not poisoned").push(operation);
        let body = match (operation, self.behaviour) {
            (2, Behaviour::Gone) => return Err(HttpError::Connect("no route".into())),
            (2, Behaviour::Mute) => return Err(HttpError::Timeout(request.timeout)),
            (2, Behaviour::Says(status)) => answer(status, &[]),
            (2, _) => answer(0, &[("job-id", 0x21, &[0, 0, 0, 7])]),
            (8, _) => answer(0, &[]),
            (9, _) => self.state(),
            (_, _) => self.attributes(),
        };
        Ok(Response {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Box::new(WholeBody(Some(body.into()))),
        })
    }
}

async fn check(behaviour: Behaviour, expect: Expect) {
    let printer = Printer {
        behaviour,
        heard: Arc::default(),
    };
    let settings = json!({"via": "ipp", "host": "10.0.0.9"});
    let plan = crate::ADAPTER.plan(&settings).expect("good settings");
    let (reporter, told) = Reporter::new(16);
    let (asks, asks_in) = mpsc::channel(4);
    let context = DriverContext {
        device: "office-printer".parse().expect("a slug"),
        line: Line::Http(Arc::new(printer.clone())),
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
    let driver: JoinHandle<DriverError> = tokio::spawn(async move { (plan.drive)(context).await });
    while said.lock().expect("not poisoned").lines().count() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let within = Duration::from_secs(60);
    let action = Action::PrintReport(PrintOrder {
        print: sheets::print(),
        sheet: sheets::ticket(),
        copy: false,
    });
    let command = CommandId::new(NOON, [7; 10]);
    let (ask, outcome) = Ask::new(command, action, NOON.plus(within), Instant::now() + within);
    asks.send(ask).await.expect("the driver lives");
    let outcome = words(&outcome.await.expect("an ask is always answered"));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let lives = if driver.is_finished() { "begun anew" } else { "goes on" };
    let (sent, cancelled) = (printer.count(2), printer.count(8));
    expect.assert_eq(&format!("{outcome}; sent {sent}, cancelled {cancelled}, {lives}"));
}

#[tokio::test(start_paused = true)]
async fn a_page_is_sent_once_and_followed_to_its_end() {
    check(Behaviour::Kind, expect!["ok; sent 1, cancelled 0, goes on"]).await;
    check(
        Behaviour::GivesUp,
        expect!["failed Hardware given_up; sent 1, cancelled 0, goes on"],
    )
    .await;
    check(
        Behaviour::Forgets,
        expect!["failed TimedOut no_answer; sent 1, cancelled 0, goes on"],
    )
    .await;
    check(
        Behaviour::Mute,
        expect!["failed TimedOut no_answer; sent 1, cancelled 0, begun anew"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_page_that_waits_for_paper_is_cancelled_before_it_failed() {
    check(
        Behaviour::Ends,
        expect!["failed Hardware paper_out; sent 1, cancelled 1, goes on"],
    )
    .await;
    check(Behaviour::EndsLate, expect!["ok; sent 1, cancelled 1, goes on"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_page_that_never_began_may_be_printed_elsewhere() {
    check(
        Behaviour::OtherPaper,
        expect!["rejected Unsupported media; sent 0, cancelled 0, goes on"],
    )
    .await;
    check(
        Behaviour::Says(0x0400),
        expect!["rejected Hardware refused; sent 1, cancelled 0, goes on"],
    )
    .await;
    check(
        Behaviour::Says(0x0507),
        expect!["rejected Busy busy; sent 1, cancelled 0, goes on"],
    )
    .await;
    check(
        Behaviour::Gone,
        expect!["rejected Offline offline; sent 1, cancelled 0, begun anew"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_page_that_failed_on_the_way_may_be_on_paper() {
    // Too late, a document that broke, an internal error, cancelled, and what nobody knows.
    for status in [0x0405, 0x0411, 0x0500, 0x0508, 0x0777] {
        check(
            Behaviour::Says(status),
            expect!["failed TimedOut no_answer; sent 1, cancelled 0, goes on"],
        )
        .await;
    }
}
