//! One gate with OSDP readers, driven as the edge drives it: the readers' line is the edge's own serial line, the gate's
//! outputs are pins that a test looks at.

use adapter_sdk::{
    Clock as _, Line, LineSpec, State,
    gpio::{Gpio, Level, PinEdge, Pins},
    socket::SocketError,
};
use adapter_turnstile::ADAPTER;
use async_trait::async_trait;
use edge_devices::serial::SerialDial;
use protocol::{Fact, Outcome};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tests_site::driver::{DriverRun, WallClock};

/// The key of every reader in the settings.
pub(crate) const KEY: &str = "8c7712ab40f35e6901d2c4b8e57a9f30";
/// Facility 12, card 3456: the card that is let through.
pub(crate) const CARD: (u8, u16) = (12, 3456);

/// What became of the gate so far.
#[derive(Debug)]
pub(crate) struct GateNotes {
    /// How the gate is, as it was said.
    pub(crate) states: Vec<String>,
    /// Names of facts, and whose they are where they say it.
    pub(crate) facts: Vec<String>,
    /// How often each output was active.
    pub(crate) openings: [u32; 2],
}

/// How often each of the gate's outputs was active.
type Openings = Arc<Mutex<[u32; 2]>>;

/// A gate at work.
pub(crate) struct GateRun {
    run: DriverRun,
    openings: Openings,
}

/// One reader's settings.
pub(crate) fn reader(address: u8, side: &str) -> Value {
    json!({"address": address, "side": side, "key": KEY})
}

/// The same during its enrolment.
pub(crate) fn new_reader(address: u8, side: &str) -> Value {
    let until = WallClock.now().plus(Duration::from_secs(600)).to_string();
    json!({"address": address, "side": side, "key": KEY, "enrol_until": until})
}

impl GateRun {
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
        let LineSpec::Several(lines) = &plan.wants else {
            panic!("it wants {:?}", plan.wants)
        };
        let [gate, LineSpec::Serial(target)] = lines.as_slice() else {
            panic!("it wants {lines:?}")
        };
        let openings = Openings::default();
        let bus = Arc::new(SerialDial::new(target.clone()));
        let gate = if let LineSpec::Gpio(_) = gate {
            Line::Gpio(Arc::new(Outputs(Arc::clone(&openings))))
        } else {
            Line::Several(Vec::new())
        };
        let line = Line::Several(vec![gate, Line::Socket(bus)]);
        Self {
            run: DriverRun::start_ruled(plan, line, &settings),
            openings,
        }
    }

    /// Asks for the first door to be opened.
    pub(crate) async fn open(&self, within: Duration) -> Outcome {
        self.run.open(1, within).await
    }

    /// What became of it so far.
    pub(crate) fn notes(&self) -> GateNotes {
        let states = self.run.states().into_iter().map(|state| match state {
            State::Online { .. } => "online".to_owned(),
            State::Degraded { reason } => reason,
        });
        GateNotes {
            states: states.collect(),
            facts: self.run.seen().iter().map(|seen| named(&seen.fact)).collect(),
            openings: *self.openings.lock().unwrap(),
        }
    }

    /// Waits until it is so.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&GateNotes) -> bool) {
        self.run.until(what, |_| is_so(&self.notes())).await;
    }

    /// Waits until its last state is this one.
    pub(crate) async fn is(&self, state: &str) {
        self.until(state, |notes| notes.states.last().is_some_and(|last| last == state))
            .await;
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
struct Outputs(Openings);

impl Gpio for Outputs {
    fn take(&self) -> Result<Box<dyn Pins>, SocketError> {
        Ok(Box::new(OutputPins {
            openings: Arc::clone(&self.0),
            levels: Mutex::new([Level::Inactive; 2]),
        }))
    }
}

#[derive(Debug)]
struct OutputPins {
    openings: Openings,
    levels: Mutex<[Level; 2]>,
}

#[async_trait]
impl Pins for OutputPins {
    async fn drive(&mut self, pin: usize, to: Level) -> Result<(), SocketError> {
        let before = std::mem::replace(&mut self.levels.lock().unwrap()[pin], to);
        if (before, to) == (Level::Inactive, Level::Active) {
            self.openings.lock().unwrap()[pin] += 1;
        }
        Ok(())
    }

    async fn sense(&mut self, _: usize) -> Result<Level, SocketError> {
        Ok(Level::Inactive)
    }

    async fn edge(&mut self) -> Result<PinEdge, SocketError> {
        std::future::pending().await
    }
}
