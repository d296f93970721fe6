//! One gate with OSDP readers, driven as the edge drives it: the readers' line is the edge's own serial line, the gate's
//! outputs are pins that a test looks at.

use adapter_sdk::{
    Ask, Clock, Context, DriverError, Line, Outlet, State, Told, Wants,
    gpio::{Edge, Gpio, Level, Pins},
    socket::SocketError,
};
use adapter_turnstile::ADAPTER;
use async_trait::async_trait;
use edge_devices::serial::SerialDial;
use protocol::{CommandId, Fact, Outcome, Timestamp, command::Action, fact::Door};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tests_site::rulings::Rulings;
use tests_world::clock;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

/// Nothing here takes longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// The key of every reader in the settings.
pub(crate) const KEY: &str = "8c7712ab40f35e6901d2c4b8e57a9f30";
/// Facility 12, card 3456: the card that is let through.
pub(crate) const CARD: (u8, u16) = (12, 3456);

/// What became of the site so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    /// How the gate is, as it was said.
    pub(crate) states: Vec<String>,
    /// Names of facts, and whose they are where they say it.
    pub(crate) facts: Vec<String>,
    /// How often each output was active.
    pub(crate) openings: [u32; 2],
}

/// A gate at work.
pub(crate) struct Site {
    notes: watch::Receiver<Notes>,
    _driver: JoinHandle<DriverError>,
    asks: mpsc::Sender<Ask>,
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

/// One reader's settings.
pub(crate) fn reader(address: u8, side: &str) -> Value {
    json!({"address": address, "side": side, "key": KEY})
}

/// The same during its enrolment.
pub(crate) fn new_reader(address: u8, side: &str) -> Value {
    let until = Wall.now().plus(Duration::from_secs(600)).to_string();
    json!({"address": address, "side": side, "key": KEY, "enrol_until": until})
}

impl Site {
    /// A gate behind pins, with these readers on the bus at `path`.
    pub(crate) fn start(path: &str, readers: &[Value]) -> Self {
        let settings = json!({"gpio": {"chip": "/dev/gpiochip0"}, "outputs": {"a": 0, "b": 1}});
        Self::start_with(settings, path, readers)
    }

    /// A gate whose side A is opened by the first output of its reader.
    pub(crate) fn start_without_relays(path: &str, readers: &[Value]) -> Self {
        Self::start_with(json!({"osdp": {}, "outputs": {"a": 0}, "passage_s": 1}), path, readers)
    }

    fn start_with(mut settings: Value, path: &str, readers: &[Value]) -> Self {
        settings["readers"] = json!([{"way": "osdp", "path": path, "readers": readers}]);
        settings["keys"] = json!([{"person": "17", "card": u32::from(CARD.0) << 16 | u32::from(CARD.1)}]);
        let plan = ADAPTER.plan(&settings).unwrap();
        let Wants::Several(lines) = &plan.wants else {
            panic!("it wants {:?}", plan.wants)
        };
        let [gate, Wants::Serial(target)] = lines.as_slice() else {
            panic!("it wants {lines:?}")
        };
        let (noting, notes) = watch::channel(Notes::default());
        let noting = Arc::new(noting);
        let bus = Arc::new(SerialDial::new(target.clone()));
        let gate = if let Wants::Gpio(_) = gate {
            Line::Gpio(Arc::new(Outputs(Arc::clone(&noting))))
        } else {
            Line::Several(Vec::new())
        };
        let (outlet, told) = Outlet::new(8);
        let (asks, asks_in) = mpsc::channel(8);
        let context = Context {
            device: "gate".parse().unwrap(),
            line: Line::Several(vec![gate, Line::Socket(bus)]),
            asks: asks_in,
            outlet,
            clock: Arc::new(Wall),
            pushes: mpsc::channel(1).1,
            push_url: None,
            calls: mpsc::channel(1).1,
            mark: None,
        };
        tokio::spawn(write_down(
            told,
            noting,
            Rulings::new("gate".parse().unwrap(), &settings).unwrap(),
        ));
        Self {
            notes,
            _driver: tokio::spawn(async move { (plan.drive)(context).await }),
            asks,
        }
    }

    /// Asks for the first door to be opened.
    pub(crate) async fn open(&self, within: Duration) -> Outcome {
        let action = Action::AccessOpen {
            door: Door(1),
            reason: None,
        };
        let (now, deadline) = (Wall.now(), tokio::time::Instant::now() + within);
        let command = CommandId::new(now, [7; 10]);
        let (ask, outcome) = Ask::new(command, action, now.plus(within), deadline);
        self.asks.send(ask).await.unwrap();
        outcome.await.unwrap()
    }

    /// What became of it so far.
    pub(crate) fn notes(&self) -> Notes {
        self.notes.borrow().clone()
    }

    /// Waits until it is so.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Notes) -> bool) {
        let waiting = async {
            while !is_so(&self.notes()) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(LIMIT, waiting).await;
        assert!(waited.is_ok(), "{what}: {:?}", self.notes());
    }

    /// Waits until its last state is this one.
    pub(crate) async fn is(&self, state: &str) {
        self.until(state, |notes| notes.states.last().is_some_and(|last| last == state))
            .await;
    }
}

async fn write_down(mut told: mpsc::Receiver<Told>, notes: Arc<watch::Sender<Notes>>, rulings: Rulings) {
    while let Some(told) = told.recv().await {
        match told {
            Told::State(state) => notes.send_modify(|notes| {
                notes.states.push(match state {
                    State::Online { .. } => "online".to_owned(),
                    State::Degraded { reason } => reason,
                });
            }),
            Told::Facts(observation) => {
                notes.send_modify(|notes| {
                    notes
                        .facts
                        .extend(observation.seen.iter().map(|seen| named(&seen.fact)));
                });
                let _ = observation.done.send(Ok(()));
            }
            Told::Question(question) => rulings.rule(question, Wall.now(), |fact| {
                notes.send_modify(|notes| notes.facts.push(named(&fact)));
            }),
            Told::Alive => {}
        }
    }
}

fn named(fact: &Fact) -> String {
    let person = if let Fact::AccessGranted(passage) | Fact::AccessDenied(passage) = fact {
        passage.person.clone()
    } else {
        None
    };
    format!("{} {}", fact.name(), person.unwrap_or_default())
        .trim_end()
        .to_owned()
}

/// The gate's outputs, and nothing at its inputs.
#[derive(Debug)]
struct Outputs(Arc<watch::Sender<Notes>>);

impl Gpio for Outputs {
    fn take(&self) -> Result<Box<dyn Pins>, SocketError> {
        Ok(Box::new(Taken {
            notes: Arc::clone(&self.0),
            levels: Mutex::new([Level::Inactive; 2]),
        }))
    }
}

#[derive(Debug)]
struct Taken {
    notes: Arc<watch::Sender<Notes>>,
    levels: Mutex<[Level; 2]>,
}

#[async_trait]
impl Pins for Taken {
    async fn drive(&mut self, pin: usize, to: Level) -> Result<(), SocketError> {
        let before = std::mem::replace(&mut self.levels.lock().unwrap()[pin], to);
        if (before, to) == (Level::Inactive, Level::Active) {
            self.notes.send_modify(|notes| notes.openings[pin] += 1);
        }
        Ok(())
    }

    async fn sense(&mut self, _: usize) -> Result<Level, SocketError> {
        Ok(Level::Inactive)
    }

    async fn edge(&mut self) -> Result<Edge, SocketError> {
        std::future::pending().await
    }
}
