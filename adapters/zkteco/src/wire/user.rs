//! Users as the device keeps them: 28 bytes on older firmwares, 72 on newer ones.
//!
//! Names and passwords pass through here on their way to the device; on the way back they are not looked at.

use super::field::{FieldReader, filled, person};
use protocol::text::PersonNumber;
use std::fmt;
use zeroize::Zeroizing;

/// How long users are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserRecordLayout {
    /// 28 bytes: the number is 32 bits, the name 8 bytes.
    Short,
    /// 72 bytes: the number is text, the name 24 bytes.
    Long,
}

/// One user.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ZkUser {
    /// Slot in the device; never the person's number.
    pub(crate) slot: u16,
    /// What they may do at the device: 0 nothing, 14 everything.
    pub(crate) rights: u8,
    /// PIN, digits.
    pub(crate) pin: Zeroizing<Vec<u8>>,
    /// Name in the device's code page.
    pub(crate) name: Vec<u8>,
    /// Card number; 0: none.
    pub(crate) card: u32,
    /// The person's number, as people know it.
    pub(crate) person: PersonNumber,
}

impl fmt::Debug for ZkUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZkUser")
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}

impl UserRecordLayout {
    /// The layout of `users` users in `bytes` bytes.
    pub(crate) fn of(bytes: u32, users: u32) -> Option<Self> {
        match bytes.checked_div(users)? {
            28 => Some(UserRecordLayout::Short),
            72 => Some(UserRecordLayout::Long),
            _ => None,
        }
    }

    const fn width(self) -> usize {
        match self {
            UserRecordLayout::Short => 28,
            UserRecordLayout::Long => 72,
        }
    }

    /// Bytes of a name.
    pub(crate) const fn name(self) -> usize {
        match self {
            UserRecordLayout::Short => 8,
            UserRecordLayout::Long => 24,
        }
    }

    /// Bytes of a PIN.
    pub(crate) const fn pin(self) -> usize {
        match self {
            UserRecordLayout::Short => 5,
            UserRecordLayout::Long => 8,
        }
    }

    /// Reads one user; `None` where it is too short or has no number.
    pub(crate) fn parse(self, user: &[u8]) -> Option<ZkUser> {
        let mut fields = FieldReader::of(user);
        let (slot, rights) = (fields.u16()?, fields.u8()?);
        let pin = Zeroizing::new(fields.text(self.pin())?.to_vec());
        let name = fields.text(self.name())?.to_vec();
        let card = fields.u32()?;
        let person = match self {
            UserRecordLayout::Short => {
                fields.bytes(4)?;
                fields.u32()?.to_string().into()
            }
            UserRecordLayout::Long => {
                fields.bytes(9)?;
                person(fields.text(24)?)?
            }
        };
        Some(ZkUser {
            slot,
            rights,
            pin,
            name,
            card,
            person,
        })
    }

    /// Reads users one after the other; what cannot be read is left out.
    pub(crate) fn users(self, bytes: &[u8]) -> impl Iterator<Item = ZkUser> + '_ {
        bytes
            .chunks_exact(self.width())
            .filter_map(move |user| self.parse(user))
    }

    /// The body that writes a user; `None` where the number is none of 32 bits and the layout knows no other.
    pub(crate) fn write(self, user: &ZkUser) -> Option<Vec<u8>> {
        let mut body = user.slot.to_le_bytes().to_vec();
        body.push(user.rights);
        body.extend(filled(&user.pin, self.pin()));
        body.extend(filled(&user.name, self.name()));
        body.extend(user.card.to_le_bytes());
        match self {
            UserRecordLayout::Short => {
                // Group 1 opens the door by default (byte 21); no time zone of their own.
                body.extend([0, 1, 0, 0]);
                body.extend(user.person.as_str().parse::<u32>().ok()?.to_le_bytes());
            }
            UserRecordLayout::Long => {
                body.push(0);
                body.extend(filled(b"1", 7));
                body.push(0);
                body.extend(filled(user.person.as_str().as_bytes(), 24));
            }
        }
        Some(body)
    }
}
