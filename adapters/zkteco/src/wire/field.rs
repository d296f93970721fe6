//! Fields of fixed records, taken one after the other.

use protocol::text::PersonNumber;
/// What is left of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldReader<'a>(&'a [u8]);

impl<'a> FieldReader<'a> {
    /// A record from its beginning.
    pub(crate) fn of(record: &'a [u8]) -> Self {
        Self(record)
    }
    /// The next `count` bytes; `None` where there are fewer.
    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    /// One byte.
    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }
    /// Two bytes.
    pub(crate) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.bytes(2)?.try_into().ok()?))
    }
    /// Four bytes.
    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes(4)?.try_into().ok()?))
    }
    /// A text of `count` bytes that ends at its first zero.
    pub(crate) fn text(&mut self, count: usize) -> Option<&'a [u8]> {
        let field = self.bytes(count)?;
        field.split(|byte| *byte == 0).next()
    }
}

/// `text` cut and filled with zeros to `width` bytes.
pub(crate) fn filled(text: &[u8], width: usize) -> Vec<u8> {
    let mut field: Vec<u8> = text.iter().copied().take(width).collect();
    field.resize(width, 0);
    field
}

/// A person's number in the device: digits as a rule; never shown to be more than letters, digits, `-` and `_`.
pub(crate) fn person(text: &[u8]) -> Option<PersonNumber> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let number: String = text
        .iter()
        .filter(|byte| plain(byte))
        .map(|byte| char::from(*byte))
        .collect();
    (!number.is_empty()).then(|| number.into())
}
