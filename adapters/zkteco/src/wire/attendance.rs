//! Attendance records: 8, 16 or 40 bytes, by the age of the firmware; nothing in them says which.

use super::{
    field::{FieldReader, person},
    time,
};
use jiff::civil::DateTime;
use protocol::text::PersonNumber;

/// Bytes before the records: their length in bytes.
pub(crate) const LENGTH_FIELD: u32 = 4;
/// Records that may come between counting them and reading them.
const GROWTH: u32 = 16;

/// Who it was, as far as a record tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RecordPerson {
    /// The person's number, as people know it.
    Person(PersonNumber),
    /// The user's slot in the device, which is something else: 8-byte records hold nothing better.
    Slot(u16),
    /// Nothing that can be read.
    Nobody,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AttendanceRecord {
    /// Who it was.
    pub(crate) who: RecordPerson,
    /// How they identified: the device's number for it.
    pub(crate) verified: u8,
    /// What they said they do: 0 coming, 1 going, 2 and 3 a break, 4 and 5 overtime.
    pub(crate) state: u8,
    /// The device's local time; `None` where the record's time names no day.
    pub(crate) at: Option<DateTime>,
}

/// How long records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttendanceLayout {
    /// Slot, verified, time, state.
    Eight,
    /// Number as 32 bits, time, verified, state.
    Sixteen,
    /// Slot, number as text, verified, time, state.
    Forty,
}

impl AttendanceLayout {
    /// The layout of `records` records in `bytes` bytes; a few more may have come since they were counted.
    pub(crate) fn of(bytes: u32, records: u32) -> Option<Self> {
        let all = [
            AttendanceLayout::Forty,
            AttendanceLayout::Sixteen,
            AttendanceLayout::Eight,
        ];
        let exact = |layout: &AttendanceLayout| records.checked_mul(layout.width()) == Some(bytes);
        let grown = |layout: &AttendanceLayout| {
            let held = bytes / layout.width();
            bytes.is_multiple_of(layout.width()) && held > records && held - records <= GROWTH
        };
        all.into_iter().find(exact).or_else(|| all.into_iter().find(grown))
    }

    /// Bytes of one record.
    pub(crate) const fn width(self) -> u32 {
        match self {
            AttendanceLayout::Eight => 8,
            AttendanceLayout::Sixteen => 16,
            AttendanceLayout::Forty => 40,
        }
    }

    /// Reads one record; `None` where it is too short.
    pub(crate) fn parse(self, record: &[u8]) -> Option<AttendanceRecord> {
        let mut fields = FieldReader::of(record);
        let (who, verified, at, state) = match self {
            AttendanceLayout::Eight => (
                RecordPerson::Slot(fields.u16()?),
                fields.u8()?,
                fields.u32()?,
                fields.u8()?,
            ),
            AttendanceLayout::Sixteen => {
                let who = RecordPerson::Person(fields.u32()?.to_string().into());
                let at = fields.u32()?;
                (who, fields.u8()?, at, fields.u8()?)
            }
            AttendanceLayout::Forty => {
                fields.u16()?;
                let who = person(fields.text(24)?).map_or(RecordPerson::Nobody, RecordPerson::Person);
                (who, fields.u8()?, fields.u32()?, fields.u8()?)
            }
        };
        Some(AttendanceRecord {
            who,
            verified,
            state,
            at: time::unpack(at),
        })
    }

    /// Reads records one after the other; a torn last one is left out.
    pub(crate) fn records(self, bytes: &[u8]) -> impl Iterator<Item = AttendanceRecord> + '_ {
        let width = usize::try_from(self.width()).unwrap_or(usize::MAX);
        bytes.chunks_exact(width).filter_map(move |record| self.parse(record))
    }
}
