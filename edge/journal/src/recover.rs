//! Finds out what a lane holds when the journal is opened.
//!
//! Nothing that was committed disappears here without being reported, and no seq that somebody may know is used again.

use crate::{
    disk::{Disk, DiskFile},
    error::{Context, JournalError},
    format::{HEADER, Header, MARK, Mark, OVERHEAD, SEAL, Seal, parse_segment_name, segment_name},
    scan::{self, Bounds, Hole, Scan, Tail},
    segment::Segment,
    types::{Lost, LostReason, Options},
    view::{Entry, Range, subtract},
};
use protocol::lane::{Lane, Seq};
use std::{collections::VecDeque, sync::Arc};

/// How far the next seq jumps where it cannot be known how far a lane went: more than any edge can have committed and
/// sent between two checkpoints.
pub const MARGIN: u64 = 1 << 24;

/// What the state knows about a lane.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Whether there is a state at all.
    pub(crate) kept: bool,
    /// Committed for certain.
    pub(crate) last: Seq,
    /// Nobody needs these or what is before them.
    pub(crate) floor: Seq,
    /// Losses and removals that were explained.
    pub(crate) explained: Vec<Range>,
}

/// A lane as it was found, ready to be written on.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) entries: VecDeque<Entry>,
    pub(crate) segment: Segment,
    /// The seq before the next.
    pub(crate) settled: Seq,
    pub(crate) lost: Vec<Lost>,
    pub(crate) torn: u64,
    pub(crate) notes: Vec<String>,
}

/// Reads a lane's directory entries, headers and seals, and whatever is not sealed.
pub(crate) fn recover(disk: &dyn Disk, lane: Lane, options: &Options, known: &Known) -> Result<Found, JournalError> {
    let mut survey = Survey {
        disk,
        lane,
        torn: 0,
        notes: Vec::new(),
        pieces: Vec::new(),
    };
    let mut end = survey.look(options, known)?;
    let first = survey
        .pieces
        .first()
        .map_or(known.floor.next(), |piece| piece.entry.first);
    let expected = if known.kept { known.floor.next() } else { first };
    let mut lost = survey.gaps(expected);
    let last = survey
        .pieces
        .last()
        .map_or(known.floor, |piece| piece.entry.last)
        .max(known.floor);
    if known.last > last {
        end = End::Unknown {
            bytes: 0,
            reason: LostReason::Missing,
        };
    }
    let settled = match end {
        End::Fresh | End::Clean(_) | End::Torn => last,
        End::Upto { upto, .. } => upto,
        End::Unknown { .. } => Seq(last.max(known.last).0.saturating_add(MARGIN)),
    };
    if let End::Upto { bytes, .. } | End::Unknown { bytes, .. } = end {
        let reason = end.reason();
        lost.push(Lost {
            lane,
            from: last.next(),
            to: settled,
            bytes,
            reason,
        });
        survey.notes.push(format!(
            "the {lane} lane goes on after {settled}: its end is {}",
            word(reason)
        ));
    }
    lost = lost.into_iter().flat_map(|lost| unexplained(lost, known)).collect();
    let mut entries = survey.pieces.iter().map(|piece| piece.entry).collect::<VecDeque<_>>();
    let segment = match end {
        End::Clean(file) => resume(file, lane, &entries),
        End::Fresh | End::Torn | End::Upto { .. } | End::Unknown { .. } => None,
    };
    let segment = match segment {
        Some(segment) => segment,
        None => survey.go_on(options, settled, &mut entries)?,
    };
    Ok(Found {
        entries,
        segment,
        settled,
        lost,
        torn: survey.torn,
        notes: survey.notes,
    })
}

fn resume(file: Arc<dyn DiskFile>, lane: Lane, entries: &VecDeque<Entry>) -> Option<Segment> {
    entries.back().map(|entry| Segment::resume(file, lane, entry))
}

/// How a lane ends.
#[derive(Debug)]
enum End {
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

impl End {
    fn reason(&self) -> LostReason {
        match self {
            End::Unknown { reason, .. } => *reason,
            End::Fresh | End::Clean(_) | End::Torn | End::Upto { .. } => LostReason::Damaged,
        }
    }
}

/// One segment file with records.
#[derive(Debug)]
struct Piece {
    entry: Entry,
    holes: Vec<Hole>,
}

struct Survey<'a> {
    disk: &'a dyn Disk,
    lane: Lane,
    torn: u64,
    notes: Vec<String>,
    pieces: Vec<Piece>,
}

/// One segment file before its records were looked at.
struct Raw {
    ordinal: u64,
    file: Arc<dyn DiskFile>,
    size: u64,
    header: Option<Header>,
    seal: Option<Seal>,
}

impl Survey<'_> {
    fn look(&mut self, options: &Options, known: &Known) -> Result<End, JournalError> {
        let raws = self.headers(options)?;
        let mut end = match (known.kept, raws.is_empty()) {
            (true, true) => End::Unknown {
                bytes: 0,
                reason: LostReason::Missing,
            },
            (true | false, _) => End::Fresh,
        };
        for (index, raw) in raws.iter().enumerate() {
            let behind = raws.get(index + 1..).unwrap_or_default();
            end = match (&raw.header, &raw.seal) {
                (Some(header), Some(seal)) => self.sealed(raw, header, seal),
                (Some(_), None) | (None, _) => self.unsealed(raw, behind, known)?,
            };
        }
        Ok(end)
    }

    fn headers(&self, options: &Options) -> Result<Vec<Raw>, JournalError> {
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

    fn header(&self, ordinal: u64, options: &Options) -> Result<Raw, JournalError> {
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
            raw.header =
                Header::decode(&bytes).filter(|header| header.lane == self.lane && header.ordinal == raw.ordinal);
        }
        if let Some(header) = &raw.header
            && header.epoch != options.epoch
        {
            return Err(JournalError::Epoch {
                file: name,
                found: header.epoch,
                expected: options.epoch,
            });
        }
        let mut bytes = [0; SEAL];
        if raw.file.read_at(size - SEAL as u64, &mut bytes).is_ok() {
            raw.seal = Seal::decode(&bytes).filter(|seal| {
                let first = raw.header.map(|header| header.first);
                first == Some(seal.first) && seal.end >= HEADER as u64 && seal.end <= size - SEAL as u64
            });
        }
        Ok(raw)
    }

    fn sealed(&mut self, raw: &Raw, header: &Header, seal: &Seal) -> End {
        let entry = Entry {
            ordinal: raw.ordinal,
            first: header.first,
            last: seal.last,
            count: seal.count,
            end: seal.end,
            size: raw.size,
        };
        self.pieces.push(Piece {
            entry,
            holes: Vec::new(),
        });
        // A seal is written after the successor is durable: if this is the last file, that one is gone.
        End::Unknown {
            bytes: 0,
            reason: LostReason::Missing,
        }
    }

    fn unsealed(&mut self, raw: &Raw, behind: &[Raw], known: &Known) -> Result<End, JournalError> {
        let name = segment_name(self.lane, raw.ordinal);
        let bytes = self.read(raw);
        let before = behind.iter().find_map(|raw| raw.header).map(|header| header.first);
        let after = self.pieces.last().map_or(Seq::ZERO, |piece| piece.entry.last);
        let first = raw.header.map(|header| header.first);
        let scan = scan::scan(
            &bytes,
            Bounds {
                after,
                first,
                before,
                known: known.last,
            },
        );
        if raw.header.is_none() && scan.first.is_none() {
            return self.unusable(&name, &bytes);
        }
        let first = first.or(scan.first).unwrap_or(after.next());
        let entry = Entry {
            ordinal: raw.ordinal,
            first,
            last: scan.last.unwrap_or(Seq(first.0.saturating_sub(1))),
            count: scan.count,
            end: scan.end as u64,
            size: raw.size,
        };
        if behind.is_empty() {
            settle(raw.file.as_ref(), &name, &bytes, &scan, entry.last)?;
        }
        self.pieces.push(Piece {
            entry,
            holes: scan.holes,
        });
        let whole = before.is_some_and(|before| entry.last.next() == before);
        match scan.tail {
            Tail::Clean => return Ok(End::Clean(Arc::clone(&raw.file))),
            Tail::Torn { bytes } | Tail::Damaged { bytes, .. } if whole || !behind.is_empty() => self.torn += bytes,
            Tail::Torn { bytes } => {
                self.torn += bytes;
                self.notes
                    .push(format!("{name}: an unfinished batch of {bytes} bytes was cut off"));
            }
            Tail::Damaged {
                upto: Some(upto),
                bytes,
            } => return Ok(End::Upto { upto, bytes }),
            Tail::Damaged { upto: None, bytes } => {
                return Ok(End::Unknown {
                    bytes,
                    reason: LostReason::Damaged,
                });
            }
        }
        Ok(End::Torn)
    }

    /// The whole file; with ones in place of what cannot be read, which then counts as damaged.
    fn read(&self, raw: &Raw) -> Vec<u8> {
        let mut bytes = vec![0xff; usize::try_from(raw.size).unwrap_or(0)];
        if raw.file.read_at(0, &mut bytes).is_err() {
            for (index, page) in bytes.chunks_mut(4096).enumerate() {
                if raw.file.read_at(index as u64 * 4096, page).is_err() {
                    page.fill(0xff);
                }
            }
        }
        bytes
    }

    /// A file with neither header nor records: one whose creation was interrupted, or one that is ruined.
    fn unusable(&mut self, name: &str, bytes: &[u8]) -> Result<End, JournalError> {
        if bytes.iter().all(|byte| *byte == 0) {
            self.disk.remove(name).doing("remove", name)?;
            self.notes
                .push(format!("{name}: its creation was interrupted; removed"));
            return Ok(End::Torn);
        }
        self.disk
            .rename(name, &format!("{name}.damaged"))
            .doing("set aside", name)?;
        self.notes.push(format!("{name}: no record can be read; set aside"));
        Ok(End::Unknown {
            bytes: bytes.len() as u64,
            reason: LostReason::Damaged,
        })
    }

    /// What is missing between `expected` and the last record found.
    fn gaps(&self, expected: Seq) -> Vec<Lost> {
        let lane = self.lane;
        let (mut expected, mut ordinal) = (expected, None);
        let mut lost = Vec::new();
        for Piece { entry, holes } in &self.pieces {
            if entry.first > expected {
                let adjacent = ordinal.is_some_and(|ordinal: u64| ordinal + 1 == entry.ordinal);
                let reason = if adjacent {
                    LostReason::Damaged
                } else {
                    LostReason::Missing
                };
                lost.push(Lost {
                    lane,
                    from: expected,
                    to: Seq(entry.first.0 - 1),
                    bytes: 0,
                    reason,
                });
            }
            lost.extend(holes.iter().map(|hole| Lost {
                lane,
                from: hole.from,
                to: hole.to,
                bytes: hole.bytes,
                reason: LostReason::Damaged,
            }));
            expected = expected.max(entry.last.next());
            ordinal = Some(entry.ordinal);
        }
        lost
    }

    /// A new segment behind what was found.
    fn go_on(&self, options: &Options, last: Seq, entries: &mut VecDeque<Entry>) -> Result<Segment, JournalError> {
        let ordinal = entries.back().map_or(0, |entry| entry.ordinal) + 1;
        let first = last.next();
        let header = Header {
            lane: self.lane,
            epoch: options.epoch,
            ordinal,
            first,
        };
        let size = options.segment_bytes.max(OVERHEAD as u64);
        let segment = Segment::create(self.disk, &header, size)?;
        if let Some(entry) = entries.back_mut() {
            let name = segment_name(self.lane, entry.ordinal);
            let file = self.disk.open(&name).doing("open", &name)?;
            entry.size = Segment::resume(file, self.lane, entry).seal(entry);
        }
        entries.push_back(Entry {
            ordinal,
            first,
            last,
            count: 0,
            end: HEADER as u64,
            size,
        });
        Ok(segment)
    }
}

/// Writes the last batch and its mark once more and makes them durable. What a killed process wrote is readable though
/// it may never have been synced, and a page whose write-back failed looks clean: syncing alone proves nothing.
fn settle(file: &dyn DiskFile, name: &str, bytes: &[u8], scan: &Scan, last: Seq) -> Result<(), JournalError> {
    let mut batch = bytes.get(scan.batch..scan.end).unwrap_or_default().to_vec();
    batch.extend_from_slice(
        &Mark {
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

/// What of a loss has not been explained and still matters.
fn unexplained(lost: Lost, known: &Known) -> impl Iterator<Item = Lost> {
    let mut without = known.explained.clone();
    without.push((Seq::ZERO, known.floor));
    subtract((lost.from, lost.to), &without)
        .into_iter()
        .map(move |(from, to)| Lost { from, to, ..lost })
}

fn word(reason: LostReason) -> &'static str {
    match reason {
        LostReason::Damaged => "damaged",
        LostReason::Missing => "missing",
    }
}
