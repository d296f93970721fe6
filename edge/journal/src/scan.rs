//! Reads through a segment that has no seal: what is whole, what is damaged, and what was never finished.
//!
//! Pure: bytes in, verdict out. Never panics and never takes an unfinished batch for a loss, or a loss for an
//! unfinished batch, where the bytes can tell.
//!
//! They can: a disk writes whole sectors, and a sector of a preallocated file that was not written holds the mark before
//! or zeros. A record that is broken around such a sector belongs to a batch that did not get to the disk; a record
//! that is broken otherwise was there and is damaged. Bodies are JSON and hold no zero bytes, so that no body looks like a header.

use crate::format::{BatchMark, HEADER, MARK, MARK_MAGIC};
use protocol::{
    frame::{self, FrameError, MAX_BODY},
    lane::Seq,
};

const SECTOR: usize = 512;

/// What is known from elsewhere about the seqs of a segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Last seq of the segments before.
    pub(crate) after: Seq,
    /// First seq by the segment's own header, where that could be read.
    pub(crate) first: Option<Seq>,
    /// First seq of the segment behind: records from there on were given up.
    pub(crate) before: Option<Seq>,
    /// Everything up to here is known to have been committed.
    pub(crate) committed: Seq,
}

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scan {
    /// First record found.
    pub(crate) first: Option<Seq>,
    /// Last record found.
    pub(crate) last: Option<Seq>,
    /// Records found.
    pub(crate) count: u64,
    /// Offset behind the last record.
    pub(crate) end: usize,
    /// Offset of the last batch where a mark tells, else of the first record.
    pub(crate) batch: usize,
    /// Ranges of damaged records with records behind them.
    pub(crate) holes: Vec<Hole>,
    /// How it ends.
    pub(crate) tail: Tail,
}

/// A damaged range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) from: Seq,
    pub(crate) to: Seq,
    pub(crate) bytes: u64,
}

/// How a segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// With a mark and zeros: the next batch can follow.
    Clean,
    /// With a batch that was never acknowledged, or leftovers of one.
    Torn { bytes: u64 },
    /// With damaged records; `upto` is the last of them where a mark tells.
    Damaged { upto: Option<Seq>, bytes: u64 },
}

/// Reads through a whole segment file, or any bytes.
pub(crate) fn scan(bytes: &[u8], bounds: Bounds) -> Scan {
    let mut scan = Scan {
        first: None,
        last: None,
        count: 0,
        end: HEADER,
        batch: HEADER,
        holes: Vec::new(),
        tail: Tail::Clean,
    };
    let mut expected = bounds.first;
    loop {
        if let Ok(frame) = frame::decode(rest(bytes, scan.end))
            && expected.is_none_or(|seq| seq == frame.seq)
            && allowed(frame.seq, bounds)
        {
            scan.first.get_or_insert(frame.seq);
            scan.last = Some(frame.seq);
            scan.count += 1;
            scan.end += frame.size();
            expected = Some(frame.seq.next());
            continue;
        }
        match after_break(bytes, scan.end, expected, bounds) {
            ScanBreak::Hole { seq, at } => {
                let from = expected.unwrap_or(bounds.after.next());
                scan.holes.push(Hole {
                    from,
                    to: Seq(seq.0.saturating_sub(1)),
                    bytes: (at - scan.end) as u64,
                });
                scan.end = at;
                expected = Some(seq);
            }
            ScanBreak::End { tail, batch } => {
                scan.tail = tail;
                scan.batch = batch.unwrap_or(HEADER).clamp(HEADER, scan.end.max(HEADER));
                return scan;
            }
        }
    }
}

/// How seqs grow from record to record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SeqSpacing {
    /// By one, so that only a few are possible at each place.
    Dense,
    /// By one or more.
    Any,
}

/// Where the next record with a seq after `after` begins, from offset `from` on.
pub(crate) fn resync(
    bytes: &[u8],
    from: usize,
    after: Seq,
    spacing: SeqSpacing,
    before: Option<Seq>,
) -> Option<(Seq, usize)> {
    rest(bytes, from)
        .windows(frame::HEADER)
        .enumerate()
        .find_map(|(offset, header)| {
            let (len, tail) = header.split_first_chunk::<4>()?;
            let len = u32::from_le_bytes(*len) as usize;
            let seq = Seq(u64::from_le_bytes(*tail.last_chunk::<8>()?));
            let skipped = (offset / (frame::HEADER + 1)) as u64;
            let possible = (1..=MAX_BODY).contains(&len)
                && seq > after
                && before.is_none_or(|before| seq < before)
                && (spacing == SeqSpacing::Any || seq.0 - after.0 <= skipped.saturating_add(1));
            let at = from.checked_add(offset)?;
            (possible && frame::decode(rest(bytes, at)).is_ok()).then_some((seq, at))
        })
}

enum ScanBreak {
    Hole { seq: Seq, at: usize },
    End { tail: Tail, batch: Option<usize> },
}

fn after_break(bytes: &[u8], at: usize, expected: Option<Seq>, bounds: Bounds) -> ScanBreak {
    let last = expected.map_or(bounds.after, |seq| Seq(seq.0.saturating_sub(1)));
    if let Some(mark) = BatchMark::decode(rest(bytes, at)).filter(|mark| mark.last == last) {
        let tail = match data_bytes(bytes, at + MARK) {
            0 => Tail::Clean,
            bytes => Tail::Torn { bytes },
        };
        return ScanBreak::End {
            tail,
            batch: usize::try_from(mark.batch).ok(),
        };
    }
    let mark = last_mark(bytes, at).filter(|(_, mark)| mark.last > last && allowed(mark.last, bounds));
    let committed = |batch: u64| last < bounds.committed || batch > at as u64;
    let spacing = expected.map_or(SeqSpacing::Any, |_| SeqSpacing::Dense);
    if let Some((seq, found)) = resync(bytes, at, last, spacing, bounds.before) {
        let was_committed = committed(mark.map_or(0, |(_, mark)| mark.batch));
        return if unfinished(bytes, at, found) && !was_committed {
            ScanBreak::End {
                tail: Tail::Torn {
                    bytes: data_bytes(bytes, at),
                },
                batch: None,
            }
        } else {
            ScanBreak::Hole { seq, at: found }
        };
    }
    let tail = match mark {
        Some((found, mark)) if committed(mark.batch) || !unfinished(bytes, at, found) => Tail::Damaged {
            upto: Some(mark.last),
            bytes: (found - at) as u64,
        },
        Some(_) => Tail::Torn {
            bytes: data_bytes(bytes, at),
        },
        None => judge_tail(bytes, at),
    };
    ScanBreak::End { tail, batch: None }
}

/// No record and no mark behind `at`: was the record there half-written, or is it damaged?
fn judge_tail(bytes: &[u8], at: usize) -> Tail {
    let left = data_bytes(bytes, at);
    let frame_end = match frame::decode(rest(bytes, at)) {
        // A mark that was cut off, or nothing at all.
        Err(FrameError::End) => return Tail::Torn { bytes: left },
        Err(FrameError::TooLong { .. }) => at,
        // Not what is expected here, but whole: leftovers.
        Ok(_) => return Tail::Torn { bytes: left },
        Err(FrameError::Cut | FrameError::Checksum) => {
            let len = rest(bytes, at)
                .first_chunk::<4>()
                .map_or(0, |len| u32::from_le_bytes(*len) as usize);
            at.saturating_add(frame::HEADER + len).next_multiple_of(SECTOR)
        }
    };
    if unfinished(bytes, at, frame_end) {
        Tail::Torn { bytes: left }
    } else {
        Tail::Damaged {
            upto: None,
            bytes: left,
        }
    }
}

fn allowed(seq: Seq, bounds: Bounds) -> bool {
    seq > bounds.after && bounds.before.is_none_or(|before| seq < before)
}

fn last_mark(bytes: &[u8], from: usize) -> Option<(usize, BatchMark)> {
    let size = MARK_MAGIC.len();
    rest(bytes, from)
        .windows(size)
        .enumerate()
        .rev()
        .filter(|(_, window)| window == MARK_MAGIC)
        .find_map(|(offset, _)| {
            let at = (from + offset).checked_sub(8)?;
            Some((at, BatchMark::decode(rest(bytes, at))?)).filter(|(at, _)| *at >= from)
        })
}

/// Whether the broken record at `at` was only partly written: some sector between `at` and `to` is as it was before.
///
/// Before, there was the mark of the batch in front, and zeros behind it. What is whole at `to` may itself begin with
/// zeros, of which up to four may never have been written.
fn unfinished(bytes: &[u8], at: usize, to: usize) -> bool {
    let (old_mark, to) = (at + MARK, to + 4);
    let sectors = at.next_multiple_of(SECTOR)..to.min(bytes.len());
    let unwritten = sectors.step_by(SECTOR).any(|sector| {
        let blank = bytes.get(sector.max(old_mark)..sector + SECTOR);
        sector + SECTOR <= to && blank.is_some_and(all_zero)
    });
    let in_first_sector = SECTOR - at % SECTOR;
    unwritten || (in_first_sector < MARK && begins_mark(rest(bytes, at), in_first_sector))
}

/// Whether the first `count` bytes could be those of a mark.
fn begins_mark(bytes: &[u8], count: usize) -> bool {
    let is = |from: usize, expected: &[u8]| {
        let shown = count.saturating_sub(from).min(expected.len());
        bytes.get(from..from + shown) == expected.get(..shown)
    };
    is(0, &[0; 4]) && is(8, MARK_MAGIC)
}

/// Bytes from `from` to the last that is not zero.
fn data_bytes(bytes: &[u8], from: usize) -> u64 {
    let rest = rest(bytes, from);
    if all_zero(rest) {
        return 0;
    }
    rest.iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last as u64 + 1)
}

fn all_zero(bytes: &[u8]) -> bool {
    bytes
        .chunks(64)
        .all(|chunk| chunk.iter().fold(0, |all, byte| all | byte) == 0)
}

fn rest(bytes: &[u8], from: usize) -> &[u8] {
    bytes.get(from..).unwrap_or_default()
}
