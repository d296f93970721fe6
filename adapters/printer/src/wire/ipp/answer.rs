//! An answer: a status and attributes by name.

use std::collections::BTreeMap;

/// Attributes kept at most, and values of one.
const MANY: usize = 4096;

/// Why bytes are no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("an IPP answer that ends in the middle")]
    Cut,
    #[error("an IPP answer with more than {MANY} values")]
    TooMany,
}

/// Whether what was asked was done (RFC 8011 §B.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IppStatus {
    /// It was.
    Done,
    /// It was not, and the printer is too busy to say more.
    Busy,
    /// The printer does not take such documents or attributes.
    Unsupported,
    /// It was not, for another reason: the status code.
    Refused(u16),
    /// It failed on the way, and some of it may have been done: the status code.
    Unclear(u16),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IppResponse {
    status: u16,
    values: BTreeMap<String, Vec<Vec<u8>>>,
}

struct IppReader<'a>(&'a [u8]);

impl<'a> IppReader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], AnswerError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(AnswerError::Cut)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, AnswerError> {
        self.take(1)?.first().copied().ok_or(AnswerError::Cut)
    }

    fn short(&mut self) -> Result<u16, AnswerError> {
        let bytes = self.take(2)?;
        bytes.try_into().map(u16::from_be_bytes).map_err(|_| AnswerError::Cut)
    }

    fn counted(&mut self) -> Result<&'a [u8], AnswerError> {
        let length = self.short()?;
        self.take(usize::from(length))
    }
}

impl IppResponse {
    /// Reads an answer. Values of collections are kept under the names of their members, which nobody asks for.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, AnswerError> {
        let mut reader = IppReader(bytes);
        reader.take(2)?;
        let status = reader.short()?;
        reader.take(4)?;
        let mut values: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        let (mut name, mut count) = (String::new(), 0);
        loop {
            match reader.byte()? {
                0x03 => return Ok(Self { status, values }),
                // The beginning of a group.
                0x00..=0x0f => name.clear(),
                _ => {
                    let given = reader.counted()?;
                    let value = reader.counted()?;
                    if !given.is_empty() {
                        name = String::from_utf8_lossy(given).into_owned();
                    }
                    count += 1;
                    if count > MANY {
                        return Err(AnswerError::TooMany);
                    }
                    values.entry(name.clone()).or_default().push(value.to_vec());
                }
            }
        }
    }

    /// What its status says.
    pub(crate) fn answered(&self) -> IppStatus {
        match self.status {
            0x0000..=0x00ff => IppStatus::Done,
            0x0507 | 0x0506 => IppStatus::Busy,
            0x040a | 0x040b | 0x0501 | 0x0503 => IppStatus::Unsupported,
            // In time no more, or the document broke while it was read: perhaps on paper.
            0x0405 | 0x0410 | 0x0411 => IppStatus::Unclear(self.status),
            0x0400..=0x04ff | 0x0502 | 0x0509 => IppStatus::Refused(self.status),
            other => IppStatus::Unclear(other),
        }
    }

    /// The values of an attribute that is text.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.values.get(name).map(Vec::as_slice).unwrap_or_default();
        values.iter().filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// The value of an attribute that is a number or an enumeration.
    pub(crate) fn number(&self, name: &str) -> Option<i32> {
        let bytes = self.values.get(name)?.first()?;
        bytes.as_slice().try_into().ok().map(i32::from_be_bytes)
    }

    /// The value of an attribute that is a boolean.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        Some(*self.values.get(name)?.first()?.first()? != 0)
    }

    /// Dots per inch, across, of an attribute that is a list of resolutions.
    pub(crate) fn resolutions(&self, name: &str) -> Vec<u32> {
        let values = self.values.get(name).map(Vec::as_slice).unwrap_or_default();
        let across = |value: &Vec<u8>| Some(u32::from_be_bytes(value.get(..4)?.try_into().ok()?));
        values.iter().filter_map(across).collect()
    }
}
