//! Fill of the device's stores: the answer to `SIZES`, twenty 32-bit numbers.

use super::field::FieldReader;

/// What counts here of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Users.
    pub(crate) users: u32,
    /// Attendance records.
    pub(crate) records: u32,
    /// Attendance records there is room for; 0 where the device does not say.
    pub(crate) room: u32,
}

/// Reads it; `None` where it is too short or holds negative numbers.
pub(crate) fn parse(body: &[u8]) -> Option<Sizes> {
    let mut fields = FieldReader::of(body);
    let mut numbers = [0; 20];
    for number in &mut numbers {
        *number = fields.u32()?;
    }
    let [_, _, _, _, users, _, _, _, records, _, _, _, _, _, _, _, room, ..] = numbers;
    let believed = |number: &u32| i32::try_from(*number).is_ok();
    [users, records, room]
        .iter()
        .all(believed)
        .then_some(Sizes { users, records, room })
}
