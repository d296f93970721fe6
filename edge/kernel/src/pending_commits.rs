//! What becomes true with the next commits, and who is told then. Nobody is told before.

use crate::{CommittedEvent, Effect, KernelStatus, Refusal, answers::CommitCallback, input::AnswerSender};
use edge_journal::Snapshot;
use protocol::Lane;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Which lanes must be committed before somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Lanes {
    pub(crate) facts: bool,
    pub(crate) telemetry: bool,
}

impl Lanes {
    pub(crate) const fn facts() -> Self {
        Self {
            facts: true,
            telemetry: false,
        }
    }
    pub(crate) fn add(&mut self, lane: Lane) {
        match lane {
            Lane::Facts => self.facts = true,
            Lane::Telemetry => self.telemetry = true,
        }
    }
}

/// Who is told what, once which lane is committed.
pub(crate) struct PendingCommits {
    pub(crate) facts: LaneQueue,
    pub(crate) telemetry: LaneQueue,
    pub(crate) checkpoint: Vec<CommitCallback>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) statuses: Vec<oneshot::Sender<KernelStatus>>,
    pub(crate) telemetry_since: Option<u64>,
    /// None: not since the run began.
    pub(crate) checkpoint_at: Option<u64>,
    pub(crate) snapshots: Snapshots,
}

/// Snapshots on their way to the disk.
pub(crate) struct Snapshots {
    /// When the last ones reached it.
    pub(crate) kept_at: u64,
    /// When they were asked for last.
    pub(crate) asked_at: u64,
    pub(crate) state: SnapshotProgress,
    /// Somebody needs them soon: what the cloud has can go only then.
    pub(crate) term: SnapshotTerm,
    /// How many that are being encoded come too late: newer ones were made here and now.
    superseded: u32,
}

/// How far the next snapshots are.
pub(crate) enum SnapshotProgress {
    /// Nobody asked for any.
    Resting,
    /// They are being encoded.
    Encoding,
    /// They go to the disk with the next checkpoint.
    Ready(Vec<Snapshot>),
}

/// When the next snapshots are due.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SnapshotTerm {
    /// In their time.
    InTime,
    /// Within about a second.
    Soon,
}

/// What waits for one lane.
#[derive(Default)]
pub(crate) struct LaneQueue {
    pub(crate) callbacks: Vec<CommitCallback>,
    pub(crate) events: Vec<Arc<CommittedEvent>>,
    pub(crate) count: u64,
}

impl PendingCommits {
    pub(crate) fn new(up_ms: u64) -> Self {
        Self {
            facts: LaneQueue::default(),
            telemetry: LaneQueue::default(),
            checkpoint: Vec::new(),
            effects: Vec::new(),
            statuses: Vec::new(),
            telemetry_since: None,
            checkpoint_at: Some(up_ms),
            snapshots: Snapshots {
                kept_at: up_ms,
                asked_at: up_ms,
                state: SnapshotProgress::Resting,
                term: SnapshotTerm::InTime,
                superseded: 0,
            },
        }
    }

    /// The run begins: its first checkpoint waits for nothing, so that a first start does not either.
    pub(crate) fn begin(&mut self) {
        self.checkpoint_at = None;
    }

    /// Tells `done` once the lanes concerned are committed; at once where it was refused or nothing was written.
    pub(crate) fn answer<T: Send + 'static>(&mut self, done: AnswerSender<T>, result: Result<(T, Lanes), Refusal>) {
        match result {
            Err(refusal) => {
                let _ = done.send(Err(refusal));
            }
            Ok((value, lanes)) => {
                let callback: CommitCallback = Box::new(move |failed| {
                    let _ = done.send(failed.map_or(Ok(value), |refusal| Err(refusal.clone())));
                });
                // Telemetry is committed after the facts of the same batch, so it is the later of the two.
                if lanes.telemetry {
                    self.telemetry.callbacks.push(callback);
                } else if lanes.facts {
                    self.facts.callbacks.push(callback);
                } else {
                    callback(None);
                }
            }
        }
    }

    /// Tells `done` once the tables are on disk.
    pub(crate) fn after_checkpoint(&mut self, done: AnswerSender<()>) {
        self.checkpoint.push(Box::new(move |failed| {
            let _ = done.send(failed.map_or(Ok(()), |refusal| Err(refusal.clone())));
        }));
    }

    /// Answers how it is once the batch is on disk.
    pub(crate) fn status(&mut self, sender: oneshot::Sender<KernelStatus>) {
        self.statuses.push(sender);
    }

    /// Lets `effect` happen once the facts that call for it are on disk.
    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Wants snapshots within about a second.
    pub(crate) fn want_snapshots(&mut self) {
        self.snapshots.term = SnapshotTerm::Soon;
    }

    /// Newer snapshots are made here and now: those on their way must not take their place.
    pub(crate) fn supersede(&mut self) {
        if matches!(self.snapshots.state, SnapshotProgress::Encoding) {
            self.snapshots.superseded += 1;
        }
    }

    /// Snapshots come back from where they were encoded.
    pub(crate) fn arrived(&mut self, snapshots: Vec<Snapshot>) {
        match self.snapshots.superseded.checked_sub(1) {
            Some(left) => self.snapshots.superseded = left,
            None => self.encoded(snapshots),
        }
    }

    /// Snapshots are encoded; none of them where one could not be.
    pub(crate) fn encoded(&mut self, snapshots: Vec<Snapshot>) {
        self.snapshots.state = if snapshots.is_empty() {
            SnapshotProgress::Resting
        } else {
            SnapshotProgress::Ready(snapshots)
        };
    }

    pub(crate) fn event(&mut self, lane: Lane, event: Option<Arc<CommittedEvent>>) {
        let queue = self.queue(lane);
        queue.count += 1;
        queue.events.extend(event);
    }

    /// What waited for a lane. The next batch is taken to be about as large as this one.
    pub(crate) fn take(&mut self, lane: Lane) -> LaneQueue {
        let queue = self.queue(lane);
        let next = LaneQueue {
            callbacks: Vec::with_capacity(queue.callbacks.len()),
            events: Vec::with_capacity(queue.events.len()),
            count: 0,
        };
        std::mem::replace(queue, next)
    }

    fn queue(&mut self, lane: Lane) -> &mut LaneQueue {
        match lane {
            Lane::Facts => &mut self.facts,
            Lane::Telemetry => &mut self.telemetry,
        }
    }
}
