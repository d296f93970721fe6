//! The driver with a scanner that is played, the clock paused: scans, pauses, repetition, garbage, a slow disk, a cut cable.

mod settings;
mod simulator;

use adapter_sdk::{Ask, Clock, DriverContext, DriverError, DriverReport, ReportError, Reporter, State};
use expect_test::{Expect, expect};
use protocol::{CommandId, Fact, Outcome, Timestamp, command::Action};
use serde_json::json;
use simulator::{ScannerBehaviour, SimulatedScanner};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinHandle, time::Instant};

const NOON: Timestamp = Timestamp::from_millis(1_795_165_200_000);

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

struct DriverHarness {
    scanner: SimulatedScanner,
    asks: mpsc::Sender<Ask>,
    told: mpsc::Receiver<DriverReport>,
    driver: JoinHandle<DriverError>,
}

fn start(line: &str, played: ScannerBehaviour) -> DriverHarness {
    let (scanner, cable) = SimulatedScanner::new(line, played);
    let plan = crate::ADAPTER
        .plan(&json!({"path": "/dev/scanner", "line": line, "max_len": 16}))
        .expect("good settings");
    let (reporter, told) = Reporter::new(64);
    let (asks, asks_in) = mpsc::channel(4);
    let context = DriverContext {
        device: "scanner".parse().expect("a slug"),
        line: cable,
        asks: asks_in,
        reporter,
        clock: Arc::new(FixedClock),
        pushes: mpsc::channel(1).1,
        push_url: None,
        calls: mpsc::channel(1).1,
        log_position: None,
    };
    let driver = tokio::spawn(async move { (plan.drive)(context).await });
    DriverHarness {
        scanner,
        asks,
        told,
        driver,
    }
}

impl DriverHarness {
    /// What is told within a second, each thing in a few words; facts are answered as on disk.
    async fn heard(&mut self) -> String {
        let mut said = Vec::new();
        while let Ok(Some(told)) = tokio::time::timeout(Duration::from_secs(1), self.told.recv()).await {
            match told {
                DriverReport::Facts(observation) => {
                    for seen in &observation.facts {
                        assert!(!seen.replay && seen.origin.is_none());
                        let Fact::DeviceScanned(scanned) = &seen.fact else {
                            panic!("it saw {seen:?}")
                        };
                        said.push(format!("{} {}", scanned.len, &scanned.sha256.as_str()[..8]));
                    }
                    observation.done.send(Ok(())).expect("the driver waits");
                }
                DriverReport::State(State::Online { .. }) => said.push("online".to_owned()),
                DriverReport::State(State::Degraded { reason }) => said.push(reason),
                DriverReport::Question(question) => panic!("nobody asks here: {question:?}"),
                DriverReport::Alive => {}
            }
        }
        said.join(", ")
    }

    async fn ask(&self, action: Action) -> Outcome {
        let minute = Duration::from_secs(60);
        let command = CommandId::new(NOON, [7; 10]);
        let (ask, outcome) = Ask::new(command, action, NOON.plus(minute), Instant::now() + minute);
        self.asks.send(ask).await.expect("the driver lives");
        outcome.await.expect("an ask is always answered")
    }

    async fn test(&self) -> String {
        match self.ask(Action::DeviceTest {}).await {
            Outcome::Ok { detail } => detail.unwrap_or_default(),
            other @ (Outcome::Rejected { .. } | Outcome::Failed { .. } | Outcome::Expired) => format!("{other:?}"),
        }
    }
}

/// Sends pieces one after the other, with `…` a pause longer than any within a code, and `_` one as long as a repetition.
async fn check(pieces: &[&str], expect: Expect) {
    let mut stage = start("serial", ScannerBehaviour::Kind);
    for piece in pieces {
        match *piece {
            "…" => tokio::time::sleep(Duration::from_millis(150)).await,
            "_" => tokio::time::sleep(Duration::from_millis(1_600)).await,
            piece => stage.scanner.send(piece.as_bytes()),
        }
        tokio::task::yield_now().await;
    }
    let heard = stage.heard().await;
    expect.assert_eq(&format!("{heard}; {}", stage.test().await));
}

#[tokio::test(start_paused = true)]
async fn a_code_is_told_by_its_hash_and_its_length() {
    check(
        &["K-001\r"],
        expect!["online, 5 33b379a0; 1 codes, 0 repeated, 0 garbled, 0 lost"],
    )
    .await;
    check(
        &["K-", "0", "01\r\nK-002\n"],
        expect!["online, 5 33b379a0, 5 00b8794f; 2 codes, 0 repeated, 0 garbled, 0 lost"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_code_that_stops_halfway_is_thrown_away_and_the_next_is_whole() {
    check(
        &["K-0", "…", "K-001\r"],
        expect!["online, 5 33b379a0; 1 codes, 0 repeated, 1 garbled, 0 lost"],
    )
    .await;
    check(
        &["K-001", "…", "\r"],
        expect!["online; 0 codes, 0 repeated, 1 garbled, 0 lost"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_held_before_the_scanner_is_one_scan() {
    check(
        &["K-001\r", "…", "K-001\r", "K-001\r"],
        expect!["online, 5 33b379a0; 1 codes, 2 repeated, 0 garbled, 0 lost"],
    )
    .await;
    check(
        &["K-001\r", "_", "K-001\r"],
        expect!["online, 5 33b379a0, 5 33b379a0; 2 codes, 0 repeated, 0 garbled, 0 lost"],
    )
    .await;
    check(
        &["K-001\r", "K-002\r", "K-001\r"],
        expect!["online, 5 33b379a0, 5 00b8794f, 5 33b379a0; 3 codes, 0 repeated, 0 garbled, 0 lost"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn garbage_is_no_code_and_five_times_in_a_row_it_is_the_setting() {
    check(
        &["\u{ff}\u{fe}\r", "K-001\r"],
        expect!["online, 5 33b379a0; 1 codes, 0 repeated, 1 garbled, 0 lost"],
    )
    .await;
    let much = [
        "\u{1}\r",
        "\u{1}\r",
        "…",
        "12345678901234567\r",
        "\u{1}\r",
        "\u{1}\r",
        "…",
    ];
    check(
        &much,
        expect!["online, garbled; 0 codes, 0 repeated, 5 garbled, 0 lost"],
    )
    .await;
    check(
        &[&much[..], &["K-001\r"]].concat(),
        expect!["online, garbled, online, 5 33b379a0; 1 codes, 0 repeated, 5 garbled, 0 lost"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_typed_is_told_like_what_is_sent() {
    let mut stage = start("keys", ScannerBehaviour::Kind);
    // K, -, 0, 0, 1, Enter.
    stage.scanner.press(42);
    stage.scanner.stroke(37);
    stage.scanner.release(42);
    for code in [12, 11, 11, 2, 28] {
        stage.scanner.stroke(code);
    }
    assert_eq!(stage.heard().await, "online, 5 33b379a0");
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_slow_holds_no_key_up_and_too_much_is_thrown_away() {
    let mut stage = start("serial", ScannerBehaviour::Kind);
    assert_eq!(stage.heard().await, "online");
    stage.scanner.send(b"first\r");
    let Some(DriverReport::Facts(first)) = stage.told.recv().await else {
        panic!("the first is told")
    };
    for code in 0..40 {
        stage.scanner.send(format!("code {code}\r").as_bytes());
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(stage.test().await, "33 codes, 0 repeated, 0 garbled, 8 lost");
    first.done.send(Ok(())).expect("the driver waits");
    assert_eq!(stage.heard().await.split(", ").count(), 32);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_taken_on_ends_the_run() {
    let mut stage = start("serial", ScannerBehaviour::Kind);
    assert_eq!(stage.heard().await, "online");
    stage.scanner.send(b"K-001\r");
    if let Some(DriverReport::Facts(observation)) = stage.told.recv().await {
        let refused = ReportError::NotNow("full".to_owned());
        observation.done.send(Err(refused)).expect("the driver waits");
    }
    assert_eq!(stage.driver.await.expect("no panic").word(), "refused");
}

#[tokio::test(start_paused = true)]
async fn a_scanner_that_says_nothing_is_alive_for_as_long_as_it_is_plugged_in() {
    let mut stage = start("keys", ScannerBehaviour::Kind);
    let began = Instant::now();
    let mut alive = 0;
    while alive < 4 {
        alive += u32::from(matches!(stage.told.recv().await, Some(DriverReport::Alive)));
    }
    assert!(began.elapsed() <= Duration::from_secs(60));
    stage.scanner.unplug();
    let end = stage.driver.await.expect("no panic");
    assert!(
        matches!(
            end,
            DriverError::Lost {
                doing: "reading from the scanner",
                ..
            }
        ),
        "{end:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_scanner_that_is_missing_or_taken_is_unreachable() {
    for line in ["keys", "serial"] {
        let stage = start(line, ScannerBehaviour::Missing);
        assert_eq!(stage.driver.await.expect("no panic").word(), "unreachable");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_of_a_scanner_and_it_stops_with_the_edge() {
    let stage = start("serial", ScannerBehaviour::Kind);
    let outcome = stage.ask(Action::DeviceReboot {}).await;
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    drop(stage.asks);
    assert_eq!(stage.driver.await.expect("no panic").word(), "refused");
}
