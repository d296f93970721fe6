//! A desk with a scanner, driven as the edge drives it, with everything written down that reaches the outlet.
//!
//! The line is the edge's own, over a real pseudo-terminal.

use adapter_scanner::ADAPTER;
use adapter_sdk::{Ask, Clock, Context, DriverError, Line, Outlet, State, Told, Wants};
use edge_devices::serial::SerialDial;
use protocol::{CommandId, Fact, Outcome, Timestamp, command::Action};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tests_world::clock;
use tokio::{sync::mpsc, task::JoinHandle, time::Instant};

/// Nothing here takes longer.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) struct Desk {
    notes: Arc<Mutex<Notes>>,
    asks: mpsc::Sender<Ask>,
    driver: JoinHandle<DriverError>,
}

#[derive(Default)]
struct Notes {
    scanned: Vec<(String, u16)>,
    states: Vec<State>,
}

#[derive(Debug)]
struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        clock::Clock::Real.now()
    }
    fn offset_seconds(&self) -> i32 {
        5 * 3600
    }
}

/// How a code is told.
pub(crate) fn hash(code: &str) -> (String, u16) {
    let hash = Sha256::digest(code).iter().map(|byte| format!("{byte:02x}")).collect();
    (hash, code.len().try_into().unwrap())
}

impl Desk {
    pub(crate) fn open(path: &str, changes: Value) -> Self {
        let mut settings = json!({"path": path, "line": "serial", "repeat_ms": 0});
        let (Value::Object(all), Value::Object(changes)) = (&mut settings, changes) else {
            panic!("settings are objects")
        };
        all.extend(changes);
        let plan = ADAPTER.plan(&settings).unwrap();
        let Wants::Serial(target) = &plan.wants else {
            panic!("it wants {:?}", plan.wants)
        };
        let (outlet, told) = Outlet::new(8);
        let (asks, asks_in) = mpsc::channel(8);
        let context = Context {
            device: "scanner".parse().unwrap(),
            line: Line::Socket(Arc::new(SerialDial::new(target.clone()))),
            asks: asks_in,
            outlet,
            clock: Arc::new(Wall),
            pushes: mpsc::channel(1).1,
            push_url: None,
            calls: mpsc::channel(1).1,
            mark: None,
        };
        let notes = Arc::new(Mutex::new(Notes::default()));
        tokio::spawn(write_down(told, Arc::clone(&notes)));
        let driver = tokio::spawn(async move { (plan.drive)(context).await });
        Self { notes, asks, driver }
    }

    /// Hashes and lengths, in the order told.
    pub(crate) fn scanned(&self) -> Vec<(String, u16)> {
        self.notes.lock().unwrap().scanned.clone()
    }

    pub(crate) fn states(&self) -> Vec<State> {
        self.notes.lock().unwrap().states.clone()
    }

    pub(crate) async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !done(self) {
            assert!(!self.driver.is_finished(), "the driver ended before {what}");
            assert!(Instant::now() < deadline, "not within {LIMIT:?}: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until the scanner counts so many reads that were no code.
    pub(crate) async fn until_thrown_away(&self, count: usize) {
        let deadline = Instant::now() + LIMIT;
        while !self.tested().await.contains(&format!(" {count} garbled")) {
            assert!(Instant::now() < deadline, "not within {LIMIT:?}: {count} thrown away");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn tested(&self) -> String {
        let now = clock::Clock::Real.now();
        let (ask, outcome) = Ask::new(
            CommandId::new(now, [1; 10]),
            Action::DeviceTest {},
            now.plus(LIMIT),
            Instant::now() + LIMIT,
        );
        self.asks.send(ask).await.unwrap();
        match outcome.await.unwrap() {
            Outcome::Ok { detail } => detail.unwrap_or_default(),
            other @ (Outcome::Rejected { .. } | Outcome::Failed { .. } | Outcome::Expired) => panic!("{other:?}"),
        }
    }

    pub(crate) async fn ended(self) -> DriverError {
        tokio::time::timeout(LIMIT, self.driver)
            .await
            .expect("it ends")
            .unwrap()
    }

    /// Ends it as the edge does when it stops, and waits for that.
    pub(crate) async fn stop(self) {
        drop(self.asks);
        let end = tokio::time::timeout(LIMIT, self.driver)
            .await
            .expect("it ends")
            .unwrap();
        assert!(matches!(end, DriverError::Outlet(_)), "{end:?}");
    }
}

async fn write_down(mut told: mpsc::Receiver<Told>, notes: Arc<Mutex<Notes>>) {
    while let Some(told) = told.recv().await {
        match told {
            Told::Facts(observation) => {
                for seen in &observation.seen {
                    let Fact::DeviceScanned(scanned) = &seen.fact else {
                        panic!("it saw {seen:?}")
                    };
                    let scanned = (scanned.sha256.clone(), scanned.len);
                    notes.lock().unwrap().scanned.push(scanned);
                }
                // A driver that ended meanwhile does not care.
                let _ = observation.done.send(Ok(()));
            }
            Told::State(state) => notes.lock().unwrap().states.push(state),
            Told::Question(question) => panic!("nobody asks here: {question:?}"),
            Told::Alive => {}
        }
    }
}
