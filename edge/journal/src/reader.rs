//! Reads committed records, as bytes that travel unchanged.
//!
//! A reader never sees what is not committed, never waits for the disk while it holds what the writer needs, and never
//! passes over damage in silence unless the damage has been reported before.

use crate::{
    disk::DiskFile,
    error::{DiskContext, JournalError},
    format::HEADER,
    lane::entry_name,
    scan,
    view::{SegmentEntry, SharedLanes},
};
use protocol::{
    frame::{self, FrameError, MAX_BODY},
    lane::{Lane, Seq},
};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

/// Fewest bytes read at once.
const WINDOW: usize = 256 << 10;
const PAGE: usize = 4096;

/// Consecutive records of one lane; seqs between may be missing where the journal lost them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Records {
    /// Seq of the first.
    pub first: Seq,
    /// Seq of the last.
    pub last: Seq,
    /// The records, as [`protocol::frame`] has them.
    pub bytes: Vec<u8>,
}

/// Reads committed records. Each clone remembers on its own where it was, so that reading on is cheap.
#[derive(Debug)]
pub struct JournalReader {
    shared: Arc<SharedLanes>,
    places: [Mutex<Option<ReadPosition>>; 2],
}

impl Clone for JournalReader {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}

/// Where a reader was: `offset` is right behind the record `seq`.
#[derive(Debug, Clone)]
struct ReadPosition {
    ordinal: u64,
    file: Arc<dyn DiskFile>,
    offset: u64,
    seq: Seq,
}

impl JournalReader {
    pub(crate) fn new(shared: Arc<SharedLanes>) -> Self {
        Self {
            shared,
            places: Default::default(),
        }
    }

    /// The last committed seq of a lane.
    pub fn committed(&self, lane: Lane) -> Seq {
        self.shared.lane(lane).committed
    }

    /// The records after `after`, at least one and at most `max_bytes` unless one alone is larger; `None` where there
    /// is none. [`JournalError::Damaged`] tells where to go on.
    pub fn after(&self, lane: Lane, after: Seq, max_bytes: usize) -> Result<Option<Records>, JournalError> {
        let mut after = after;
        loop {
            let Some(entry) = self.shared.lane(lane).entry_after(after) else {
                return Ok(None);
            };
            after = after.max(Seq(entry.first.0.saturating_sub(1)));
            match self.read_entry(lane, &entry, after, max_bytes)? {
                ReadStep::Records(records) => return Ok(Some(records)),
                ReadStep::Retry => (),
                ReadStep::Hole { from, to } if self.shared.lane(lane).is_reported(from, to) => after = to,
                ReadStep::Hole { from, to } => return Err(JournalError::Damaged { lane, from, to }),
            }
        }
    }

    fn read_entry(
        &self,
        lane: Lane,
        entry: &SegmentEntry,
        after: Seq,
        max_bytes: usize,
    ) -> Result<ReadStep, JournalError> {
        let name = entry_name(lane, entry);
        let mut place = match self
            .place(lane)
            .filter(|place| place.ordinal == entry.ordinal && place.seq <= after)
        {
            Some(place) => place,
            None => match self.shared.disk.open(&name) {
                Ok(file) => {
                    let seq = Seq(entry.first.0.saturating_sub(1));
                    ReadPosition {
                        ordinal: entry.ordinal,
                        file,
                        offset: HEADER as u64,
                        seq,
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self.file_gone(lane, entry, after)),
                Err(source) => {
                    return Err(JournalError::Disk {
                        doing: "open",
                        file: name,
                        source,
                    });
                }
            },
        };
        let step = read_on(&mut place, entry, after, max_bytes).doing("read", name)?;
        self.remember(lane, place);
        Ok(step)
    }

    /// Deleted since the entry was looked up, or missing.
    fn file_gone(&self, lane: Lane, entry: &SegmentEntry, after: Seq) -> ReadStep {
        let listed = self
            .shared
            .lane(lane)
            .entries
            .iter()
            .any(|other| other.ordinal == entry.ordinal);
        if listed {
            ReadStep::Hole {
                from: entry.first.max(after.next()),
                to: entry.last,
            }
        } else {
            ReadStep::Retry
        }
    }

    fn place(&self, lane: Lane) -> Option<ReadPosition> {
        let [facts, telemetry] = &self.places;
        let place = match lane {
            Lane::Facts => facts,
            Lane::Telemetry => telemetry,
        };
        place.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, lane: Lane, place: ReadPosition) {
        let [facts, telemetry] = &self.places;
        let slot = match lane {
            Lane::Facts => facts,
            Lane::Telemetry => telemetry,
        };
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    }
}

enum ReadStep {
    Records(Records),
    Hole { from: Seq, to: Seq },
    Retry,
}

/// Walks from `place` to the first record after `after`, and takes what follows. Leaves `place` behind what it took.
fn read_on(place: &mut ReadPosition, entry: &SegmentEntry, after: Seq, max_bytes: usize) -> io::Result<ReadStep> {
    let mut window = WINDOW.max(max_bytes.min(MAX_BODY * 8));
    loop {
        let left = usize::try_from(entry.end.saturating_sub(place.offset)).unwrap_or(usize::MAX);
        let bytes = read_tolerantly(place.file.as_ref(), place.offset, left.min(window))?;
        let taken = take(&bytes, place.seq, after, max_bytes);
        place.offset += taken.from as u64;
        place.seq = taken.before;
        if let Some((first, last)) = taken.range {
            place.offset += (taken.to - taken.from) as u64;
            place.seq = last;
            let bytes = bytes.get(taken.from..taken.to).unwrap_or_default().to_vec();
            return Ok(ReadStep::Records(Records { first, last, bytes }));
        }
        match taken.stop {
            // The window ends inside a record, or before the first that is wanted.
            ReadStop::WindowEnd if bytes.len() < left => window = window.max(frame::HEADER + MAX_BODY),
            ReadStop::WindowEnd | ReadStop::Broken => return Ok(hole(place, entry, after)),
        }
    }
}

struct RecordSlice {
    /// Offset of the first record taken, or of where it stopped.
    from: usize,
    to: usize,
    /// Seq of the record in front of `from`.
    before: Seq,
    range: Option<(Seq, Seq)>,
    stop: ReadStop,
}

enum ReadStop {
    WindowEnd,
    Broken,
}

fn take(bytes: &[u8], before: Seq, after: Seq, max_bytes: usize) -> RecordSlice {
    let mut taken = RecordSlice {
        from: 0,
        to: 0,
        before,
        range: None,
        stop: ReadStop::WindowEnd,
    };
    loop {
        let expected = taken.range.map_or(taken.before, |(_, last)| last).next();
        match frame::decode(bytes.get(taken.to..).unwrap_or_default()) {
            Ok(frame) if frame.seq != expected => taken.stop = ReadStop::Broken,
            Ok(frame) if frame.seq <= after => {
                taken.to += frame.size();
                taken.from = taken.to;
                taken.before = frame.seq;
                continue;
            }
            Ok(frame) => match &mut taken.range {
                Some(_) if taken.to - taken.from + frame.size() > max_bytes => (),
                Some((_, last)) => {
                    *last = frame.seq;
                    taken.to += frame.size();
                    continue;
                }
                None => {
                    taken.range = Some((frame.seq, frame.seq));
                    taken.to += frame.size();
                    continue;
                }
            },
            Err(FrameError::Cut) => (),
            Err(FrameError::End | FrameError::TooLong { .. } | FrameError::Checksum) => taken.stop = ReadStop::Broken,
        }
        return taken;
    }
}

/// Damage at `place`: finds the next whole record, puts `place` in front of it, and says what is gone.
fn hole(place: &mut ReadPosition, entry: &SegmentEntry, after: Seq) -> ReadStep {
    let left = usize::try_from(entry.end.saturating_sub(place.offset)).unwrap_or(usize::MAX);
    let bytes = read_tolerantly(place.file.as_ref(), place.offset, left).unwrap_or_default();
    let from = place.seq.next().max(after.next());
    match scan::resync(&bytes, 0, place.seq, true, Some(entry.last.next())) {
        Some((seq, offset)) => {
            place.offset += offset as u64;
            place.seq = Seq(seq.0 - 1);
            if place.seq < from {
                ReadStep::Retry
            } else {
                ReadStep::Hole { from, to: place.seq }
            }
        }
        None => ReadStep::Hole {
            from,
            to: entry.last.max(from),
        },
    }
}

/// Reads; where the medium refuses, page by page, with ones for pages that cannot be read: their records then count as
/// damaged, and the others are saved.
fn read_tolerantly(file: &dyn DiskFile, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    match file.read_at(offset, &mut bytes) {
        Ok(()) => return Ok(bytes),
        Err(error) if error.raw_os_error().is_none() && error.kind() != io::ErrorKind::UnexpectedEof => {
            return Err(error);
        }
        Err(error) => tracing::warn!(%error, offset, "a segment cannot be read as a whole"),
    }
    for (index, page) in bytes.chunks_mut(PAGE).enumerate() {
        if file.read_at(offset + (index * PAGE) as u64, page).is_err() {
            page.fill(0xff);
        }
    }
    Ok(bytes)
}
