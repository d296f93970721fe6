//! A kernel on a simulated disk with a clock that is turned by hand.

use crate::{
    EdgeClock, EdgeIds, Effects, KernelHandle, KernelLimits, KernelOptions, Port, Trust,
    prints::{self, PrintRequest, Prints},
    queue::Queue,
    start,
};
use edge_journal::{Journal, JournalError, sim::SimDisk};
use edge_roster::Roster;
use protocol::{
    Actor, ClockState, Command, CommandId, DeviceId, Document, EdgeId, Epoch, Event, Lane, OrgId, Seq, Timestamp,
    command::Action,
    fact::{DeviceIdentity, Door},
    key::SecretKey,
    signed_text::{Purpose, SignedText},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

pub(super) const NOON: i64 = 1_790_000_000_000;

#[derive(Debug)]
pub(super) struct ManualClock {
    wall: AtomicI64,
    up: AtomicU64,
    synced: AtomicBool,
}

impl ManualClock {
    pub(super) fn advance(&self, ms: u64) {
        self.wall.fetch_add(ms as i64, Ordering::SeqCst);
        self.up.fetch_add(ms, Ordering::SeqCst);
    }
    /// Somebody sets the wall clock.
    pub(super) fn set(&self, by_ms: i64) {
        self.wall.fetch_add(by_ms, Ordering::SeqCst);
    }
    pub(super) fn distrust(&self) {
        self.synced.store(false, Ordering::SeqCst);
    }
}

impl EdgeClock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.wall.load(Ordering::SeqCst))
    }
    fn state(&self) -> ClockState {
        if self.synced.load(Ordering::SeqCst) {
            ClockState::Synced
        } else {
            ClockState::Estimated
        }
    }
    fn up_ms(&self) -> u64 {
        self.up.load(Ordering::SeqCst)
    }
}

pub(super) struct Rig {
    pub(super) disk: SimDisk,
    pub(super) clock: Arc<ManualClock>,
    pub(super) port: Port,
    pub(super) effects: Effects,
    thread: Option<JoinHandle<Result<(), JournalError>>>,
    budget: u64,
    trust: Trust,
    limits: KernelLimits,
}

impl Rig {
    pub(super) fn new(seed: u64) -> Self {
        Self::with_budget(seed, 64 << 20)
    }

    pub(super) fn with_budget(seed: u64, budget: u64) -> Self {
        Self::on(disk(seed), budget).expect("a fresh disk works")
    }

    /// A box that belongs to no cloud.
    pub(super) fn alone(seed: u64, budget: u64) -> Self {
        Self::trusting(disk(seed), budget, Trust::default(), KernelLimits::default(), NOON).expect("a fresh disk works")
    }

    fn on(disk: SimDisk, budget: u64) -> Result<Self, JournalError> {
        let keys = vec![cloud().public()];
        Self::trusting(
            disk,
            budget,
            Trust { me: Some(me()), keys },
            KernelLimits::default(),
            NOON,
        )
    }

    /// A box where devices may say no more than this.
    pub(super) fn with_limits(seed: u64, limits: KernelLimits) -> Self {
        Self::trusting(disk(seed), 64 << 20, Trust::default(), limits, NOON).expect("a fresh disk works")
    }

    fn trusting(
        disk: SimDisk,
        budget: u64,
        trust: Trust,
        limits: KernelLimits,
        wall: i64,
    ) -> Result<Self, JournalError> {
        let wall = AtomicI64::new(wall);
        let clock = Arc::new(ManualClock {
            wall,
            up: AtomicU64::new(0),
            synced: AtomicBool::new(true),
        });
        let (journal, recovery) = Journal::open_on(Arc::new(disk.clone()), options(budget))?;
        let kept_trust = trust.clone();
        let (entropy, version) = ([7; 16], "test".to_owned());
        let options = KernelOptions {
            journal,
            recovery,
            clock: clock.clone(),
            trust,
            entropy,
            version: version.into(),
            limits: limits.clone(),
            runtime: tokio::runtime::Handle::current(),
        };
        let KernelHandle { port, effects, thread } = start(options)?;
        Ok(Self {
            disk,
            clock,
            port,
            effects,
            thread: Some(thread),
            budget,
            trust: kept_trust,
            limits,
        })
    }

    /// The process dies and starts again.
    pub(super) fn killed(mut self) -> Self {
        self.end();
        self.disk.kill();
        self.again().expect("the disk is well")
    }

    /// The same, and something happens to the journal between the two.
    pub(super) fn killed_with(self, change: impl FnOnce(&mut Journal)) -> Self {
        self.restarted_with(change).expect("the disk is well")
    }

    /// The same, where it may be that there is no start.
    pub(super) fn restarted_with(mut self, change: impl FnOnce(&mut Journal)) -> Result<Self, JournalError> {
        self.end();
        self.disk.kill();
        let (mut journal, _) =
            Journal::open_on(Arc::new(self.disk.clone()), options(self.budget)).expect("the disk is well");
        change(&mut journal);
        drop(journal);
        self.again()
    }

    /// The power goes and comes back.
    pub(super) fn power_cut(mut self) -> Self {
        self.disk.cut_power_at(1);
        self.end();
        self.disk.power_cut();
        self.again().expect("the journal recovers")
    }

    /// A start on a disk of a box without a cloud.
    pub(super) fn again_on(disk: SimDisk, budget: u64) -> Result<Self, JournalError> {
        Self::trusting(disk, budget, Trust::default(), KernelLimits::default(), NOON)
    }

    /// What lies on a disk, while no kernel runs on it.
    pub(super) fn journal_of(disk: &SimDisk, budget: u64) -> (Journal, edge_journal::Recovery) {
        Journal::open_on(Arc::new(disk.clone()), options(budget)).expect("the disk is well")
    }

    fn again(&self) -> Result<Self, JournalError> {
        let (trust, limits) = (self.trust.clone(), self.limits.clone());
        Self::trusting(self.disk.clone(), self.budget, trust, limits, self.wall())
    }

    /// Restarts go on by the same wall clock.
    fn wall(&self) -> i64 {
        self.clock.now().as_millis()
    }

    fn end(&mut self) {
        // Dropping every port ends the loop, as nothing else holds one.
        let (inputs, _) = tokio::sync::mpsc::channel(1);
        self.port.inputs = inputs;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    pub(super) async fn pair(&self, device: &str) -> DeviceId {
        let found = DeviceIdentity {
            device: id(device),
            kind: "terminal".into(),
            adapter: None,
            address: None,
        };
        self.port.enlist(found, None).await.expect("there is room");
        self.port
            .presence(id(device), crate::DevicePresence::Online, None)
            .await
            .expect("there is room");
        id(device)
    }

    /// Every event of a lane that is on disk.
    pub(super) fn events(&self, lane: Lane) -> Vec<Event> {
        let (mut events, mut after) = (Vec::new(), Seq::ZERO);
        while let Some(records) = self.port.records(lane, after, 1 << 20).expect("readable") {
            let frames = protocol::frame::decode_all(&records.bytes).map(|frame| frame.expect("a good record"));
            events.extend(frames.map(|frame| Event::decode(frame.body).expect("an event")));
            after = records.last;
        }
        events
    }

    /// Names of the facts on disk, those of the rig's own preparations left out.
    pub(super) fn told(&self) -> Vec<&'static str> {
        let names = self.events(Lane::Facts).into_iter().map(|event| event.fact.name());
        names
            .filter(|name| !matches!(*name, "site.started" | "device.paired" | "device.online"))
            .collect()
    }

    /// Holds the writer up until `held` says something.
    pub(super) async fn hold(&self, held: std::sync::mpsc::Receiver<()>) {
        let hold = Box::new(move |_: &mut crate::kernel::Kernel| {
            let _ = held.recv();
        });
        let sent = self.port.inputs.send(crate::input::KernelInput::App(hold)).await;
        assert!(sent.is_ok(), "the kernel lives");
    }

    /// The roster as its view has it once everything that was sent is worked on, as bytes.
    pub(super) async fn state(&self) -> Vec<u8> {
        // What was sent without an answer to wait for, such as a tick, is worked on before this is answered.
        self.port.status().await.expect("the kernel lives");
        self.port.look(bytes).await.expect("the kernel lives")
    }

    /// The roster as all events there are make it, as bytes.
    pub(super) fn replayed(&self) -> Vec<u8> {
        let mut roster = Roster::default();
        self.events(Lane::Facts)
            .iter()
            .for_each(|event| edge_roster::apply(&mut roster, event));
        bytes(&roster)
    }
}

/// Short ways to the apps.
impl Port {
    pub(super) async fn look<T>(&self, look: impl FnOnce(&Roster) -> T) -> Result<T, crate::Refusal> {
        Ok(look(&self.read::<Roster>().await?.state))
    }

    pub(super) async fn queue(
        &self,
        actor: Actor,
        request: crate::queue::Request,
    ) -> Result<Vec<protocol::Fact>, crate::DecideError<crate::queue::Refusal>> {
        self.decide::<Queue>(actor, request).await
    }

    pub(super) async fn print(&self, actor: Actor, request: PrintRequest) -> Result<(), crate::Refusal> {
        let asked = self.decide::<Prints>(actor, prints::Request::Print(request)).await;
        asked.map(|_| ()).map_err(kernels)
    }

    pub(super) async fn printed(&self, wish: PrintRequest, outcome: protocol::Outcome) -> Result<(), crate::Refusal> {
        let ended = prints::Request::Ended { request: wish, outcome };
        let told = self.decide::<Prints>(Actor::Edge, ended).await;
        told.map(|_| ()).map_err(kernels)
    }
}

fn kernels(error: crate::DecideError<std::convert::Infallible>) -> crate::Refusal {
    match error {
        crate::DecideError::Kernel(refusal) => refusal,
        crate::DecideError::Refused(never) => match never {},
    }
}

/// A disk on which it is noon, too.
fn disk(seed: u64) -> SimDisk {
    let disk = SimDisk::new(seed);
    disk.set_time(Timestamp::from_millis(NOON));
    disk
}

fn options(budget: u64) -> edge_journal::JournalOptions {
    edge_journal::JournalOptions {
        facts_budget: budget,
        telemetry_budget: budget,
        segment_bytes: 64 << 10,
        ..edge_journal::JournalOptions::new("/journal", Epoch(1))
    }
}

fn bytes(roster: &Roster) -> Vec<u8> {
    serde_json::to_vec(roster).expect("a roster is JSON")
}

pub(super) fn id(device: &str) -> DeviceId {
    device.parse().expect("a slug")
}

pub(super) fn device(device: &str) -> Actor {
    Actor::Device { id: id(device) }
}

pub(super) fn me() -> EdgeIds {
    let entropy = [1; 10];
    let at = Timestamp::from_millis(1);
    EdgeIds {
        edge: EdgeId::new(at, entropy),
        org: OrgId::new(at, entropy),
    }
}

pub(super) fn cloud() -> SecretKey {
    SecretKey::from_seed(&[42; 32])
}

pub(super) fn open(number: u8, device: &str, age_ms: i64, lifetime: Duration) -> Command {
    let created = Timestamp::from_millis(NOON - age_ms);
    Command {
        id: CommandId::new(created, [number; 10]),
        org: me().org,
        edge: me().edge,
        device: Some(id(device)),
        action: Action::AccessOpen {
            door: Door(1),
            reason: None,
        },
        by: "tester".into(),
        created,
        expires: created.plus(lifetime),
    }
}

pub(super) fn sign(command: &Command) -> SignedText {
    SignedText::seal(Purpose::Command, command, &cloud()).expect("a command is JSON")
}

pub(super) fn document(version: u64, body: serde_json::Value) -> Document {
    Document {
        id: "device/gate".parse().expect("a document id"),
        version,
        org: me().org,
        edge: me().edge,
        published: Timestamp::from_millis(NOON),
        requires_restart: false,
        withdrawn: false,
        body,
    }
}

pub(super) fn seal(document: &Document) -> SignedText {
    SignedText::seal(Purpose::Document, document, &cloud()).expect("a document is JSON")
}
