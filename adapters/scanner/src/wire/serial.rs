//! Codes that are sent: bytes, ended by CR, LF or both.

use super::code::{PartialCode, ScanResult};

/// Puts bytes together.
pub(crate) struct SerialDecoder {
    partial: PartialCode,
}

impl SerialDecoder {
    /// Nothing came yet; codes are at most `longest` bytes.
    pub(crate) fn new(longest: usize) -> Self {
        let partial = PartialCode::new(longest);
        Self { partial }
    }
    /// The code on its way.
    pub(crate) fn partial(&mut self) -> &mut PartialCode {
        &mut self.partial
    }
    /// A byte came.
    pub(crate) fn take(&mut self, byte: u8) -> Option<ScanResult> {
        match byte {
            // Of CR LF the second ends nothing.
            b'\r' | b'\n' => self.partial.end(),
            byte => {
                self.partial.push(byte);
                None
            }
        }
    }
}
