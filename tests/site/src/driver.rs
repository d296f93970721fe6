//! One driver, run as the edge runs it: its commands and pushes come from the test, and what it reports is kept.
//!
//! Everything it reports is taken to be on disk at once; nothing here reads what a driver means.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a fixture fails the test it stands in"
)]

use crate::rulings::Rulings;
use adapter_sdk::{
    Ask, Clock, DriverContext, DriverError, DriverReport, InboundCall, InboundPush, Line, LogPosition, ObservedFact,
    Plan, Reporter, State,
};
use protocol::{CommandId, Outcome, Timestamp, command::Action, fact::Door};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tests_world::clock;
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// Nothing a driver is waited for takes longer.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The machine's clock, at a site five hours east of UTC.
#[derive(Debug)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        clock::Clock::Real.now()
    }
    fn state(&self) -> protocol::ClockState {
        protocol::ClockState::Synced
    }
    fn offset_seconds(&self) -> i32 {
        5 * 3600
    }
}

/// Settings with some of their keys changed; both are objects.
pub fn changed(mut settings: Value, changes: Value) -> Value {
    let (Value::Object(all), Value::Object(changes)) = (&mut settings, changes) else {
        panic!("settings are objects")
    };
    all.extend(changes);
    settings
}

/// What a driver reported at one time.
#[derive(Debug, Clone)]
pub enum Report {
    /// How the device is.
    State(State),
    /// What it saw, together.
    Facts(Vec<ObservedFact>),
}

/// A driver at work.
#[derive(Debug)]
pub struct DriverRun {
    /// What the device sends to the edge's LAN port on its own.
    pub pushes: mpsc::Sender<InboundPush>,
    /// What the device asks the edge's LAN port.
    pub calls: mpsc::Sender<InboundCall>,
    reports: Arc<Mutex<Vec<(Report, Instant)>>>,
    asks: mpsc::Sender<Ask>,
    driver: JoinHandle<DriverError>,
}

impl DriverRun {
    /// Starts the plan's driver at this line, as the device `gate`.
    pub fn start(plan: Plan, line: Line) -> Self {
        Self::resume(plan, line, None, None)
    }

    /// Starts it with what is on disk of the device's log, and the address it may push to.
    pub fn resume(plan: Plan, line: Line, mark: Option<LogPosition>, push_url: Option<String>) -> Self {
        Self::run(plan, line, (mark, push_url), None)
    }

    /// Starts it at a site that rules by the keys of its settings whom it lets through.
    pub fn start_ruled(plan: Plan, line: Line, settings: &Value) -> Self {
        let rulings = Rulings::new("gate".parse().unwrap(), settings).unwrap();
        Self::run(plan, line, (None, None), Some(rulings))
    }

    fn run(plan: Plan, line: Line, kept: (Option<LogPosition>, Option<String>), rulings: Option<Rulings>) -> Self {
        let (mark, push_url) = kept;
        let (reporter, told) = Reporter::new(8);
        let (asks, asks_in) = mpsc::channel(8);
        let (pushes, pushes_in) = mpsc::channel(8);
        let (calls, calls_in) = mpsc::channel(1);
        let context = DriverContext {
            device: "gate".parse().unwrap(),
            line,
            asks: asks_in,
            reporter,
            clock: Arc::new(WallClock),
            pushes: pushes_in,
            push_url: push_url.map(Into::into),
            calls: calls_in,
            log_position: mark,
        };
        let reports = Arc::default();
        tokio::spawn(keep(told, Arc::clone(&reports), rulings));
        let driver = tokio::spawn(async move { (plan.drive)(context).await });
        Self {
            pushes,
            calls,
            reports,
            asks,
            driver,
        }
    }

    /// Everything it reported, and when.
    pub fn reports(&self) -> Vec<(Report, Instant)> {
        self.reports.lock().unwrap().clone()
    }

    /// What it saw.
    pub fn seen(&self) -> Vec<ObservedFact> {
        let facts = self.reports().into_iter().filter_map(|(report, _)| match report {
            Report::Facts(seen) => Some(seen),
            Report::State(_) => None,
        });
        facts.flatten().collect()
    }

    /// How the device was, in turn.
    pub fn states(&self) -> Vec<State> {
        let states = self.reports().into_iter().filter_map(|(report, _)| match report {
            Report::State(state) => Some(state),
            Report::Facts(_) => None,
        });
        states.collect()
    }

    /// The numbers of the device's log, in the order reported.
    pub fn numbers(&self) -> Vec<u64> {
        let origins = self.seen().into_iter().filter_map(|seen| seen.origin);
        origins.map(|origin| origin.number).collect()
    }

    /// How far the device's log is on disk.
    pub fn mark(&self) -> Option<LogPosition> {
        let origin = self.seen().into_iter().filter_map(|seen| seen.origin).next_back()?;
        Some(LogPosition {
            log: origin.log,
            number: origin.number,
        })
    }

    /// Waits until it is so; fails where the driver ends before.
    pub async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !done(self) {
            let reports = self.reports();
            let last: Vec<_> = reports.iter().rev().take(5).map(|(report, _)| report).collect();
            assert!(
                !self.driver.is_finished(),
                "the driver ended before {what}; last {last:?}"
            );
            let many = reports.len();
            assert!(
                Instant::now() < deadline,
                "not within {LIMIT:?}: {what}; {many} reports, the last first {last:?}"
            );
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Asks for a door to be opened.
    pub async fn open(&self, door: u16, within: Duration) -> Outcome {
        let door = Door(door);
        self.ask(Action::AccessOpen { door, reason: None }, within).await
    }

    /// Gives it a command that is good for so long.
    pub async fn ask(&self, action: Action, within: Duration) -> Outcome {
        let now = WallClock.now();
        let mut entropy = [0; 10];
        getrandom::fill(&mut entropy).unwrap();
        let deadline = Instant::now() + within;
        let (ask, outcome) = Ask::new(CommandId::new(now, entropy), action, now.plus(within), deadline);
        self.asks.send(ask).await.unwrap();
        outcome.await.unwrap()
    }

    /// Waits until it ends by itself: why it did. What it reported can still be read.
    pub async fn ended(&mut self) -> DriverError {
        timeout(LIMIT, &mut self.driver).await.expect("it ends").unwrap()
    }

    /// Drops it in the middle of whatever it does, as a kill would.
    pub fn kill(self) {
        self.driver.abort();
    }

    /// Ends it as the edge does when it stops, and waits for that.
    pub async fn stop(self) {
        drop((self.asks, self.pushes, self.calls));
        let end = timeout(LIMIT, self.driver).await.expect("it ends").unwrap();
        assert!(matches!(end, DriverError::Unrecorded(_)), "{end:?}");
    }
}

async fn keep(
    mut told: mpsc::Receiver<DriverReport>,
    reports: Arc<Mutex<Vec<(Report, Instant)>>>,
    rulings: Option<Rulings>,
) {
    let write_down = |report| reports.lock().unwrap().push((report, Instant::now()));
    while let Some(told) = told.recv().await {
        match told {
            DriverReport::Facts(observation) => {
                write_down(Report::Facts(observation.facts));
                // A driver that ended meanwhile does not care.
                let _ = observation.done.send(Ok(()));
            }
            DriverReport::State(state) => write_down(Report::State(state)),
            DriverReport::Question(question) => {
                let rulings = rulings
                    .as_ref()
                    .expect("a driver that asks is started with the site's keys");
                rulings.rule(question, WallClock.now(), |fact| {
                    write_down(Report::Facts(vec![ObservedFact::now(fact)]))
                });
            }
            DriverReport::Alive => {}
        }
    }
}
