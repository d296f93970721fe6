//! The writing side of one lane: what waits, and the segment it goes to.
//!
//! A record is never readable before its commit succeeded, and no seq is given to two records that anybody was told of.

use crate::{
    error::JournalError,
    format::{HEADER, Header, OVERHEAD, segment_name},
    segment::Segment,
    types::JournalOptions,
    view::{SegmentEntry, SharedLanes},
};
use protocol::{
    frame,
    lane::{Epoch, Lane, Seq},
};
use std::sync::Arc;

/// Memory kept for the next batch.
const KEEP: usize = 512 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SegmentHealth {
    /// The segment can be written.
    Sound,
    /// A write or sync failed; waiting for a rollback.
    Failed,
    /// Nothing more goes into this segment: the next commit makes a new one.
    Abandoned,
}

/// One lane's writer.
#[derive(Debug)]
pub(crate) struct LaneWriter {
    lane: Lane,
    epoch: Epoch,
    segment_bytes: u64,
    budget: u64,
    shared: Arc<SharedLanes>,
    segment: Segment,
    health: SegmentHealth,
    pending: Vec<u8>,
    waiting: u64,
    /// Seq before the first that waits.
    settled: Seq,
}

impl LaneWriter {
    pub(crate) fn new(
        lane: Lane,
        options: &JournalOptions,
        shared: Arc<SharedLanes>,
        segment: Segment,
        settled: Seq,
    ) -> Self {
        Self {
            lane,
            epoch: options.epoch,
            segment_bytes: options.segment_bytes,
            budget: options.budget(lane),
            shared,
            segment,
            health: SegmentHealth::Sound,
            pending: Vec::new(),
            waiting: 0,
            settled,
        }
    }

    /// Seq before the next that is handed out.
    pub(crate) fn last(&self) -> Seq {
        Seq(self.settled.0 + self.waiting)
    }
    /// Seq before the first that waits.
    pub(crate) fn committed(&self) -> Seq {
        self.settled
    }
    /// Bytes that wait.
    pub(crate) fn pending(&self) -> usize {
        self.pending.len()
    }

    pub(crate) fn append(&mut self, body: &[u8]) -> Result<Seq, JournalError> {
        self.check_budget(self.pending.len() + frame::HEADER + body.len())?;
        self.append_past_budget(body)
    }

    pub(crate) fn append_past_budget(&mut self, body: &[u8]) -> Result<Seq, JournalError> {
        self.check_settled()?;
        let seq = self.last().next();
        frame::encode(&mut self.pending, seq, body).map_err(|source| JournalError::Body {
            lane: self.lane,
            source,
        })?;
        self.waiting += 1;
        Ok(seq)
    }

    pub(crate) fn commit(&mut self) -> Result<(), JournalError> {
        self.check_settled()?;
        if self.waiting == 0 {
            return Ok(());
        }
        if self.health == SegmentHealth::Abandoned || !self.segment.fits(self.pending.len()) {
            self.rotate()?;
        }
        let last = self.last();
        if let Err(error) = self.segment.write(&mut self.pending, last) {
            self.health = SegmentHealth::Failed;
            return Err(error);
        }
        let mut view = self.shared.lane(self.lane);
        view.committed = last;
        if let Some(entry) = view.entries.back_mut() {
            entry.last = last;
            entry.count += self.waiting;
            entry.end = self.segment.end();
        }
        drop(view);
        self.settled = last;
        self.forget();
        Ok(())
    }

    pub(crate) fn rollback(&mut self) {
        if self.health == SegmentHealth::Failed {
            self.segment.give_up(self.settled);
            self.health = SegmentHealth::Abandoned;
        }
        self.forget();
    }

    /// Goes on after `seq`, in a new segment. Not while something waits.
    pub(crate) fn skip_to(&mut self, seq: Seq) {
        if self.waiting == 0 && seq > self.settled {
            self.settled = seq;
            self.shared.lane(self.lane).committed = seq;
            if self.health == SegmentHealth::Sound {
                self.health = SegmentHealth::Abandoned;
            }
        }
    }

    /// Makes a new segment for what waits, and closes the one before.
    pub(crate) fn rotate(&mut self) -> Result<(), JournalError> {
        let ordinal = self.segment.ordinal() + 1;
        let first = self.settled.next();
        let header = Header {
            lane: self.lane,
            epoch: self.epoch,
            ordinal,
            first,
        };
        let size = self.next_size(self.pending.len());
        let made = Segment::create(self.shared.disk.as_ref(), &header, size)?;
        let old = std::mem::replace(&mut self.segment, made);
        self.health = SegmentHealth::Sound;
        let entry = SegmentEntry {
            ordinal,
            first,
            last: self.settled,
            count: 0,
            end: HEADER as u64,
            size,
        };
        let before = self.shared.lane(self.lane).entries.back().copied();
        if let Some(before) = before {
            self.close(&old, &before);
        }
        self.shared.lane(self.lane).entries.push_back(entry);
        Ok(())
    }

    fn close(&self, old: &Segment, entry: &SegmentEntry) {
        if entry.count == 0 && self.shared.disk.remove(old.name()).is_ok() {
            self.shared.lane(self.lane).entries.pop_back();
            return;
        }
        let size = old.seal(entry);
        if let Some(entry) = self.shared.lane(self.lane).entries.back_mut() {
            entry.size = size;
        }
    }

    fn next_size(&self, batch: usize) -> u64 {
        self.segment_bytes.max((OVERHEAD + batch) as u64)
    }

    fn check_settled(&self) -> Result<(), JournalError> {
        match self.health {
            SegmentHealth::Sound | SegmentHealth::Abandoned => Ok(()),
            SegmentHealth::Failed => Err(JournalError::Unsettled { lane: self.lane }),
        }
    }

    /// Facts are refused where their batch would need a segment that the budget has no room for.
    fn check_budget(&self, batch: usize) -> Result<(), JournalError> {
        self.check_settled()?;
        if self.lane == Lane::Telemetry || (self.health == SegmentHealth::Sound && self.segment.fits(batch)) {
            return Ok(());
        }
        let used = self.shared.lane(self.lane).bytes();
        if used + self.next_size(batch) <= self.budget {
            return Ok(());
        }
        Err(JournalError::Full {
            lane: self.lane,
            used,
            limit: self.budget,
        })
    }

    fn forget(&mut self) {
        self.pending.clear();
        self.pending.shrink_to(KEEP);
        self.waiting = 0;
    }
}

/// Name of the file that an entry stands for.
pub(crate) fn entry_name(lane: Lane, entry: &SegmentEntry) -> String {
    segment_name(lane, entry.ordinal)
}
