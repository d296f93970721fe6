//! One gate driven as the edge drives it, with everything written down that reaches the outlet.
//!
//! The line to its board is the edge's own, over real sockets and serial lines. The reader's two pins are played: this
//! kernel has none.

use crate::pins::GateChip;
use adapter_sdk::{
    Ask, Clock, Context, DriverError, Line, Outlet, Seen, State, Told, Wants,
    gpio::{Edge, Gpio, Level, Pins},
    socket::SocketError,
};
use adapter_turnstile::ADAPTER;
use async_trait::async_trait;
use edge_devices::modbus::Buses;
use protocol::{CommandId, Fact, Outcome, Timestamp, command::Action, fact::Door};
use serde_json::{Value, json};
use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tests_site::rulings::Rulings;
use tests_world::{
    clock,
    turnstile::{Place, Turnstile},
};
use tokio::{sync::mpsc, task::JoinHandle, time::Instant};

/// Nothing here takes longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// The card that is known.
pub(crate) const KNOWN: u32 = 0x12_3456;

/// One gate, driven.
pub(crate) struct Site {
    notes: Arc<Mutex<Notes>>,
    asks: mpsc::Sender<Ask>,
    driver: JoinHandle<DriverError>,
    reader: mpsc::UnboundedSender<Edge>,
    at_ns: Mutex<u64>,
}

#[derive(Default)]
struct Notes {
    seen: Vec<(Seen, Instant)>,
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

/// A gate's document, without its board.
pub(crate) fn settings() -> Value {
    json!({
        "outputs": {"a": 0, "b": 1},
        "inputs": {
            "pass_a": {"at": 0}, "pass_b": {"at": 1}, "ready": {"at": 2}, "alarm": {"at": 3}, "detector": {"at": 4},
            "fire": {"at": 5},
        },
        "passage_s": 1,
        "stuck_s": 2,
        "readers": [{"way": "wiegand", "side": "a", "chip": "/dev/gpiochip0", "d0": 17, "d1": 27}],
        "keys": [{"person": "p17", "card": KNOWN}],
    })
}

/// A board as settings name it.
pub(crate) fn board(place: &Place) -> Value {
    match place {
        Place::Tcp(address) => json!({"host": "127.0.0.1", "port": address.port(), "pulse": "flash"}),
        Place::Rtu(path) => json!({"serial": path, "pulse": "flash"}),
        Place::Bare => panic!("it has no board"),
    }
}

impl Site {
    /// A gate behind a board, over the edge's own line.
    pub(crate) fn start(board: &Value, changes: Value) -> Self {
        let open = |wants: &Wants| -> Line {
            let Wants::Modbus(target) = wants else {
                panic!("it wants {wants:?}")
            };
            Line::Modbus(Arc::new(Buses::default().unit(target)))
        };
        Self::drive(json!({"modbus": board}), changes, open)
    }

    /// A gate wired to pins, which are played.
    pub(crate) fn at_pins(gate: &Arc<Turnstile>, changes: Value) -> Self {
        let open = |wants: &Wants| -> Line {
            let Wants::Gpio(target) = wants else {
                panic!("it wants {wants:?}")
            };
            Line::Gpio(Arc::new(GateChip::new(Arc::clone(gate), target.clone())))
        };
        let wired = json!({"gpio": {"chip": "/dev/gpiochip1"}, "outputs": {"a": 10, "b": 11}});
        Self::drive(wired, changes, open)
    }

    fn drive(wiring: Value, changes: Value, open: impl FnOnce(&Wants) -> Line) -> Self {
        let mut settings = settings();
        for more in [wiring, changes] {
            let (Value::Object(all), Value::Object(more)) = (&mut settings, more) else {
                panic!("settings are objects")
            };
            all.extend(more);
        }
        let plan = ADAPTER.plan(&settings).unwrap();
        let Wants::Several(wants) = &plan.wants else {
            panic!("it wants {:?}", plan.wants)
        };
        let unit = open(wants.first().unwrap());
        let (reader, coming) = mpsc::unbounded_channel();
        let pins = Line::Gpio(Arc::new(Reader(Mutex::new(Some(coming)))));
        let (outlet, told) = Outlet::new(8);
        let (asks, asks_in) = mpsc::channel(8);
        let context = Context {
            device: "gate".parse().unwrap(),
            line: Line::Several(vec![unit, pins]),
            asks: asks_in,
            outlet,
            clock: Arc::new(Wall),
            pushes: mpsc::channel(1).1,
            push_url: None,
            calls: mpsc::channel(1).1,
            mark: None,
        };
        let notes = Arc::new(Mutex::new(Notes::default()));
        let rulings = Rulings::new("gate".parse().unwrap(), &settings).unwrap();
        tokio::spawn(write_down(told, Arc::clone(&notes), rulings));
        let driver = tokio::spawn(async move { (plan.drive)(context).await });
        Self {
            notes,
            asks,
            driver,
            reader,
            at_ns: Mutex::default(),
        }
    }

    /// Starts, and waits until the gate can be talked to.
    pub(crate) async fn ready(board: &Value, changes: Value) -> Self {
        let site = Self::start(board, changes);
        site.until("it is online", |site| site.states().contains(&online()))
            .await;
        site
    }

    /// Somebody shows a card at side A: pulses of 50 µs, a millisecond apart.
    pub(crate) fn show(&self, card: u32) {
        let half = |bits: u32| (bits & 0xFFF).count_ones();
        let (even, odd) = (half(card >> 12) % 2, 1 - half(card) % 2);
        let frame = even << 25 | card << 1 | odd;
        let mut at_ns = self.at_ns.lock().unwrap();
        *at_ns += 1_000_000_000;
        for at in (0..26).rev() {
            let pin = usize::from(frame >> at & 1 == 1);
            for (to, after) in [(Level::Active, 1_000_000), (Level::Inactive, 50_000)] {
                *at_ns += after;
                self.reader.send(Edge { pin, to, at_ns: *at_ns }).unwrap();
            }
        }
    }

    /// What was told, as names with the door and who.
    pub(crate) fn told(&self) -> Vec<String> {
        self.notes
            .lock()
            .unwrap()
            .seen
            .iter()
            .map(|(seen, _)| brief(&seen.fact))
            .collect()
    }

    /// When something was told last.
    pub(crate) fn when(&self, fact: &str) -> Instant {
        let notes = self.notes.lock().unwrap();
        let found = notes.seen.iter().rev().find(|(seen, _)| brief(&seen.fact) == fact);
        found.unwrap().1
    }

    pub(crate) fn states(&self) -> Vec<State> {
        self.notes.lock().unwrap().states.clone()
    }

    pub(crate) async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !done(self) {
            assert!(!self.driver.is_finished(), "the driver ended before {what}");
            let (told, states) = (self.told(), self.states());
            assert!(
                Instant::now() < deadline,
                "not within {LIMIT:?}: {what}; {told:?}, {states:?}"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until exactly this was told.
    pub(crate) async fn has_told(&self, all: &[&str]) {
        self.until(&format!("{all:?} is told"), |site| site.told() == all).await;
    }

    pub(crate) async fn open(&self, door: u16, within: Duration) -> Outcome {
        let action = Action::AccessOpen {
            door: Door(door),
            reason: None,
        };
        self.ask(action, within).await
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

    /// Why it ended by itself.
    pub(crate) async fn ended(self) -> DriverError {
        tokio::time::timeout(LIMIT, self.driver)
            .await
            .expect("it ends")
            .unwrap()
    }

    /// Drops it in the middle of whatever it does, as a kill would.
    pub(crate) fn kill(self) {
        self.driver.abort();
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

pub(crate) fn online() -> State {
    State::Online { fw: None }
}

fn brief(fact: &Fact) -> String {
    let shape = serde_json::to_value(fact).unwrap();
    let word = |key: &str| shape["data"][key].as_str().unwrap_or_default().to_owned();
    let door = shape["data"]["door"]
        .as_u64()
        .map_or(String::new(), |door| door.to_string());
    let words = [fact.name().to_owned(), door, word("person"), word("reason"), word("by")];
    let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

async fn write_down(mut told: mpsc::Receiver<Told>, notes: Arc<Mutex<Notes>>, rulings: Rulings) {
    while let Some(told) = told.recv().await {
        match told {
            Told::Facts(observation) => {
                let now = Instant::now();
                let seen = observation.seen.into_iter().map(|seen| (seen, now));
                notes.lock().unwrap().seen.extend(seen);
                // A driver that ended meanwhile does not care.
                let _ = observation.done.send(Ok(()));
            }
            Told::State(state) => notes.lock().unwrap().states.push(state),
            Told::Question(question) => rulings.rule(question, clock::Clock::Real.now(), |fact| {
                notes.lock().unwrap().seen.push((Seen::now(fact), Instant::now()));
            }),
            Told::Alive => {}
        }
    }
}

/// A reader's two pins.
#[derive(Debug)]
struct Reader(Mutex<Option<mpsc::UnboundedReceiver<Edge>>>);

impl Gpio for Reader {
    fn take(&self) -> Result<Box<dyn Pins>, SocketError> {
        let coming = self.0.lock().unwrap().take();
        let coming = coming.ok_or_else(|| SocketError::Connect(io::ErrorKind::ResourceBusy.into()))?;
        Ok(Box::new(Taken(coming)))
    }
}

#[derive(Debug)]
struct Taken(mpsc::UnboundedReceiver<Edge>);

#[async_trait]
impl Pins for Taken {
    async fn drive(&mut self, pin: usize, _to: Level) -> Result<(), SocketError> {
        panic!("a reader has no output {pin}")
    }
    async fn sense(&mut self, _pin: usize) -> Result<Level, SocketError> {
        Ok(Level::Inactive)
    }
    async fn edge(&mut self) -> Result<Edge, SocketError> {
        match self.0.recv().await {
            Some(edge) => Ok(edge),
            None => std::future::pending().await,
        }
    }
}
