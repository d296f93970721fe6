//! What writer and readers share: which segments there are and how far each is committed.
//!
//! Its locks are held for a few copies only, never while a file is read or written.

use crate::disk::Disk;
use protocol::lane::{Lane, Seq};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A range of seqs, ends included.
pub(crate) type LaneRange = (Seq, Seq);

/// One segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentEntry {
    pub(crate) ordinal: u64,
    /// First seq it was made for.
    pub(crate) first: Seq,
    /// Last committed seq in it; the one before `first` where it is empty.
    pub(crate) last: Seq,
    /// Records in it.
    pub(crate) count: u64,
    /// Offset behind the last committed record.
    pub(crate) end: u64,
    /// Bytes it takes on disk.
    pub(crate) size: u64,
}

/// One lane as readers see it.
#[derive(Debug, Default)]
pub(crate) struct LaneView {
    /// Segments, oldest first; the last is being written.
    pub(crate) entries: VecDeque<SegmentEntry>,
    /// The seq before the next that will be committed.
    pub(crate) committed: Seq,
    /// Losses that have been reported: nothing is there to be read, and nobody needs to be told again.
    pub(crate) reported: Vec<LaneRange>,
}

impl LaneView {
    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size).sum()
    }
    /// Committed records after `cursor`.
    pub(crate) fn records_after(&self, cursor: Seq) -> u64 {
        let later = |entry: &SegmentEntry| entry.last.0.saturating_sub(cursor.0).min(entry.count);
        self.entries
            .iter()
            .rev()
            .take_while(|entry| entry.last > cursor)
            .map(later)
            .sum()
    }
    /// The segment that holds the first record after `after`.
    pub(crate) fn entry_after(&self, after: Seq) -> Option<SegmentEntry> {
        let index = self.entries.partition_point(|entry| entry.last <= after);
        self.entries.range(index..).find(|entry| entry.count > 0).copied()
    }
    /// Whether the whole range has been reported as lost.
    pub(crate) fn is_reported(&self, from: Seq, to: Seq) -> bool {
        subtract((from, to), &self.reported).is_empty()
    }
}

/// Both lanes and the disk they are on.
#[derive(Debug)]
pub(crate) struct SharedLanes {
    pub(crate) disk: Arc<dyn Disk>,
    facts: Mutex<LaneView>,
    telemetry: Mutex<LaneView>,
}

impl SharedLanes {
    pub(crate) fn new(disk: Arc<dyn Disk>, facts: LaneView, telemetry: LaneView) -> Self {
        Self {
            disk,
            facts: Mutex::new(facts),
            telemetry: Mutex::new(telemetry),
        }
    }
    /// One lane. Not to be held while a file is read or written.
    pub(crate) fn lane(&self, lane: Lane) -> MutexGuard<'_, LaneView> {
        let lane = match lane {
            Lane::Facts => &self.facts,
            Lane::Telemetry => &self.telemetry,
        };
        lane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is left of `range` without any of `without`.
pub(crate) fn subtract(range: LaneRange, without: &[LaneRange]) -> Vec<LaneRange> {
    let mut left = vec![range];
    for (from, to) in without {
        left = left
            .into_iter()
            .flat_map(|(first, last)| {
                let below = (first, last.min(Seq(from.0.saturating_sub(1))));
                let above = (first.max(to.next()), last);
                if *to < first || *from > last {
                    [Some((first, last)), None]
                } else {
                    [Some(below), Some(above)]
                }
            })
            .flatten()
            .filter(|(first, last)| first <= last)
            .collect();
    }
    left
}
