//! One gate driven as the edge drives it, with everything written down that it reports.
//!
//! The line to its board is the edge's own, over real sockets and serial lines. The reader's two pins are played: this
//! kernel has none.

use crate::pins::GateChip;
use adapter_sdk::{
    Line, LineSpec, State,
    gpio::{Gpio, Level, PinEdge, Pins},
    socket::SocketError,
};
use adapter_turnstile::ADAPTER;
use async_trait::async_trait;
use edge_devices::modbus::Buses;
use protocol::Fact;
use serde_json::{Value, json};
use std::{
    io,
    ops::Deref,
    sync::{Arc, Mutex},
};
use tests_site::driver::{DriverRun, Report, changed};
use tests_world::turnstile::{Place, Turnstile};
use tokio::{sync::mpsc, time::Instant};

/// The card that is known.
pub(crate) const KNOWN: u32 = 0x12_3456;

/// One gate, driven.
pub(crate) struct GateRun {
    pub(crate) run: DriverRun,
    reader: mpsc::UnboundedSender<PinEdge>,
    at_ns: Mutex<u64>,
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

impl GateRun {
    /// A gate behind a board, over the edge's own line.
    pub(crate) fn start(board: &Value, changes: Value) -> Self {
        let open = |wants: &LineSpec| -> Line {
            let LineSpec::Modbus(target) = wants else {
                panic!("it wants {wants:?}")
            };
            Line::Modbus(Arc::new(Buses::default().unit(target)))
        };
        Self::drive(json!({"modbus": board}), changes, open)
    }

    /// A gate wired to pins, which are played.
    pub(crate) fn at_pins(gate: &Arc<Turnstile>, changes: Value) -> Self {
        let open = |wants: &LineSpec| -> Line {
            let LineSpec::Gpio(target) = wants else {
                panic!("it wants {wants:?}")
            };
            Line::Gpio(Arc::new(GateChip::new(Arc::clone(gate), target.clone())))
        };
        let wired = json!({"gpio": {"chip": "/dev/gpiochip1"}, "outputs": {"a": 10, "b": 11}});
        Self::drive(wired, changes, open)
    }

    fn drive(wiring: Value, changes: Value, open: impl FnOnce(&LineSpec) -> Line) -> Self {
        let settings = changed(changed(settings(), wiring), changes);
        let plan = ADAPTER.plan(&settings).unwrap();
        let LineSpec::Several(wants) = &plan.wants else {
            panic!("it wants {:?}", plan.wants)
        };
        let unit = open(wants.first().unwrap());
        let (reader, coming) = mpsc::unbounded_channel();
        let pins = Line::Gpio(Arc::new(ReaderChip(Mutex::new(Some(coming)))));
        Self {
            run: DriverRun::start_ruled(plan, Line::Several(vec![unit, pins]), &settings),
            reader,
            at_ns: Mutex::default(),
        }
    }

    /// Starts, and waits until the gate can be talked to.
    pub(crate) async fn ready(board: &Value, changes: Value) -> Self {
        let site = Self::start(board, changes);
        site.until("it is online", |site| site.run.states().contains(&online()))
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
                self.reader.send(PinEdge { pin, to, at_ns: *at_ns }).unwrap();
            }
        }
    }

    /// What was told, as names with the door and who.
    pub(crate) fn told(&self) -> Vec<String> {
        self.run.seen().iter().map(|seen| brief(&seen.fact)).collect()
    }

    /// When something was told last.
    pub(crate) fn when(&self, fact: &str) -> Instant {
        let reports = self.run.reports();
        let found = reports.iter().rev().find(|(report, _)| match report {
            Report::Facts(seen) => seen.iter().any(|seen| brief(&seen.fact) == fact),
            Report::State(_) => false,
        });
        found.unwrap().1
    }

    pub(crate) async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        self.run.until(what, |_| done(self)).await;
    }

    /// Waits until exactly this was told.
    pub(crate) async fn has_told(&self, all: &[&str]) {
        self.until(&format!("{all:?} is told"), |site| site.told() == all).await;
    }
}

impl Deref for GateRun {
    type Target = DriverRun;

    fn deref(&self) -> &DriverRun {
        &self.run
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

/// A reader's two pins.
#[derive(Debug)]
struct ReaderChip(Mutex<Option<mpsc::UnboundedReceiver<PinEdge>>>);

impl Gpio for ReaderChip {
    fn take(&self) -> Result<Box<dyn Pins>, SocketError> {
        let coming = self.0.lock().unwrap().take();
        let coming = coming.ok_or_else(|| SocketError::Connect(io::ErrorKind::ResourceBusy.into()))?;
        Ok(Box::new(ReaderPins(coming)))
    }
}

#[derive(Debug)]
struct ReaderPins(mpsc::UnboundedReceiver<PinEdge>);

#[async_trait]
impl Pins for ReaderPins {
    async fn drive(&mut self, pin: usize, _to: Level) -> Result<(), SocketError> {
        panic!("a reader has no output {pin}")
    }
    async fn sense(&mut self, _pin: usize) -> Result<Level, SocketError> {
        Ok(Level::Inactive)
    }
    async fn edge(&mut self) -> Result<PinEdge, SocketError> {
        match self.0.recv().await {
            Some(edge) => Ok(edge),
            None => std::future::pending().await,
        }
    }
}
