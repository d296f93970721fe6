//! A code, whole or on its way.
//!
//! Its text is shown by no `Debug`, and wiped when it is done with.

use sha2::{Digest as _, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// A whole code: at least one byte, all printable ASCII.
pub(crate) struct ScannedCode(Zeroizing<Vec<u8>>);

impl ScannedCode {
    /// SHA-256 of its bytes, lower-case hex.
    pub(crate) fn sha256(&self) -> String {
        Sha256::digest(&*self.0)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
    /// Its length in bytes.
    pub(crate) fn len(&self) -> u16 {
        u16::try_from(self.0.len()).unwrap_or(u16::MAX)
    }
    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.0).expect("ASCII")
    }
}

/// Without its text.
impl fmt::Debug for ScannedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScannedCode").field("len", &self.0.len()).finish()
    }
}

/// What was read when an end came.
#[derive(Debug)]
pub(crate) enum ScanResult {
    /// A code.
    Code(ScannedCode),
    /// Something that is none.
    Garbage(Garbage),
}

/// Why something is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Garbage {
    /// Longer than the longest.
    TooLong,
    /// Holds something else than printable ASCII.
    Unprintable,
    /// Went on after too long a pause, or never.
    Broken,
}

/// A code on its way.
pub(crate) struct PartialCode {
    bytes: Zeroizing<Vec<u8>>,
    longest: usize,
    spoiled: Option<Garbage>,
}

impl PartialCode {
    /// Nothing yet; codes are at most `longest` bytes.
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            // Never grows, so that no copy is left behind.
            bytes: Zeroizing::new(Vec::with_capacity(longest)),
            longest,
            spoiled: None,
        }
    }
    /// Whether something came that has not ended.
    pub(crate) fn is_open(&self) -> bool {
        self.spoiled.is_some() || !self.bytes.is_empty()
    }
    /// One more byte.
    pub(crate) fn push(&mut self, byte: u8) {
        if !matches!(byte, b' '..=b'~') {
            self.spoil(Garbage::Unprintable);
        } else if self.bytes.len() == self.longest {
            self.spoil(Garbage::TooLong);
        } else if self.spoiled.is_none() {
            self.bytes.push(byte);
        }
    }
    /// Whatever it was, it is no code.
    pub(crate) fn spoil(&mut self, why: Garbage) {
        self.spoiled.get_or_insert(why);
        self.bytes.clear();
    }
    /// The end came; nothing before it is nothing.
    pub(crate) fn end(&mut self) -> Option<ScanResult> {
        if !self.is_open() {
            return None;
        }
        let whole = std::mem::replace(self, Self::new(self.longest));
        Some(match whole.spoiled {
            Some(why) => ScanResult::Garbage(why),
            None => ScanResult::Code(ScannedCode(whole.bytes)),
        })
    }
    /// No end came in time: thrown away.
    pub(crate) fn abandon(&mut self) -> Option<Garbage> {
        self.end().map(|read| match read {
            ScanResult::Garbage(why) => why,
            ScanResult::Code(_) => Garbage::Broken,
        })
    }
}
