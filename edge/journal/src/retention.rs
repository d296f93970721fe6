//! What may go, and what must.
//!
//! Nothing goes that the cloud does not durably have, or (facts) that the durable snapshot does not cover, unless its
//! tombstone was committed before.

use crate::{
    error::{DiskContext, JournalError},
    journal::Journal,
    lane::entry_name,
    types::{DiscardRange, FactRetention, LaneGrowth},
    view::SegmentEntry,
};
use protocol::{
    Timestamp,
    fact::DropReason,
    lane::{Lane, Seq},
};
use std::time::Duration;

/// Telemetry that the cloud did not take within this time goes (A137).
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// 2020-01-01: a file written before was written by a clock that had not been set.
const SANE_CLOCK: Timestamp = Timestamp::from_millis(1_577_836_800_000);

impl Journal {
    /// Deletes the oldest segments that nobody needs: by the cursor and the snapshot of the last checkpoint.
    pub fn trim(&mut self) -> Result<(), JournalError> {
        for lane in Lane::ALL {
            let floor = self.state.meta.floor(lane);
            self.delete_while(lane, |entry| entry.last <= floor)?;
        }
        Ok(())
    }

    /// The oldest whole segments of telemetry that must go, if any: the lane is over its budget, or they were last
    /// written more than 7 days before `now` and the cloud does not have them (A137). Commit the tombstone, then call
    /// [`Journal::discard`].
    ///
    /// A segment counts as old when its newest record is, so that the oldest record may stay for as long again as it
    /// takes to fill a segment. Ages come from the files' own times; a file written by a clock that was evidently not
    /// set does not age.
    pub fn expired_telemetry(&self, now: Timestamp) -> Option<DiscardRange> {
        let lane = Lane::Telemetry;
        let cursor = self.cursor.of(lane);
        let (entries, used) = {
            let view = self.shared.lane(lane);
            (view.entries.clone(), view.bytes())
        };
        let active = entries.back()?.ordinal;
        let mut over = used.saturating_sub(self.options.budget(lane));
        let mut doomed = None::<DiscardRange>;
        for entry in entries.iter().filter(|entry| entry.count > 0) {
            let reason = if over > 0 && entry.ordinal != active {
                DropReason::Budget
            } else if self.is_older(lane, entry, now, KEPT_FOR) {
                DropReason::Age
            } else {
                break;
            };
            over = over.saturating_sub(entry.size);
            let first = DiscardRange {
                lane,
                from: entry.first.max(cursor.next()),
                to: entry.last,
                bytes: 0,
                reason,
            };
            let doomed = doomed.get_or_insert(first);
            doomed.to = entry.last;
            doomed.bytes += entry.size;
        }
        doomed.filter(|doomed| doomed.from <= doomed.to)
    }

    /// The oldest whole segments of facts that must go though the cloud does not have them, if any; never the segment
    /// that is being written. They can go once [`Journal::covered`] reaches their end: append the tombstone with
    /// [`Journal::append_past_budget`] and commit it, then call [`Journal::discard`]. Ages are as with telemetry.
    pub fn expired_facts(&self, now: Timestamp, retention: FactRetention) -> Option<DiscardRange> {
        let lane = Lane::Facts;
        let cursor = self.cursor.of(lane);
        let entries = self.shared.lane(lane).entries.clone();
        let active = entries.back()?.ordinal;
        let mut free = retention.free;
        let mut doomed = None::<DiscardRange>;
        for entry in entries.iter().take_while(|entry| entry.ordinal != active) {
            let is_expired = |age| self.is_older(lane, entry, now, age);
            let reason = if retention.expire_after.is_some_and(is_expired) {
                DropReason::Age
            } else if free > 0 && (retention.keep_for.is_zero() || is_expired(retention.keep_for)) {
                DropReason::Budget
            } else {
                break;
            };
            free = free.saturating_sub(entry.size);
            let doomed = doomed.get_or_insert(DiscardRange {
                lane,
                from: entry.first.max(cursor.next()),
                to: entry.last,
                bytes: 0,
                reason,
            });
            doomed.to = entry.last;
            doomed.bytes += entry.size;
        }
        doomed.filter(|doomed| doomed.from <= doomed.to)
    }

    /// How far every app's durable snapshot covers the facts lane.
    pub fn covered(&self) -> Seq {
        self.state.meta.snapshot
    }

    /// How fast a lane has grown since its oldest segment was finished; none where there are fewer than two, or where the
    /// clock was not set when that was.
    pub fn growth(&self, lane: Lane, now: Timestamp) -> Option<LaneGrowth> {
        let (oldest, bytes) = {
            let view = self.shared.lane(lane);
            let oldest = view.entries.front().copied().filter(|_| view.entries.len() > 1)?;
            (oldest, view.bytes() - oldest.size)
        };
        let within = now.since(self.written(lane, &oldest)?);
        Some(LaneGrowth { bytes, within })
    }

    /// Deletes what [`Journal::expired_telemetry`] or [`Journal::expired_facts`] named, after its tombstone was committed. Durably remembers first that the range
    /// is explained, so that the gap is not reported as a loss. Facts that no snapshot covers stay.
    pub fn discard(&mut self, doomed: &DiscardRange) -> Result<(), JournalError> {
        let lane = doomed.lane;
        let to = match lane {
            Lane::Facts => doomed.to.min(self.covered()),
            Lane::Telemetry => doomed.to,
        };
        let mut core = self.state.meta.clone();
        core.explain(lane, (doomed.from, to));
        self.state.commit(core, &[])?;
        if self
            .shared
            .lane(lane)
            .entries
            .back()
            .is_some_and(|entry| entry.count > 0 && entry.last <= to)
        {
            self.lane_mut(lane).rotate()?;
        }
        self.delete_while(lane, |entry| entry.last <= to)
    }

    fn is_older(&self, lane: Lane, entry: &SegmentEntry, now: Timestamp, age: Duration) -> bool {
        self.written(lane, entry)
            .is_some_and(|written| now.since(written) > age)
    }

    /// When a segment was last written; none where the clock was evidently not set then.
    fn written(&self, lane: Lane, entry: &SegmentEntry) -> Option<Timestamp> {
        let written = self.shared.disk.modified(&entry_name(lane, entry)).ok()?;
        (written >= SANE_CLOCK).then_some(written)
    }

    /// Deletes segments from the oldest on, never the one that is being written.
    fn delete_while(&self, lane: Lane, unneeded: impl Fn(&SegmentEntry) -> bool) -> Result<(), JournalError> {
        let disk = &self.shared.disk;
        let mut deleted = Seq::ZERO;
        loop {
            let oldest = {
                let view = self.shared.lane(lane);
                view.entries
                    .front()
                    .copied()
                    .filter(|entry| view.entries.len() > 1 && unneeded(entry))
            };
            let Some(entry) = oldest else { break };
            let name = entry_name(lane, &entry);
            match disk.remove(&name) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).doing("remove", name),
                Ok(()) | Err(_) => (),
            }
            self.shared.lane(lane).entries.pop_front();
            deleted = entry.last;
        }
        if deleted > Seq::ZERO {
            disk.sync_dir().doing("make durable a removal from", lane.as_str())
        } else {
            Ok(())
        }
    }
}
