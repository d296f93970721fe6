//! A driver with a device played by hand, and a disk that can be full.

use adapter_sdk::{
    Ask, CallAnswer, Clock, DriverContext, DriverError, DriverReport, InboundCall, Line, LogPosition, ObservedFact,
    ReportError, Reporter, State,
};
use http::Method;
use protocol::{CommandId, Outcome, Timestamp, command::Action};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};

/// 2026-11-20 14:00:00 where the device hangs.
pub(super) const NOON: Timestamp = Timestamp::from_millis(1_795_165_200_000);

#[derive(Debug)]
pub(super) struct FixedClock(pub(super) Instant);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        NOON.plus(self.0.elapsed())
    }
    fn state(&self) -> protocol::ClockState {
        protocol::ClockState::Synced
    }
    fn offset_seconds(&self) -> i32 {
        5 * 3600
    }
}

/// Whether there is room for what the driver tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Disk {
    #[default]
    Room,
    Full,
}

#[derive(Debug, Default)]
struct Notes {
    seen: Vec<ObservedFact>,
    states: Vec<State>,
    disk: Disk,
}

pub(super) struct DriverHarness {
    calls: mpsc::Sender<InboundCall>,
    pub(super) asks: mpsc::Sender<Ask>,
    notes: Arc<Mutex<Notes>>,
    pub(super) driver: JoinHandle<DriverError>,
}

pub(super) fn start(changes: Value, mark: Option<LogPosition>) -> DriverHarness {
    let mut settings = json!({"serial": "A1"});
    let (Value::Object(all), Value::Object(changes)) = (&mut settings, changes) else {
        panic!("settings are objects")
    };
    all.extend(changes);
    let plan = crate::ADMS.plan(&settings).expect("good settings");
    let (reporter, told) = Reporter::new(16);
    let (asks, asks_in) = mpsc::channel(8);
    let (calls, calls_in) = mpsc::channel(4);
    let context = DriverContext {
        device: "gate".parse().expect("a slug"),
        line: Line::Calls,
        asks: asks_in,
        reporter,
        clock: Arc::new(FixedClock(Instant::now())),
        pushes: mpsc::channel(1).1,
        push_url: None,
        calls: calls_in,
        log_position: mark,
    };
    let notes = Arc::default();
    tokio::spawn(write_down(told, Arc::clone(&notes)));
    DriverHarness {
        calls,
        asks,
        notes,
        driver: tokio::spawn(async move { (plan.drive)(context).await }),
    }
}

async fn write_down(mut told: mpsc::Receiver<DriverReport>, notes: Arc<Mutex<Notes>>) {
    while let Some(told) = told.recv().await {
        let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
        match told {
            DriverReport::Facts(observation) => {
                let answer = match notes.disk {
                    Disk::Room => {
                        notes.seen.extend(observation.facts);
                        Ok(())
                    }
                    Disk::Full => Err(ReportError::NotNow("full".to_owned())),
                };
                // The driver may have ended.
                let _ = observation.done.send(answer);
            }
            DriverReport::State(state) => notes.states.push(state),
            DriverReport::Question(question) => panic!("nobody asks here: {question:?}"),
            DriverReport::Alive => {}
        }
    }
}

impl DriverHarness {
    /// The device calls; gives what it is told, or `not now`.
    pub(super) async fn call(&self, line: &str, body: &str) -> String {
        match self.calling(line, body).await.await {
            Ok(answer) => {
                let status = answer.status.as_u16();
                let text = String::from_utf8(answer.body.to_vec()).expect("text");
                if status == 200 {
                    text
                } else {
                    format!("{status} {text}")
                }
            }
            Err(_) => "not now".to_owned(),
        }
    }

    /// The device calls and does not wait.
    pub(super) async fn calling(&self, line: &str, body: &str) -> oneshot::Receiver<CallAnswer> {
        let (method, target) = line.split_once(' ').expect("a method and a target");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (answer, answered) = oneshot::channel();
        let call = InboundCall {
            method: method.parse::<Method>().expect("a method"),
            path: path.to_owned(),
            query: format!("SN=A1&{query}"),
            body: body.to_owned().into(),
            answer,
        };
        self.calls.send(call).await.expect("the driver lives");
        answered
    }

    /// The device asks what there is to do.
    pub(super) async fn poll(&self) -> String {
        self.call("GET getrequest", "").await
    }

    pub(super) async fn attendance(&self, rows: &[&str]) -> String {
        self.call("POST cdata?table=ATTLOG&Stamp=9999", &(rows.join("\n") + "\n"))
            .await
    }

    pub(super) async fn ask(&self, action: Action, within: Duration) -> oneshot::Receiver<Outcome> {
        let command = CommandId::new(NOON, [7; 10]);
        let expires = NOON.plus(Duration::from_secs(3600));
        let (ask, outcome) = Ask::new(command, action, expires, Instant::now() + within);
        self.asks.send(ask).await.expect("the driver lives");
        // Taken before the device calls next.
        tokio::task::yield_now().await;
        outcome
    }

    pub(super) fn disk(&self, disk: Disk) {
        self.lock(|notes| notes.disk = disk);
    }

    pub(super) fn states(&self) -> Vec<String> {
        let told = |state: &State| match state {
            State::Online { fw } => format!("online {}", fw.as_ref().map_or("?", AsRef::as_ref)),
            State::Degraded { reason } => reason.clone(),
        };
        self.lock(|notes| notes.states.iter().map(told).collect())
    }

    /// Every row on disk: log, number's second and place, person, device time, replay.
    pub(super) fn rows(&self) -> String {
        let row = |seen: &ObservedFact| {
            let origin = seen.origin.as_ref()?;
            let age = if seen.replay { "then" } else { "now" };
            let (at, place) = (origin.at.as_ref().map(AsRef::as_ref)?, (origin.number >> 15) % 32);
            let fact = serde_json::to_value(&seen.fact).ok()?;
            let person = fact["data"]["person"].as_str().unwrap_or("-").to_owned();
            let (log, name) = (&origin.log, seen.fact.name());
            Some(format!("{log} {at}+{place} {name} {person} {age}\n"))
        };
        self.lock(|notes| notes.seen.iter().filter_map(row).collect())
    }

    /// The mark that the rows on disk leave.
    pub(super) fn mark(&self) -> Option<LogPosition> {
        self.lock(|notes| {
            let origin = notes.seen.iter().rev().find_map(|seen| seen.origin.clone())?;
            Some(LogPosition {
                log: origin.log,
                number: origin.number,
            })
        })
    }

    fn lock<T>(&self, look: impl FnOnce(&mut Notes) -> T) -> T {
        look(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
