//! Commits and checkpoints: when they happen, and who is told afterwards.
//!
//! Facts are committed with each batch. Telemetry lingers up to a second. Tables and snapshots go to the state file at
//! most once a second; snapshots are encoded elsewhere, see [`crate::views`]. A commit that fails is told to everybody who
//! waited, and the state goes back to what is on disk.

use crate::{
    Effect,
    all_apps::app_names,
    kernel::{Kernel, committed, refusal},
    pending_commits::{SnapshotProgress, SnapshotTerm},
    replay::replay,
};
use edge_journal::{JournalError, Snapshot};
use protocol::Lane;
use tokio::sync::mpsc;

/// Milliseconds telemetry may linger.
const LINGER_MS: u64 = 1000;
/// Bytes of telemetry that wait at most.
const LINGER_BYTES: usize = 256 << 10;
/// Milliseconds between checkpoints at least, where somebody waits for one.
const CHECKPOINT_MS: u64 = 1000;
/// Milliseconds between snapshots where nobody waits: each writes tens of kilobytes, which flash does not forget.
const SNAPSHOT_MS: u64 = 300_000;
/// Facts between snapshots: bounds what a restart replays.
const SNAPSHOT_FACTS: u64 = 20_000;

impl Kernel {
    /// Commits what the batch wrote, and whatever else is due.
    pub(crate) fn settle_batch(&mut self) -> Result<(), JournalError> {
        self.commit(Lane::Facts)?;
        self.make_room()?;
        let now = self.clock.up_ms();
        if self.waiting.telemetry.count > 0 || !self.waiting.telemetry.callbacks.is_empty() {
            let since = *self.waiting.telemetry_since.get_or_insert(now);
            if now.saturating_sub(since) >= LINGER_MS || self.journal.pending(Lane::Telemetry) >= LINGER_BYTES {
                self.commit(Lane::Telemetry)?;
            }
        }
        self.ask_for_snapshots(now);
        let somebody_waits = !self.waiting.checkpoint.is_empty();
        let last = self.waiting.checkpoint_at;
        let rested = last.is_none_or(|at| now.saturating_sub(at) >= CHECKPOINT_MS);
        let are_ready = matches!(self.waiting.snapshots.state, SnapshotProgress::Ready(_));
        if (somebody_waits && rested) || are_ready {
            self.checkpoint()?;
        }
        for sender in std::mem::take(&mut self.waiting.statuses) {
            // Whoever asked may be gone.
            let _ = sender.send(self.status());
        }
        Ok(())
    }

    /// Asks the views for snapshots where some are due; they come back as an input.
    fn ask_for_snapshots(&mut self, now: u64) {
        let covered = self.stored.values().min().copied().unwrap_or_default();
        let fresh = self.journal.committed(Lane::Facts).0.saturating_sub(covered.0);
        let snapshots = &mut self.waiting.snapshots;
        let is_due = fresh >= SNAPSHOT_FACTS
            || (fresh > 0 && now.saturating_sub(snapshots.kept_at) >= SNAPSHOT_MS)
            || snapshots.term == SnapshotTerm::Soon;
        let rested = now.saturating_sub(snapshots.asked_at) >= CHECKPOINT_MS;
        if is_due && rested && matches!(snapshots.state, SnapshotProgress::Resting) {
            snapshots.state = SnapshotProgress::Encoding;
            snapshots.term = SnapshotTerm::InTime;
            snapshots.asked_at = now;
            self.feed.snapshot(self.stored.clone());
        }
    }

    /// Commits one lane and tells everybody who waited for it.
    pub(crate) fn commit(&mut self, lane: Lane) -> Result<(), JournalError> {
        if self.journal.pending(lane) > 0 {
            if let Err(error) = self.journal.commit(lane) {
                return self.failed(lane, error);
            }
            self.commits += 1;
            self.committed.send_replace(committed(&self.journal));
        }
        if lane == Lane::Telemetry {
            self.waiting.telemetry_since = None;
        }
        let queue = self.waiting.take(lane);
        if lane == Lane::Facts {
            self.room.forget_usage();
            if !queue.events.is_empty() {
                // Before anybody is told: whoever was told and reads then, reads it.
                let upto = self.journal.committed(lane);
                self.feed.committed(queue.events, upto);
            }
        }
        self.answers.send(queue.callbacks, None);
        if lane == Lane::Facts {
            self.dispatch_effects();
        }
        Ok(())
    }

    /// Hands the agent what is now on disk that it shall happen. An agent with its hands full ends commands as busy.
    fn dispatch_effects(&mut self) {
        for effect in std::mem::take(&mut self.waiting.effects) {
            match self.effects.try_send(effect) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(effect) | mpsc::error::TrySendError::Closed(effect)) => {
                    self.reject_effect(effect);
                }
            }
        }
    }

    /// A commit failed: nobody's wish came true. A full disk is survived; anything else ends the process.
    fn failed(&mut self, lane: Lane, error: JournalError) -> Result<(), JournalError> {
        tracing::error!(%lane, error = &error as &dyn std::error::Error, "commit failed");
        self.journal.rollback(lane);
        let told = refusal(lane, &error);
        self.room.forget_usage();
        self.answers.send(self.waiting.take(lane).callbacks, Some(told.clone()));
        // A command is unknown again with the rollback; a document would be waited for in vain.
        for effect in std::mem::take(&mut self.waiting.effects) {
            if let Effect::Apply(document) = effect
                && let Some(pending) = self.documents.remove(&document.id)
            {
                pending.give_up(&told);
            }
        }
        if !error.is_disk_full() {
            return Err(error);
        }
        if lane == Lane::Facts {
            let (mut apps, _) = replay(&self.journal)?;
            apps.keep_setups(&self.apps);
            self.apps = apps;
        }
        Ok(())
    }

    /// Writes tables, cursor and the snapshots that are ready to the state file, and lets go of segments nobody needs.
    pub(crate) fn checkpoint(&mut self) -> Result<(), JournalError> {
        let now = self.clock.up_ms();
        let snapshots = match std::mem::replace(&mut self.waiting.snapshots.state, SnapshotProgress::Resting) {
            SnapshotProgress::Ready(snapshots) => snapshots,
            before @ (SnapshotProgress::Resting | SnapshotProgress::Encoding) => {
                self.waiting.snapshots.state = before;
                Vec::new()
            }
        };
        let result = self.journal.checkpoint(&snapshots);
        let told = result.as_ref().err().map(|error| refusal(Lane::Facts, error));
        self.answers.send(std::mem::take(&mut self.waiting.checkpoint), told);
        match result {
            Ok(()) => {
                self.waiting.checkpoint_at = Some(now);
                if !snapshots.is_empty() {
                    self.waiting.snapshots.kept_at = now;
                    self.keep_stored(&snapshots);
                }
                self.journal.trim()
            }
            Err(error) if error.is_disk_full() => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "checkpoint failed, the disk is full"
                );
                self.waiting.checkpoint_at = Some(now);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// A checkpoint with snapshots made here and now: at the start and the end of a run, when nobody waits.
    pub(crate) fn checkpoint_whole(&mut self) -> Result<(), JournalError> {
        let upto = self.journal.committed(Lane::Facts);
        let snapshots = self.apps.snapshots(upto, &self.stored);
        self.waiting.encoded(snapshots);
        self.checkpoint()
    }

    fn keep_stored(&mut self, snapshots: &[Snapshot]) {
        for (name, upto) in app_names().into_iter().filter_map(|name| {
            let snapshot = snapshots.iter().find(|snapshot| snapshot.app == name)?;
            Some((name, snapshot.upto))
        }) {
            self.stored.insert(name, upto);
        }
    }

    /// Leaves everything on disk.
    pub(crate) fn finish(&mut self) -> Result<(), JournalError> {
        self.commit(Lane::Facts)?;
        self.commit(Lane::Telemetry)?;
        self.checkpoint_whole()
    }
}
