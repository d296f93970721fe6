//! How far the device's log is on disk, and which of the rows it tells are new.
//!
//! Rows have no numbers, so they are numbered here: see the module's header. A number is given out once per log, and what
//! was not adopted because it did not reach the disk comes out the same when it is told again.

use super::rows::AdmsRow;
use adapter_sdk::{DeviceSerial, LogPosition};
use protocol::text::PersonNumber;
use std::collections::{BTreeSet, VecDeque};

/// Numbers of one second: the row's place among those of the second, then the low bits of its digest. Below 2^53 until
/// the year 2100.
const SECOND: u64 = 1 << 20;
/// Numbers of one place.
const PLACE: u64 = 1 << 15;
/// Rows recognised when they are told again; of a longer body only the newest is, and nothing before it is new.
const REMEMBERED: usize = 1024;

/// The device's log as far as we have it.
#[derive(Debug)]
pub(super) struct UploadCursor {
    serial: DeviceSerial,
    /// Everything up to here is on disk. A log that went back in time began anew.
    position: LogPosition,
    phase: UploadPhase,
    recent_digests: VecDeque<u64>,
    known: BTreeSet<u64>,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UploadPhase {
    /// This run has heard nothing: the first body may be one that was on disk and not acknowledged.
    Started,
    /// It registered, and may begin anywhere in its log.
    CatchingUp,
    /// It tells what happens.
    Following,
}

/// A new row with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NumberedRow {
    /// The row.
    pub(super) row: AdmsRow,
    /// Its place.
    pub(super) position: LogPosition,
}

impl UploadCursor {
    /// The cursor in the device's log, at the mark where that belongs to this very device.
    pub(super) fn new(serial: &DeviceSerial, mark: Option<LogPosition>) -> Self {
        Self {
            serial: serial.clone(),
            position: LogPosition::resume(serial, mark),
            phase: UploadPhase::Started,
            recent_digests: VecDeque::new(),
            known: BTreeSet::new(),
        }
    }

    /// The device registered.
    pub(super) fn registered(&mut self) {
        self.phase = if self.position.number == 0 {
            UploadPhase::Following
        } else {
            UploadPhase::CatchingUp
        };
    }

    /// From where the device shall go on: the second before our mark, for its second may have more rows.
    pub(super) fn stamp(&self) -> u64 {
        (self.position.number / SECOND).saturating_sub(1)
    }

    /// The rows of a body that are new, in the order of their time. `present`: the device's time now, packed, where the
    /// edge knows the date: a mark that lies ahead of it says nothing about what is new.
    pub(super) fn new_rows(&self, mut rows: Vec<AdmsRow>, present: Option<u64>) -> Vec<NumberedRow> {
        // Rows of one second keep the device's order.
        rows.sort_by_key(|row| row.second);
        let told_again = rows.iter().rposition(|row| self.is_newest_stored(row, rows.len()));
        let marked = self.position.number / SECOND;
        let behind = self.phase == UploadPhase::CatchingUp && present.is_none_or(|present| marked <= present);
        let mut position = self.position.clone();
        let mut here = BTreeSet::new();
        let mut new = Vec::new();
        for (place, row) in rows.into_iter().enumerate() {
            let digest = digest(&row);
            let repeated = told_again.is_some_and(|mark| place <= mark) || behind && row.second < marked;
            if repeated || self.known.contains(&digest) || !here.insert(digest) {
                continue;
            }
            if row.second < position.number / SECOND {
                position = position.next_log(&self.serial);
            }
            position.number = number(position.number, row.second, digest);
            new.push(NumberedRow {
                row,
                position: position.clone(),
            });
        }
        new
    }

    /// Whether the newest row on disk is this one. Between two rows that happen now nobody needs to know, unless the body
    /// is longer than the memory.
    fn is_newest_stored(&self, row: &AdmsRow, rows: usize) -> bool {
        match self.phase {
            UploadPhase::Following => rows > REMEMBERED / 2 && self.recent_digests.back() == Some(&digest(row)),
            UploadPhase::Started | UploadPhase::CatchingUp => {
                row.second == self.position.number / SECOND && digest(row) % PLACE == self.position.number % PLACE
            }
        }
    }

    /// These are on disk.
    pub(super) fn adopt(&mut self, rows: &[NumberedRow]) {
        let Some(newest) = rows.last() else { return };
        self.position.clone_from(&newest.position);
        for numbered in rows {
            let digest = digest(&numbered.row);
            if self.known.insert(digest) {
                self.recent_digests.push_back(digest);
            }
            if self.recent_digests.len() > REMEMBERED
                && let Some(oldest) = self.recent_digests.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
        self.phase = UploadPhase::Following;
    }

    /// A whole body is on disk, whether or not anything of it was new.
    pub(super) fn acknowledged(&mut self) {
        if self.phase == UploadPhase::Started {
            self.phase = UploadPhase::Following;
        }
    }
}

/// The number of a row after `last`: grows, whatever the digest.
fn number(last: u64, second: u64, digest: u64) -> u64 {
    let place = if last / SECOND == second {
        last % SECOND / PLACE + 1
    } else {
        0
    };
    let number = second * SECOND + place * PLACE + digest % PLACE;
    // More rows in one second than there are places.
    if place * PLACE < SECOND { number } else { last + 1 }
}

/// What a row says, in 64 bits (FNV-1a): two different rows of one site are never the same.
fn digest(row: &AdmsRow) -> u64 {
    let person = row.person.as_ref().map_or("", PersonNumber::as_str);
    let (event, door) = row
        .event
        .map_or((0, 0), |(event, door)| (event + 1, door.unwrap_or_default()));
    let number = |value: Option<u8>| value.map_or(u16::MAX, u16::from);
    let numbers = [number(row.verified), number(row.state), event, door];
    let numbers = numbers.iter().flat_map(|number| number.to_le_bytes());
    let bytes = row
        .second
        .to_le_bytes()
        .into_iter()
        .chain(numbers)
        .chain(person.bytes());
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}
