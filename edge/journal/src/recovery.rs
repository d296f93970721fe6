//! Finds out what a lane holds when the journal is opened, and makes it ready to be written on.
//!
//! Nothing that was committed disappears here without being reported, and no seq that somebody may know is used again.

mod survey;

use crate::{
    disk::Disk,
    error::{DiskContext, JournalError},
    format::{HEADER, Header, OVERHEAD, segment_name},
    segment::Segment,
    types::{JournalOptions, LostRange, LostReason, RecoveryNote},
    view::{LaneRange, SegmentEntry, subtract},
};
use protocol::lane::{Lane, Seq};
use std::collections::VecDeque;
use survey::{LaneEnd, Survey};

/// How far the next seq jumps where it cannot be known how far a lane went: more than any edge can have committed and
/// sent between two checkpoints.
pub const MARGIN: u64 = 1 << 24;

/// What the state knows about a lane.
#[derive(Debug, Clone)]
pub(crate) enum RecordedLane {
    /// There is no state.
    Nothing,
    /// There is.
    State {
        /// Committed for certain.
        last: Seq,
        /// Nobody needs these or what is before them.
        floor: Seq,
        /// Losses and removals that were explained.
        explained: Vec<LaneRange>,
    },
}

impl RecordedLane {
    fn last(&self) -> Seq {
        match self {
            RecordedLane::Nothing => Seq::ZERO,
            RecordedLane::State { last, .. } => *last,
        }
    }
    fn floor(&self) -> Seq {
        match self {
            RecordedLane::Nothing => Seq::ZERO,
            RecordedLane::State { floor, .. } => *floor,
        }
    }
}

/// A lane as it was found, ready to be written on.
#[derive(Debug)]
pub(crate) struct RecoveredLane {
    pub(crate) entries: VecDeque<SegmentEntry>,
    pub(crate) segment: Segment,
    /// The seq before the next.
    pub(crate) settled: Seq,
    pub(crate) lost: Vec<LostRange>,
    pub(crate) torn: u64,
    pub(crate) notes: Vec<RecoveryNote>,
}

/// Reads a lane's directory entries, headers and seals, and whatever is not sealed.
pub(crate) fn recover(
    disk: &dyn Disk,
    lane: Lane,
    options: &JournalOptions,
    known: &RecordedLane,
) -> Result<RecoveredLane, JournalError> {
    let mut survey = Survey::look(disk, lane, options, known)?;
    let first = match known {
        // What is missing in front was trimmed: the cloud has it.
        RecordedLane::Nothing => survey.entries().next().map_or(Seq(1), |entry| entry.first),
        RecordedLane::State { floor, .. } => floor.next(),
    };
    let last = survey
        .entries()
        .last()
        .map_or(Seq::ZERO, |entry| entry.last)
        .max(known.floor());
    let settled = settled(&survey.end, last, known);
    let mut lost = survey.gaps(first);
    if settled > last {
        let (bytes, reason) = survey.end.damage();
        lost.push(LostRange {
            lane,
            from: last.next(),
            to: settled,
            bytes,
            reason,
        });
        let how = match reason {
            LostReason::Damaged => "damaged",
            LostReason::Missing => "missing",
        };
        survey
            .notes
            .push(format!("the {lane} lane goes on after {settled}: its end is {how}").into());
    }
    let mut entries = survey.entries().copied().collect::<VecDeque<_>>();
    let segment = match (survey.end, entries.back()) {
        (LaneEnd::Clean(file), Some(entry)) if settled == last => Segment::resume(file, lane, entry),
        (LaneEnd::Clean(_) | LaneEnd::Fresh | LaneEnd::Torn | LaneEnd::Upto { .. } | LaneEnd::Unknown { .. }, _) => {
            start_segment(disk, lane, options, settled, &mut entries)?
        }
    };
    let lost = lost.into_iter().flat_map(|lost| unexplained(lost, known)).collect();
    Ok(RecoveredLane {
        entries,
        segment,
        settled,
        lost,
        torn: survey.torn,
        notes: survey.notes,
    })
}

/// The seq before the next: the last one found, or as far ahead as is certain not to have been used.
fn settled(end: &LaneEnd, last: Seq, known: &RecordedLane) -> Seq {
    let beyond = |seq: Seq| Seq(seq.0.saturating_add(MARGIN));
    if known.last() > last {
        return beyond(known.last());
    }
    match end {
        LaneEnd::Fresh | LaneEnd::Clean(_) | LaneEnd::Torn => last,
        LaneEnd::Upto { upto, .. } => *upto,
        LaneEnd::Unknown { .. } => beyond(last),
    }
}

/// A new segment behind what was found, which is sealed.
fn start_segment(
    disk: &dyn Disk,
    lane: Lane,
    options: &JournalOptions,
    last: Seq,
    entries: &mut VecDeque<SegmentEntry>,
) -> Result<Segment, JournalError> {
    let ordinal = entries.back().map_or(0, |entry| entry.ordinal) + 1;
    let first = last.next();
    let header = Header {
        lane,
        epoch: options.epoch,
        ordinal,
        first,
    };
    let size = options.segment_bytes.max(OVERHEAD as u64);
    let segment = Segment::create(disk, &header, size)?;
    if let Some(entry) = entries.back_mut() {
        let name = segment_name(lane, entry.ordinal);
        let file = disk.open(&name).doing("open", &name)?;
        entry.size = Segment::resume(file, lane, entry).seal(entry);
    }
    entries.push_back(SegmentEntry {
        ordinal,
        first,
        last,
        count: 0,
        end: HEADER as u64,
        size,
    });
    Ok(segment)
}

/// What of a loss has not been explained and still matters.
fn unexplained(lost: LostRange, known: &RecordedLane) -> impl Iterator<Item = LostRange> {
    let mut without = vec![(Seq::ZERO, known.floor())];
    match known {
        RecordedLane::Nothing => (),
        RecordedLane::State { explained, .. } => without.extend(explained),
    }
    subtract((lost.from, lost.to), &without)
        .into_iter()
        .map(move |(from, to)| LostRange { from, to, ..lost })
}
