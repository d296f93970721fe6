//! One terminal driven as the edge drives it, with everything written down that reaches the outlet.
//!
//! The line is the edge's own, over real sockets.

use adapter_sdk::{
    Ask, Clock, Context, DriverError, Line, Mark, Outlet, Seen, State, Told, Wants,
    socket::{Channel, Dial, SocketError},
};
use adapter_zkteco::ADAPTER;
use async_trait::async_trait;
use edge_devices::socket::{TcpDial, UdpDial};
use protocol::{CommandId, Fact, Outcome, Timestamp, command::Action, fact::Door};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tests_world::{clock, zkteco::Terminal};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::Instant,
};

/// Nothing here takes longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// One device driven as the edge drives it, with everything written down that reaches the outlet.
pub(crate) struct Site {
    notes: Arc<Mutex<Notes>>,
    asks: mpsc::Sender<Ask>,
    driver: JoinHandle<DriverError>,
    line: watch::Sender<Wire>,
}

#[derive(Default)]
struct Notes {
    seen: Vec<Seen>,
    states: Vec<State>,
}

/// What wait_for_status of what the driver writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// It arrives.
    Whole,
    /// It is lost without a word, both ways.
    Dead,
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

impl Site {
    pub(crate) fn start(terminal: &Terminal, changes: Value, mark: Option<Mark>) -> Self {
        let mut settings = json!({
            "host": "127.0.0.1", "port": terminal.address().port(), "comm_key": 12345, "code_page": "windows-1251",
        });
        let (Value::Object(all), Value::Object(changes)) = (&mut settings, changes) else {
            panic!("settings are objects")
        };
        all.extend(changes);
        let plan = ADAPTER.plan(&settings).unwrap();
        let dial: Arc<dyn Dial> = if let Wants::Tcp(target) = &plan.wants {
            Arc::new(TcpDial::new(target.clone()))
        } else if let Wants::Udp(target) = &plan.wants {
            Arc::new(UdpDial::new(target.clone()))
        } else {
            panic!("it wants {:?}", plan.wants)
        };
        let (line, state) = watch::channel(Wire::Whole);
        let (outlet, told) = Outlet::new(8);
        let (asks, asks_in) = mpsc::channel(8);
        let (_, pushes) = mpsc::channel(1);
        let context = Context {
            device: "gate".parse().unwrap(),
            line: Line::Socket(Arc::new(Cable { dial, state })),
            asks: asks_in,
            outlet,
            clock: Arc::new(Wall),
            pushes,
            push_url: None,
            calls: mpsc::channel(1).1,
            mark,
        };
        let notes = Arc::new(Mutex::new(Notes::default()));
        tokio::spawn(write_down(told, Arc::clone(&notes)));
        let driver = tokio::spawn(async move { (plan.drive)(context).await });
        Self {
            notes,
            asks,
            driver,
            line,
        }
    }

    /// From now on nothing arrives, though nobody is told.
    pub(crate) fn pull_the_cable(&self) {
        self.line.send_replace(Wire::Dead);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.notes.lock().unwrap().seen.clone()
    }

    pub(crate) fn states(&self) -> Vec<State> {
        self.notes.lock().unwrap().states.clone()
    }

    /// Who passed when, in the order told.
    pub(crate) fn passed(&self) -> Vec<(Option<String>, Option<String>)> {
        passed(&self.seen())
    }

    pub(crate) async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !done(self) {
            assert!(!self.driver.is_finished(), "the driver ended before {what}");
            assert!(
                Instant::now() < deadline,
                "not within {LIMIT:?}: {what}; seen {}, states {:?}",
                self.passed().len(),
                self.states()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn open(&self, door: u16, within: Duration) -> Outcome {
        let door = Door(door);
        self.ask(Action::AccessOpen { door, reason: None }, within).await
    }

    pub(crate) async fn ask(&self, action: Action, within: Duration) -> Outcome {
        let now = clock::Clock::Real.now();
        let mut entropy = [0; 10];
        getrandom::fill(&mut entropy).unwrap();
        let deadline = Instant::now() + within;
        let (ask, outcome) = Ask::new(CommandId::new(now, entropy), action, now.plus(within), deadline);
        self.asks.send(ask).await.unwrap();
        outcome.await.unwrap()
    }

    /// Why it ended, how far the log is on disk, and what was told.
    pub(crate) async fn ended(self) -> (DriverError, Option<Mark>, Vec<Seen>) {
        let end = tokio::time::timeout(LIMIT, self.driver)
            .await
            .expect("it ends")
            .unwrap();
        let seen = self.notes.lock().unwrap().seen.clone();
        let mark = seen.iter().filter_map(|seen| seen.origin.as_ref()).next_back();
        let mark = mark.map(|origin| Mark {
            log: origin.log.clone(),
            number: origin.number,
        });
        (end, mark, seen)
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

/// Who passed when; every number must be higher than the one before in its log.
pub(crate) fn passed(seen: &[Seen]) -> Vec<(Option<String>, Option<String>)> {
    let mut last = (String::new(), 0);
    let mut passed = Vec::new();
    for (seen, origin) in seen.iter().filter_map(|seen| Some((seen, seen.origin.as_ref()?))) {
        assert!(
            origin.log != last.0 || origin.number > last.1,
            "{} after {}",
            origin.number,
            last.1
        );
        last = (origin.log.clone(), origin.number);
        if let Fact::AccessGranted(passage) = &seen.fact {
            passed.push((passage.person.clone(), origin.at.clone()));
        }
    }
    passed
}

async fn write_down(mut told: mpsc::Receiver<Told>, notes: Arc<Mutex<Notes>>) {
    while let Some(told) = told.recv().await {
        match told {
            Told::Facts(observation) => {
                notes.lock().unwrap().seen.extend(observation.seen);
                // A driver that ended meanwhile does not care.
                let _ = observation.done.send(Ok(()));
            }
            Told::State(state) => notes.lock().unwrap().states.push(state),
            Told::Alive => {}
        }
    }
}

/// A line with a cable that can be pulled.
#[derive(Debug)]
struct Cable {
    dial: Arc<dyn Dial>,
    state: watch::Receiver<Wire>,
}

#[derive(Debug)]
struct Plugged {
    channel: Box<dyn Channel>,
    state: watch::Receiver<Wire>,
}

#[async_trait]
impl Dial for Cable {
    async fn dial(&self, deadline: Instant) -> Result<Box<dyn Channel>, SocketError> {
        let channel = self.dial.dial(deadline).await?;
        let state = self.state.clone();
        Ok(Box::new(Plugged { channel, state }))
    }
}

#[async_trait]
impl Channel for Plugged {
    async fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), SocketError> {
        let state = *self.state.borrow();
        match state {
            Wire::Whole => self.channel.write(bytes, deadline).await,
            Wire::Dead => Ok(()),
        }
    }

    async fn read(&mut self) -> Result<bytes::Bytes, SocketError> {
        let heard = self.channel.read().await;
        let state = *self.state.borrow();
        match state {
            Wire::Whole => heard,
            Wire::Dead => std::future::pending().await,
        }
    }
}
