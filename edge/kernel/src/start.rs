//! Starting: the state back from the disk, what the last run left undone brought to an end, then the writer's thread.

use crate::{
    EdgeClock, Effects, FactEntry, KernelLimits, Port, Trust,
    answers::Answers,
    input::KernelInput,
    kernel::{Kernel, KernelContext, committed},
    live::FactListeners,
    replay::{newest_fact, replay},
    views::{self, ViewThread},
};
use edge_app::RecordedFact;
use edge_journal::{Journal, JournalError, Recovery};
use edge_roster::DevicePresence;
use protocol::{
    Fact, Lane,
    fact::{self, EventRange},
    text::AgentVersion,
};
use std::{sync::Arc, thread::JoinHandle};
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
};

/// Inputs that may wait; beyond it callers wait themselves.
const DEPTH: usize = 8192;
/// Commands and documents that may wait for the agent.
const EFFECTS: usize = 256;

/// What a kernel is started with.
#[derive(Debug)]
pub struct KernelOptions {
    /// Where everything is kept.
    pub journal: Journal,
    /// What opening it found.
    pub recovery: Recovery,
    /// The edge's clock.
    pub clock: Arc<dyn EdgeClock>,
    /// Who this edge is and whose word it takes.
    pub trust: Trust,
    /// Randomness for event ids.
    pub entropy: [u8; 16],
    /// Version of the agent.
    pub version: AgentVersion,
    /// What is kept, and what devices may say.
    pub limits: KernelLimits,
    /// Where those who wait for a commit are told.
    pub runtime: Handle,
}

/// A running kernel.
#[derive(Debug)]
pub struct KernelHandle {
    /// The way to it.
    pub port: Port,
    /// What it wants done.
    pub effects: Effects,
    /// Its thread. It ends with an error where the disk failed: then the process must end too.
    pub thread: JoinHandle<Result<(), JournalError>>,
}

/// Starts the kernel. Returns once the last run's loose ends are settled on disk.
pub fn start(options: KernelOptions) -> Result<KernelHandle, JournalError> {
    let KernelOptions {
        journal,
        recovery,
        clock,
        trust,
        entropy,
        version,
        limits,
        runtime,
    } = options;
    let (apps, stored) = replay(&journal)?;
    let last_fact = newest_fact(&journal)?;
    if let Some(last) = last_fact {
        clock.resume_after(last);
    }
    let (inputs, receiver) = mpsc::channel(DEPTH);
    let (effects_in, effects) = mpsc::channel(EFFECTS);
    let listeners = FactListeners::default();
    let opened = committed(&journal);
    let (committed_in, committed_out) = watch::channel(opened);
    let (jobs_in, jobs) = std::sync::mpsc::channel();
    let (feed, keeper, views, progress) =
        views::begin(&apps, journal.committed(Lane::Facts), jobs_in, listeners.clone());
    let port = Port {
        inputs: inputs.clone(),
        committed: committed_out,
        listeners,
        reader: journal.reader(),
        clock: clock.clone(),
        epoch: journal.epoch(),
        opened,
        views,
        progress,
    };
    let boot = recovery.boot;
    let context = KernelContext {
        trust,
        clock,
        last_fact,
        boot,
        entropy,
        effects: effects_in,
        answers: Answers::start(&runtime),
        committed: committed_in,
        feed,
        limits,
    };
    let mut kernel = Kernel::new(journal, apps, stored, context);
    kernel.load_documents()?;
    kernel.load_registers()?;
    kernel.close_previous_run(&recovery, version)?;
    spawn("views", move || ViewThread::run(keeper))?;
    // Weak: a kernel that nobody can reach any more ends.
    let inputs = inputs.downgrade();
    spawn("snapshots", move || {
        views::encode(&jobs, |snapshots| {
            if let Some(inputs) = inputs.upgrade() {
                // A kernel that is gone needs none.
                let _ = inputs.blocking_send(KernelInput::Snapshots(snapshots));
            }
        });
    })?;
    let thread = spawn("kernel", move || kernel.run(receiver))?;
    Ok(KernelHandle { port, effects, thread })
}

fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, JournalError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map_err(|source| JournalError::Disk {
        doing: "start the threads for",
        file: "the journal".into(),
        source,
    })
}

impl Kernel {
    /// Tombstones for what is gone, outcomes for what was under way, fresh leases, and the fact that a run began.
    fn close_previous_run(&mut self, recovery: &Recovery, version: AgentVersion) -> Result<(), JournalError> {
        for lost in &recovery.lost {
            let (lane, from_seq, to_seq, bytes) = (lost.lane, lost.from, lost.to, lost.bytes);
            tracing::error!(%lane, %from_seq, %to_seq, reason = ?lost.reason, "events are gone");
            self.note(Fact::JournalDropped(EventRange {
                lane,
                from_seq,
                to_seq,
                bytes,
                reason: lost.reason.into(),
            }));
        }
        let undone = self.interrupted();
        let commands = undone
            .iter()
            .filter(|recorded| matches!(recorded.fact, Fact::CommandFailed(_)));
        let count = u32::try_from(commands.count()).unwrap_or(u32::MAX);
        for RecordedFact { fact, corr } in undone {
            let name = fact.name();
            let entry = FactEntry { corr, ..fact.into() };
            if let Err(refusal) = self.append(&protocol::Actor::Edge, entry) {
                tracing::error!(name, %refusal, "how the last run ended could not be recorded");
            }
        }
        let there = self.apps.roster.state.devices().filter(|(_, device)| {
            matches!(
                device.presence,
                DevicePresence::Online | DevicePresence::Degraded { .. }
            )
        });
        let there: Vec<_> = there.map(|(id, _)| id.clone()).collect();
        for device in there {
            self.leases.renew(&device, self.clock.up_ms());
        }
        let found = recovery_summary(recovery);
        if found != "clean" {
            tracing::warn!(journal = found, "the journal had to be recovered");
        }
        let entry = FactEntry::from(Fact::SiteStarted(fact::AgentStart {
            version,
            interrupted: count,
            journal: found,
        }));
        let _ = self.append(&protocol::Actor::Edge, entry);
        self.commit(Lane::Facts)?;
        self.checkpoint_whole()?;
        self.waiting.begin();
        Ok(())
    }
}

fn recovery_summary(recovery: &Recovery) -> String {
    let mut found: Vec<String> = recovery.notes.iter().map(ToString::to_string).collect();
    if recovery.torn > 0 {
        found.push(format!("{} unacknowledged bytes cut off", recovery.torn));
    }
    if found.is_empty() && recovery.lost.is_empty() {
        "clean".into()
    } else {
        found.join("; ")
    }
}
