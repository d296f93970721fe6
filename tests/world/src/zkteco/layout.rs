//! The terminal's stores as bytes: users, records, live events, times.

use super::config::{EventLayout, RecordLayout, UserLayout};
use jiff::civil::DateTime;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Slot in the device.
    pub slot: u16,
    /// 0: an ordinary person, 14: an administrator.
    pub rights: u8,
    /// PIN.
    pub pin: String,
    /// Name, in the device's code page.
    pub name: Vec<u8>,
    /// Card number.
    pub card: u32,
    /// The person's number, which is not the slot.
    pub person: String,
}

/// A record of its attendance log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Punch {
    /// Slot of the user.
    pub slot: u16,
    /// The person's number.
    pub person: String,
    /// How they identified.
    pub verified: u8,
    /// What they said they do.
    pub state: u8,
    /// The device's local time.
    pub at: DateTime,
}

fn field(text: &[u8], width: usize) -> Vec<u8> {
    let mut field = text.to_vec();
    field.resize(width, 0);
    field
}

impl UserLayout {
    pub(super) fn encode(self, user: &User) -> Vec<u8> {
        let mut bytes = user.slot.to_le_bytes().to_vec();
        bytes.push(user.rights);
        match self {
            UserLayout::Short => {
                bytes.extend(field(user.pin.as_bytes(), 5));
                bytes.extend(field(&user.name, 8));
                bytes.extend(user.card.to_le_bytes());
                bytes.extend([0, 1, 0, 0]);
                bytes.extend(user.person.parse::<u32>().unwrap_or(0).to_le_bytes());
            }
            UserLayout::Long => {
                bytes.extend(field(user.pin.as_bytes(), 8));
                bytes.extend(field(&user.name, 24));
                bytes.extend(user.card.to_le_bytes());
                bytes.extend(field(b"\x001", 9));
                bytes.extend(field(user.person.as_bytes(), 24));
            }
        }
        bytes
    }

    /// What somebody writes; `None` where it has another length.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<User> {
        let text = |from: usize, width: usize| {
            let field = bytes.get(from..from + width)?;
            field.split(|byte| *byte == 0).next().map(<[u8]>::to_vec)
        };
        let plain = |text: Vec<u8>| String::from_utf8(text).ok();
        let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let slot = u16::from_le_bytes(bytes.get(..2)?.try_into().ok()?);
        let rights = *bytes.get(2)?;
        Some(match self {
            UserLayout::Short if bytes.len() == 28 => User {
                slot,
                rights,
                pin: plain(text(3, 5)?)?,
                name: text(8, 8)?,
                card: number(16)?,
                person: number(24)?.to_string(),
            },
            UserLayout::Long if bytes.len() == 72 => User {
                slot,
                rights,
                pin: plain(text(3, 8)?)?,
                name: text(11, 24)?,
                card: number(35)?,
                person: plain(text(48, 24)?)?,
            },
            UserLayout::Short | UserLayout::Long => return None,
        })
    }
}

impl RecordLayout {
    pub(super) fn encode(self, punch: &Punch) -> Vec<u8> {
        let at = packed(punch.at).to_le_bytes();
        let number = punch.person.parse::<u32>().unwrap_or(0).to_le_bytes();
        match self {
            RecordLayout::Eight => [&punch.slot.to_le_bytes()[..], &[punch.verified], &at, &[punch.state]].concat(),
            RecordLayout::Sixteen => [&number[..], &at, &[punch.verified, punch.state], &[0; 6]].concat(),
            RecordLayout::Forty => [
                &punch.slot.to_le_bytes()[..],
                &field(punch.person.as_bytes(), 24),
                &[punch.verified],
                &at,
                &[punch.state],
                &[0; 8],
            ]
            .concat(),
        }
    }
}

impl EventLayout {
    pub(super) fn encode(self, punch: &Punch) -> Vec<u8> {
        let number = punch.person.parse::<u32>().unwrap_or(0);
        let short = u16::try_from(number).unwrap_or(0).to_le_bytes().to_vec();
        let text = field(punch.person.as_bytes(), 24);
        let (person, rest) = match self {
            EventLayout::Ten => (short, 0),
            EventLayout::Twelve => (number.to_le_bytes().to_vec(), 0),
            EventLayout::Fourteen => (short, 4),
            EventLayout::ThirtyTwo => (text, 0),
            EventLayout::ThirtySix => (text, 4),
            EventLayout::ThirtySeven => (text, 5),
            EventLayout::FiftyTwo => (text, 20),
        };
        let at = punch.at;
        let year = u8::try_from(at.year() - 2000).unwrap_or(0);
        let rest_of_time = [at.month(), at.day(), at.hour(), at.minute(), at.second()];
        let mut bytes = person;
        bytes.extend([punch.verified, punch.state, year]);
        bytes.extend(rest_of_time.map(i8::unsigned_abs));
        bytes.extend(vec![0; rest]);
        bytes
    }
}

/// Local time in the device's packed form.
pub(crate) fn packed(at: DateTime) -> u32 {
    let part = |value: i8| u32::from(value.unsigned_abs());
    let year = u32::try_from(at.year() - 2000).unwrap_or(0);
    let day = (year * 12 + part(at.month()) - 1) * 31 + part(at.day()) - 1;
    ((day * 24 + part(at.hour())) * 60 + part(at.minute())) * 60 + part(at.second())
}

/// Local time from the packed form.
pub(super) fn unpacked(mut packed: u32) -> Option<DateTime> {
    let mut part = |base: u32| {
        let value = packed % base;
        packed /= base;
        i8::try_from(value).ok()
    };
    let (second, minute, hour) = (part(60)?, part(60)?, part(24)?);
    let (day, month) = (part(31)? + 1, part(12)? + 1);
    let year = i16::try_from(packed).ok()? + 2000;
    DateTime::new(year, month, day, hour, minute, second, 0).ok()
}
