//! Looks at a lane's files: headers and seals of all, the records of those without a seal.
//!
//! Changes nothing but this: the interrupted creation of a segment is undone, a ruined file is set aside, and the last
//! batch is made durable before anybody believes it.

use super::RecordedLane;
use crate::{
    disk::{Disk, DiskFile},
    error::{DiskContext, JournalError},
    format::{BatchMark, HEADER, Header, MARK, OVERHEAD, SEAL, Seal, parse_segment_name, segment_name},
    scan::{self, Bounds, Hole, Scan, Tail},
    segment::Segment,
    types::{JournalOptions, LostRange, LostReason, RecoveryNote},
    view::SegmentEntry,
};
use protocol::lane::{Lane, Seq};
use std::sync::Arc;

const PAGE: usize = 4096;

/// How a lane ends.
#[derive(Debug)]
pub(super) enum LaneEnd {
    /// There never was anything.
    Fresh,
    /// The last segment can be written on.
    Clean(Arc<dyn DiskFile>),
    /// A batch that was never acknowledged was cut off.
    Torn,
    /// Damaged up to a seq that is known.
    Upto { upto: Seq, bytes: u64 },
    /// Nobody knows how far it went.
    Unknown { bytes: u64, reason: LostReason },
}

impl LaneEnd {
    /// What is lost at the end, if something is.
    pub(super) fn damage(&self) -> (u64, LostReason) {
        match self {
            LaneEnd::Unknown { bytes, reason } => (*bytes, *reason),
            LaneEnd::Upto { bytes, .. } => (*bytes, LostReason::Damaged),
            LaneEnd::Fresh | LaneEnd::Clean(_) | LaneEnd::Torn => (0, LostReason::Missing),
        }
    }
}

/// What a lane's files hold.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    disk: &'a dyn Disk,
    lane: Lane,
    pieces: Vec<SegmentSurvey>,
    pub(super) end: LaneEnd,
    pub(super) torn: u64,
    pub(super) notes: Vec<RecoveryNote>,
}

/// One segment, and the damaged ranges in it.
#[derive(Debug)]
struct SegmentSurvey {
    entry: SegmentEntry,
    holes: Vec<Hole>,
}

/// One segment file before its records were looked at.
struct Raw {
    ordinal: u64,
    file: Arc<dyn DiskFile>,
    size: u64,
    header: Option<Header>,
    seal: Option<Seal>,
}

impl<'a> Survey<'a> {
    pub(super) fn look(
        disk: &'a dyn Disk,
        lane: Lane,
        options: &JournalOptions,
        known: &RecordedLane,
    ) -> Result<Self, JournalError> {
        let end = match known {
            RecordedLane::Nothing => LaneEnd::Fresh,
            // Segments are made before the state: they were there.
            RecordedLane::State { .. } => LaneEnd::Unknown {
                bytes: 0,
                reason: LostReason::Missing,
            },
        };
        let mut survey = Self {
            disk,
            lane,
            pieces: Vec::new(),
            end,
            torn: 0,
            notes: Vec::new(),
        };
        let raws = survey.headers(options)?;
        for (index, raw) in raws.iter().enumerate() {
            let behind = raws.get(index + 1..).unwrap_or_default();
            survey.end = match (&raw.header, &raw.seal) {
                (Some(header), Some(seal)) => survey.sealed(raw, header, seal),
                (Some(_) | None, _) => survey.unsealed(raw, behind, known)?,
            };
        }
        Ok(survey)
    }

    /// The segments, oldest first.
    pub(super) fn entries(&self) -> impl Iterator<Item = &SegmentEntry> {
        self.pieces.iter().map(|piece| &piece.entry)
    }

    /// What is missing or damaged between `expected` and the last record found.
    pub(super) fn gaps(&self, mut expected: Seq) -> Vec<LostRange> {
        let lane = self.lane;
        let mut lost = Vec::new();
        for SegmentSurvey { entry, holes } in &self.pieces {
            if entry.first > expected {
                let to = Seq(entry.first.0 - 1);
                lost.push(LostRange {
                    lane,
                    from: expected,
                    to,
                    bytes: 0,
                    reason: LostReason::Missing,
                });
            }
            for Hole { from, to, bytes } in holes {
                lost.push(LostRange {
                    lane,
                    from: *from,
                    to: *to,
                    bytes: *bytes,
                    reason: LostReason::Damaged,
                });
                expected = expected.max(to.next());
            }
            expected = expected.max(entry.last.next());
        }
        lost
    }

    fn headers(&self, options: &JournalOptions) -> Result<Vec<Raw>, JournalError> {
        let names = self.disk.list().doing("list", "the journal's directory")?;
        let mut ordinals = names
            .iter()
            .filter_map(|name| parse_segment_name(name))
            .filter_map(|(lane, ordinal)| (lane == self.lane).then_some(ordinal))
            .collect::<Vec<_>>();
        ordinals.sort_unstable();
        ordinals
            .into_iter()
            .map(|ordinal| self.header(ordinal, options))
            .collect()
    }

    fn header(&self, ordinal: u64, options: &JournalOptions) -> Result<Raw, JournalError> {
        let name = segment_name(self.lane, ordinal);
        let file = self.disk.open(&name).doing("open", &name)?;
        let size = file.size().doing("measure", &name)?;
        let mut raw = Raw {
            ordinal,
            file,
            size,
            header: None,
            seal: None,
        };
        if size < OVERHEAD as u64 {
            return Ok(raw);
        }
        let mut bytes = [0; HEADER];
        if raw.file.read_at(0, &mut bytes).is_ok() {
            raw.header = Header::decode(&bytes).filter(|header| (header.lane, header.ordinal) == (self.lane, ordinal));
        }
        if let Some(Header { epoch: found, .. }) = raw.header
            && found != options.epoch
        {
            return Err(JournalError::Epoch {
                file: name,
                found,
                expected: options.epoch,
            });
        }
        let mut bytes = [0; SEAL];
        if raw.file.read_at(size - SEAL as u64, &mut bytes).is_ok() {
            let first = raw.header.map(|header| header.first);
            let inside = HEADER as u64..=size - SEAL as u64;
            raw.seal = Seal::decode(&bytes).filter(|seal| first == Some(seal.first) && inside.contains(&seal.end));
        }
        Ok(raw)
    }

    fn sealed(&mut self, raw: &Raw, header: &Header, seal: &Seal) -> LaneEnd {
        let (first, last) = (header.first, seal.last);
        let entry = SegmentEntry {
            ordinal: raw.ordinal,
            first,
            last,
            count: seal.count,
            end: seal.end,
            size: raw.size,
        };
        self.pieces.push(SegmentSurvey {
            entry,
            holes: Vec::new(),
        });
        // A seal is written after the successor is durable: if this is the last file, that one is gone.
        LaneEnd::Unknown {
            bytes: 0,
            reason: LostReason::Missing,
        }
    }

    fn unsealed(&mut self, raw: &Raw, behind: &[Raw], known: &RecordedLane) -> Result<LaneEnd, JournalError> {
        let name = segment_name(self.lane, raw.ordinal);
        let bytes = read_tolerantly(raw.file.as_ref(), raw.size);
        let before = behind.iter().find_map(|raw| raw.header).map(|header| header.first);
        let after = self.pieces.last().map_or(Seq::ZERO, |piece| piece.entry.last);
        let first = raw.header.map(|header| header.first);
        let mut scan = scan::scan(
            &bytes,
            Bounds {
                after,
                first,
                before,
                committed: known.last(),
            },
        );
        let Some(first) = first.or(scan.first) else {
            return self.unusable(&name, &bytes);
        };
        let last = scan.last.unwrap_or(Seq(first.0.saturating_sub(1)));
        let (count, end) = (scan.count, scan.end as u64);
        let mut entry = SegmentEntry {
            ordinal: raw.ordinal,
            first,
            last,
            count,
            end,
            size: raw.size,
        };
        if before.is_none() {
            settle(raw.file.as_ref(), &name, &bytes, &scan, last)?;
        }
        if let (Tail::Damaged { bytes, .. }, Some(before)) = (scan.tail, before.filter(|seq| *seq > last.next())) {
            scan.holes.push(Hole {
                from: last.next(),
                to: Seq(before.0 - 1),
                bytes,
            });
        }
        if before.is_some() && scan.holes.is_empty() {
            // Its seal was lost; it need not be read through again.
            entry.size = Segment::resume(Arc::clone(&raw.file), self.lane, &entry).seal(&entry);
        }
        let tail = scan.tail;
        self.pieces.push(SegmentSurvey {
            entry,
            holes: scan.holes,
        });
        Ok(self.end(raw, &name, tail))
    }

    fn end(&mut self, raw: &Raw, name: &str, tail: Tail) -> LaneEnd {
        match tail {
            Tail::Clean => LaneEnd::Clean(Arc::clone(&raw.file)),
            Tail::Damaged {
                upto: Some(upto),
                bytes,
            } => LaneEnd::Upto { upto, bytes },
            Tail::Damaged { upto: None, bytes } => LaneEnd::Unknown {
                bytes,
                reason: LostReason::Damaged,
            },
            Tail::Torn { bytes } => {
                self.torn += bytes;
                self.notes
                    .push(format!("{name}: an unfinished batch of {bytes} bytes was cut off").into());
                LaneEnd::Torn
            }
        }
    }

    /// A file with neither header nor records: one whose creation was interrupted, or one that is ruined.
    fn unusable(&mut self, name: &str, bytes: &[u8]) -> Result<LaneEnd, JournalError> {
        if bytes.iter().all(|byte| *byte == 0) {
            self.disk.remove(name).doing("remove", name)?;
            self.notes
                .push(format!("{name}: its creation was interrupted; removed").into());
            return Ok(std::mem::replace(&mut self.end, LaneEnd::Torn));
        }
        self.disk
            .rename(name, &format!("{name}.damaged"))
            .doing("set aside", name)?;
        self.notes
            .push(format!("{name}: no record can be read; set aside").into());
        Ok(LaneEnd::Unknown {
            bytes: bytes.len() as u64,
            reason: LostReason::Damaged,
        })
    }
}

/// The whole file, with ones in place of pages that cannot be read, which then count as damaged.
fn read_tolerantly(file: &dyn DiskFile, size: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
    if file.read_at(0, &mut bytes).is_err() {
        for (index, page) in bytes.chunks_mut(PAGE).enumerate() {
            if file.read_at((index * PAGE) as u64, page).is_err() {
                page.fill(0xff);
            }
        }
    }
    bytes
}

/// Writes the last batch and its mark once more and makes them durable. What a killed process wrote is readable though
/// it may never have been synced, and a page whose write-back failed looks clean: syncing alone proves nothing.
fn settle(file: &dyn DiskFile, name: &str, bytes: &[u8], scan: &Scan, last: Seq) -> Result<(), JournalError> {
    let mut batch = bytes.get(scan.batch..scan.end).unwrap_or_default().to_vec();
    batch.extend_from_slice(
        &BatchMark {
            batch: scan.batch as u64,
            last,
        }
        .encode(),
    );
    if scan.end + MARK + SEAL <= bytes.len() {
        file.write_at(scan.batch as u64, &batch)
            .doing("write again the end of", name)?;
    }
    file.sync().doing("sync", name)
}
