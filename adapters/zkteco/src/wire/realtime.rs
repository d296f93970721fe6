//! Live events: somebody was identified, in seven lengths by the age of the firmware.
//!
//! Lengths: facts/devices.md §2.1. An event tells that the log grew; what counts is the log.

use super::{
    attendance::{AttendanceRecord, RecordPerson},
    field::{FieldReader, person},
    time,
};

/// Asks for all kinds of events.
pub(crate) const EVERYTHING: u32 = 0xFFFF;
/// Somebody was identified; stands in the session field.
pub(crate) const ATTENDANCE: u16 = 1;

/// Reads the body of an attendance event; `None` for lengths nobody described.
pub(crate) fn parse(body: &[u8]) -> Option<AttendanceRecord> {
    let mut fields = FieldReader::of(body);
    let who = match body.len() {
        10 | 14 => RecordPerson::Person(fields.u16()?.to_string().into()),
        12 => RecordPerson::Person(fields.u32()?.to_string().into()),
        32 | 36 | 37 | 52.. => person(fields.text(24)?).map_or(RecordPerson::Nobody, RecordPerson::Person),
        _ => return None,
    };
    Some(AttendanceRecord {
        who,
        verified: fields.u8()?,
        state: fields.u8()?,
        at: time::unpack_six(fields.bytes(6)?),
    })
}
