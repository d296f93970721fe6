//! The driver against a device that answers as it is told, with the clock paused: silence, garbage, a locked door, settings.

mod device;
mod settings;

use adapter_sdk::{Ask, Clock, DriverContext, DriverError, DriverReport, Line, Reporter, State};
use device::{Behaviour, Device};
use protocol::{CommandId, Outcome, Reason, Timestamp, command::Action, fact::Door};
use serde_json::json;
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
    device: Device,
    asks: mpsc::Sender<Ask>,
    told: mpsc::Receiver<DriverReport>,
    driver: JoinHandle<DriverError>,
}

fn start(behaviour: Behaviour) -> DriverHarness {
    let device = Device::new(behaviour);
    let plan = crate::ADAPTER
        .plan(&json!({"host": "10.0.0.9", "comm_key": 12345}))
        .expect("good settings");
    let (reporter, told) = Reporter::new(16);
    let (asks, asks_in) = mpsc::channel(4);
    let (_, pushes) = mpsc::channel(1);
    let context = DriverContext {
        device: "gate".parse().expect("a slug"),
        line: Line::Socket(Arc::new(device.clone())),
        asks: asks_in,
        reporter,
        clock: Arc::new(FixedClock),
        pushes,
        push_url: None,
        calls: mpsc::channel(1).1,
        log_position: None,
    };
    let driver = tokio::spawn(async move { (plan.drive)(context).await });
    DriverHarness {
        device,
        asks,
        told,
        driver,
    }
}

impl DriverHarness {
    async fn online(&mut self) {
        loop {
            match self.told.recv().await.expect("the driver lives") {
                DriverReport::State(State::Online { .. }) => {}
                DriverReport::State(other) => panic!("it is {other:?}"),
                DriverReport::Facts(observation) => {
                    let _ = observation.done.send(Ok(()));
                    return;
                }
                DriverReport::Question(question) => panic!("nobody asks here: {question:?}"),
                DriverReport::Alive => {}
            }
        }
    }

    async fn open(&self, within: Duration) -> Outcome {
        let action = Action::AccessOpen {
            door: Door(1),
            reason: None,
        };
        let command = CommandId::new(NOON, [7; 10]);
        let (ask, outcome) = Ask::new(command, action, NOON.plus(within), Instant::now() + within);
        self.asks.send(ask).await.expect("the driver lives");
        outcome.await.expect("an ask is always answered")
    }

    /// Until the log was read, so that asks are taken.
    async fn ready(&mut self) {
        self.online().await;
        while self.device.heard(50) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_device_is_given_up() {
    let stage = start(Behaviour::SilentFrom(0));
    let end = stage.driver.await.expect("no panic");
    assert!(matches!(end, DriverError::Lost { .. }), "{end:?}");
    assert_eq!(end.word(), "unreachable");
}

#[tokio::test(start_paused = true)]
async fn garbage_is_no_protocol() {
    let stage = start(Behaviour::Garbage);
    let end = stage.driver.await.expect("no panic");
    assert_eq!(end.word(), "protocol");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_comm_key_is_proved_once() {
    let stage = start(Behaviour::WrongKey);
    let end = stage.driver.await.expect("no panic");
    assert_eq!(
        (end.word(), end.wait()),
        ("wrong_password", Some(Duration::from_secs(900)))
    );
    assert_eq!(stage.device.heard(1102), 1);
}

#[tokio::test(start_paused = true)]
async fn a_door_is_unlocked_once_though_nobody_answers() {
    let mut stage = start(Behaviour::SilentFrom(31));
    stage.ready().await;
    let outcome = stage.open(Duration::from_secs(10)).await;
    assert!(
        matches!(
            outcome,
            Outcome::Failed {
                reason: Reason::TimedOut,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert_eq!(stage.driver.await.expect("no panic").word(), "unreachable");
    assert_eq!(stage.device.heard(31), 1);
}

#[tokio::test(start_paused = true)]
async fn an_ask_that_is_too_late_reaches_no_device() {
    let mut stage = start(Behaviour::Kind);
    stage.ready().await;
    assert_eq!(stage.open(Duration::ZERO).await, Outcome::Expired);
    assert_eq!(stage.device.heard(31), 0);
    assert_eq!(stage.open(Duration::from_secs(1)).await, Outcome::Ok { detail: None });
    assert_eq!(stage.device.heard(31), 1);
    drop(stage.asks);
    assert_eq!(stage.driver.await.expect("no panic").word(), "refused");
    assert_eq!(stage.device.heard(1001), 1, "it said goodbye");
}
