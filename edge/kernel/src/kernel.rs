//! The writer's loop: take what waits, decide, commit once per lane, answer everybody, let the world know.

use crate::{
    CommittedEvent, EdgeClock, Effect, FactEntry, KernelLimits, KernelStatus, Refusal, Trust,
    all_apps::SnapshotSeqs,
    answers::Answers,
    apps::Apps,
    clock_watch::ClockWatch,
    facts_room::RoomWatch,
    input::{AnswerSender, KernelInput},
    pending_commits::{Lanes, PendingCommits},
    pending_document::PendingDocument,
    quotas::{DeviceQuotas, StrangerNotices},
    rate::Rate,
    stored_documents::StoredDocuments,
    views::ViewFeed,
};
use edge_journal::{Journal, JournalError, Table};
use edge_roster::Leases;
use protocol::{
    Actor, ClockState, DocumentId, Event, EventId, Fact, Lane, LaneCursors, Timestamp,
    register::{RegisterKind, RegisterReplica},
};
use std::{collections::BTreeMap, ops::ControlFlow, sync::Arc};
use tokio::sync::{mpsc, oneshot, watch};

/// Inputs taken into one batch at most: bounds how long the first of them waits for its answer.
const BATCH: usize = 4096;

pub(crate) struct Kernel {
    pub(crate) journal: Journal,
    pub(crate) apps: Apps,
    /// How far the snapshot on disk of each app goes.
    pub(crate) stored: SnapshotSeqs,
    /// The way to the views, which everybody reads.
    pub(crate) feed: ViewFeed,
    pub(crate) leases: Leases,
    pub(crate) trust: Trust,
    pub(crate) clock: Arc<dyn EdgeClock>,
    pub(crate) clock_watch: ClockWatch,
    pub(crate) boot: u64,
    pub(crate) entropy: Entropy,
    pub(crate) effects: mpsc::Sender<Effect>,
    pub(crate) answers: Answers,
    pub(crate) committed: watch::Sender<LaneCursors>,
    /// What becomes true, and who is told, with the next commits.
    pub(crate) waiting: PendingCommits,
    /// Documents handed to the agent, not yet settled, and who waits for that.
    pub(crate) documents: BTreeMap<DocumentId, PendingDocument>,
    /// How large the documents are that are kept.
    pub(crate) stored_documents: StoredDocuments,
    /// How far each register is held; the rows are with the journal and the apps.
    pub(crate) registers: BTreeMap<RegisterKind, RegisterReplica>,
    pub(crate) rate: Rate,
    pub(crate) room: RoomWatch,
    pub(crate) limits: KernelLimits,
    pub(crate) quotas: DeviceQuotas,
    pub(crate) notices: StrangerNotices,
    pub(crate) commits: u64,
    pub(crate) events: u64,
    /// The event that was appended last, as it is on disk.
    pub(crate) buffer: Vec<u8>,
}

/// Whoever asked may be gone.
fn answer_read<T>(done: AnswerSender<T>, read: Result<T, JournalError>) {
    let _ = done.send(read.map_err(|error| Refusal::Storage(error.to_string())));
}

/// What a kernel works with beside its journal and the apps.
pub(crate) struct KernelContext {
    pub(crate) trust: Trust,
    pub(crate) clock: Arc<dyn EdgeClock>,
    /// The time of the newest fact on disk.
    pub(crate) last_fact: Option<Timestamp>,
    pub(crate) boot: u64,
    pub(crate) entropy: [u8; 16],
    pub(crate) effects: mpsc::Sender<Effect>,
    pub(crate) answers: Answers,
    pub(crate) committed: watch::Sender<LaneCursors>,
    pub(crate) feed: ViewFeed,
    pub(crate) limits: KernelLimits,
}

/// When an event happened, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventTime {
    at: Timestamp,
    clock: ClockState,
    up_ms: u64,
}

/// Randomness for event ids: the agent's seed, stretched.
pub(crate) struct Entropy {
    seed: [u8; 16],
    count: u64,
}

impl Entropy {
    pub(crate) fn new(seed: [u8; 16]) -> Self {
        Self { seed, count: 0 }
    }
    /// Ids need to differ, not to be secret: the seed differs per run, the counter within it.
    fn next(&mut self) -> [u8; 10] {
        self.count += 1;
        let mixed = u128::from_le_bytes(self.seed)
            .wrapping_add(u128::from(self.count).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835));
        let mixed = (mixed ^ (mixed >> 61)).wrapping_mul(0xD6E8_FEB8_6659_FD93_A1B2_C3D4_E5F6_0719);
        let bytes = (mixed ^ (mixed >> 59)).to_le_bytes();
        bytes.first_chunk().copied().unwrap_or_default()
    }
}

impl Kernel {
    pub(crate) fn new(journal: Journal, apps: Apps, stored: SnapshotSeqs, given: KernelContext) -> Self {
        let now = given.clock.up_ms();
        Self {
            journal,
            apps,
            stored,
            feed: given.feed,
            leases: Leases::default(),
            trust: given.trust,
            clock_watch: ClockWatch::begin(&*given.clock, given.last_fact),
            clock: given.clock,
            boot: given.boot,
            entropy: Entropy::new(given.entropy),
            effects: given.effects,
            answers: given.answers,
            committed: given.committed,
            waiting: PendingCommits::new(now),
            documents: BTreeMap::new(),
            stored_documents: StoredDocuments::default(),
            registers: BTreeMap::new(),
            rate: Rate::new(now),
            room: RoomWatch::default(),
            quotas: DeviceQuotas::new(&given.limits),
            notices: StrangerNotices::new(now),
            limits: given.limits,
            commits: 0,
            events: 0,
            buffer: Vec::new(),
        }
    }

    /// Runs until it is told to stop, every port is gone, or the disk fails.
    pub(crate) fn run(mut self, mut inputs: mpsc::Receiver<KernelInput<Self>>) -> Result<(), JournalError> {
        while let Some(first) = inputs.blocking_recv() {
            // Decisions of this batch are of the clock as it is now.
            self.look_at_clock();
            let mut next = Some(first);
            let mut taken = 0;
            let mut flow = ControlFlow::Continue(());
            while let Some(input) = next {
                flow = self.take(input)?;
                taken += 1;
                next = if flow.is_continue() && taken < BATCH {
                    inputs.try_recv().ok()
                } else {
                    None
                };
            }
            self.settle_batch()?;
            if let ControlFlow::Break(stopped) = flow {
                self.finish()?;
                // Whoever asked may be gone already.
                let _ = stopped.send(());
                return Ok(());
            }
        }
        self.finish()
    }

    fn take(&mut self, input: KernelInput<Self>) -> Result<ControlFlow<oneshot::Sender<()>>, JournalError> {
        match input {
            KernelInput::Record { actor, entries, done } => {
                let result = self.record(&actor, entries);
                self.waiting.answer(done, result);
            }
            KernelInput::Command { signed, done } => {
                let result = self.command(&signed);
                self.waiting.answer(done, result.map(|id| (id, Lanes::facts())));
            }
            KernelInput::Settle { command, outcome, done } => {
                let result = self.settle(command, outcome);
                self.waiting.answer(done, result.map(|()| ((), Lanes::facts())));
            }
            KernelInput::Document { signed, done } => self.document(signed, done),
            KernelInput::DocumentSettled { document, result, done } => {
                let result = self.document_settled(&document, result);
                self.waiting.answer(done, result.map(|()| ((), Lanes::facts())));
            }
            KernelInput::Enlist { found, lease_ms, done } => {
                let result = self.enlist(found, lease_ms);
                self.waiting.answer(done, result.map(|()| ((), Lanes::facts())));
            }
            KernelInput::Presence {
                device,
                presence,
                fw,
                done,
            } => {
                let result = self.presence(&device, presence, fw);
                self.waiting.answer(done, result.map(|()| ((), Lanes::facts())));
            }
            KernelInput::RenewLease { device } => self.renew_lease(&device),
            KernelInput::Advance { epoch, have } => self.advance(epoch, have),
            KernelInput::Store {
                table,
                key,
                value,
                done,
            } => self.store(table, &key, value, done),
            KernelInput::Scan { table, done } => answer_read(done, self.journal.scan(table)),
            KernelInput::Keys { table, done } => answer_read(done, self.journal.keys(table)),
            KernelInput::Value { table, key, done } => answer_read(done, self.journal.get(table, &key)),
            KernelInput::App(work) => work(self),
            KernelInput::Snapshots(snapshots) => self.waiting.arrived(snapshots),
            KernelInput::Trust(trust) => self.trust = trust,
            KernelInput::Status(sender) => self.waiting.status(sender),
            KernelInput::Tick => self.tick()?,
            KernelInput::Stop(stopped) => return Ok(ControlFlow::Break(stopped)),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn store(&mut self, table: Table, key: &str, value: Option<Vec<u8>>, done: AnswerSender<()>) {
        match value {
            Some(value) => self.journal.put(table, key, value),
            None => self.journal.remove(table, key),
        }
        self.waiting.after_checkpoint(done);
    }

    /// Appends one fact as an event of now; it is told once its lane is committed.
    pub(crate) fn append(&mut self, actor: &Actor, entry: FactEntry) -> Result<Lane, Refusal> {
        let time = self.event_time();
        self.append_at(time, actor, entry)
    }

    /// The same with a time that was read before: facts that came in one message have one.
    pub(crate) fn append_at(&mut self, time: EventTime, actor: &Actor, entry: FactEntry) -> Result<Lane, Refusal> {
        let lane = entry.fact.lane();
        let event = self.event(time, actor, entry);
        self.buffer.clear();
        event
            .encode_into(&mut self.buffer)
            .map_err(|error| Refusal::Storage(error.to_string()))?;
        let appended = if matches!(event.fact, Fact::JournalDropped(_)) {
            self.journal.append_past_budget(lane, &self.buffer)
        } else {
            self.journal.append(lane, &self.buffer)
        };
        let seq = appended.map_err(|error| refusal(lane, &error))?;
        self.events += 1;
        if lane == Lane::Facts {
            self.rate.add(self.buffer.len());
            self.apps.apply(&event, seq);
        }
        // The views take in every fact; telemetry is read from the journal alone.
        let is_read = lane == Lane::Facts;
        self.waiting
            .event(lane, is_read.then(|| Arc::new(CommittedEvent { lane, seq, event })));
        Ok(lane)
    }

    /// Appends one of the edge's own facts.
    pub(crate) fn append_own(&mut self, fact: Fact) -> Result<(), Refusal> {
        self.append(&Actor::Edge, fact.into()).map(|_| ())
    }

    /// What the clocks say now. Where the wall clock was set meanwhile, that is recorded first.
    pub(crate) fn event_time(&mut self) -> EventTime {
        self.look_at_clock();
        self.read_clocks()
    }

    fn read_clocks(&self) -> EventTime {
        EventTime {
            at: self.clock.now(),
            clock: self.clock.state(),
            up_ms: self.clock.up_ms(),
        }
    }

    /// Records that the wall clock was set, where it was.
    pub(crate) fn look_at_clock(&mut self) {
        if let Some(change) = self.clock_watch.look(&*self.clock) {
            let entry = FactEntry::from(Fact::ClockChanged(change));
            if let Err(refusal) = self.append_at(self.read_clocks(), &Actor::Edge, entry) {
                tracing::error!(%refusal, "that the clock was set could not be recorded");
            }
        }
    }

    fn event(&mut self, time: EventTime, actor: &Actor, entry: FactEntry) -> Event {
        let EventTime { at, clock, up_ms } = time;
        Event {
            id: EventId::new(at, self.entropy.next()),
            v: 1,
            at,
            clock,
            boot: self.boot,
            up_ms,
            actor: actor.clone(),
            subj: entry.fact.device().map(Into::into),
            corr: entry.corr.or_else(|| entry.fact.belongs_to()),
            replay: entry.replay,
            origin: entry.origin,
            pii: entry.fact.personal(),
            fact: entry.fact,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn status(&self) -> KernelStatus {
        let (facts, telemetry) = (self.journal.usage(Lane::Facts), self.journal.usage(Lane::Telemetry));
        KernelStatus {
            committed: committed(&self.journal),
            cursor: self.journal.cursor(),
            facts_bytes: facts.bytes,
            facts_limit: facts.limit,
            telemetry_bytes: telemetry.bytes,
            telemetry_limit: telemetry.limit,
            unsent: facts.unsent + telemetry.unsent,
            hours_left: self.room.hours_left.or_else(|| {
                let left = facts.limit.saturating_sub(facts.bytes);
                self.rate.hours_until(left, self.clock.up_ms())
            }),
            room: self.room.stage,
            boot: self.boot,
            snapshots: self.stored.values().min().copied().unwrap_or_default(),
            commits: self.commits,
            events: self.events,
        }
    }
}

pub(crate) fn committed(journal: &Journal) -> LaneCursors {
    LaneCursors {
        facts: journal.committed(Lane::Facts),
        telemetry: journal.committed(Lane::Telemetry),
    }
}

/// What the caller is told of the journal's trouble.
pub(crate) fn refusal(lane: Lane, error: &JournalError) -> Refusal {
    if let JournalError::Full { .. } = error {
        Refusal::Full {
            lane,
            detail: error.to_string(),
        }
    } else if let JournalError::Body { source, .. } = error {
        Refusal::TooLong { len: source.len }
    } else if error.is_disk_full() {
        Refusal::Full {
            lane,
            detail: "the disk is full".into(),
        }
    } else {
        Refusal::Storage(error.to_string())
    }
}
