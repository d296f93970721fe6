//! What an ESC/POS printer says: answers of one byte, and status frames of four that come whenever it likes.
//!
//! Told apart by their fixed bits alone (facts/devices.md §4.1), so that an answer is never taken for another.

use crate::printer_status::{PrinterFault, PrinterStatus};
use protocol::fact::{CoverState, PaperState};

/// One thing a printer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EscPosReply {
    /// Its status, unasked (`GS a`).
    Status([u8; 4]),
    /// The answer to `DLE EOT`.
    Now(u8),
    /// The answer to `GS r`.
    Done(u8),
}

/// Takes bytes as they come, cut anywhere, and gives what they say. Bytes that say nothing are dropped.
#[derive(Debug, Default)]
pub(crate) struct EscPosReplyParser {
    bytes: std::collections::VecDeque<u8>,
}

impl EscPosReplyParser {
    /// More came.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// Forgets what was heard.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// The next thing that was said; none: more must come first.
    pub(crate) fn next_reply(&mut self) -> Option<EscPosReply> {
        loop {
            let first = *self.bytes.front()?;
            if first & 0x93 == 0x10 {
                let mut rest = self.bytes.iter().skip(1).take(3);
                // Noise before a frame must not swallow it.
                if rest.clone().any(|byte| byte & 0x90 != 0) {
                    self.bytes.pop_front();
                    continue;
                }
                let frame = [first, *rest.next()?, *rest.next()?, *rest.next()?];
                self.bytes.drain(..4);
                return Some(EscPosReply::Status(frame));
            }
            self.bytes.pop_front();
            if first & 0x93 == 0x12 {
                return Some(EscPosReply::Now(first));
            }
            if first & 0x90 == 0 {
                return Some(EscPosReply::Done(first));
            }
        }
    }
}

/// The answers to `DLE EOT` 1 to 4, in this order.
pub(crate) fn of_answers([online, why, fault, roll]: [u8; 4]) -> PrinterStatus {
    let bit = |byte: u8, bit: u8| byte & bit != 0;
    let paper = if bit(why, 0x20) || bit(roll, 0x60) {
        PaperState::Out
    } else if bit(roll, 0x0c) {
        PaperState::Low
    } else {
        PaperState::Ok
    };
    let cover = cover(bit(why, 0x04));
    let trouble = if bit(fault, 0x08) {
        Some(PrinterFault::Cutter)
    } else if bit(fault, 0x40) {
        Some(PrinterFault::HeadHot)
    } else if bit(fault, 0x20) || bit(why, 0x40) {
        Some(PrinterFault::Broken)
    } else {
        offline(bit(online, 0x08), paper, cover)
    };
    PrinterStatus { paper, cover, trouble }
}

/// A status frame (`GS a`).
pub(crate) fn of_frame([first, fault, roll, _]: [u8; 4]) -> PrinterStatus {
    let bit = |byte: u8, bit: u8| byte & bit != 0;
    let paper = if bit(roll, 0x0c) {
        PaperState::Out
    } else if bit(roll, 0x03) {
        PaperState::Low
    } else {
        PaperState::Ok
    };
    let cover = cover(bit(first, 0x20));
    let trouble = if bit(fault, 0x08) {
        Some(PrinterFault::Cutter)
    } else if bit(fault, 0x40) {
        Some(PrinterFault::HeadHot)
    } else if bit(fault, 0x20) {
        Some(PrinterFault::Broken)
    } else {
        offline(bit(first, 0x08), paper, cover)
    };
    PrinterStatus { paper, cover, trouble }
}

const fn cover(open: bool) -> CoverState {
    if open { CoverState::Open } else { CoverState::Closed }
}

/// A printer without paper or with its cover open is offline too: that is no trouble of its own.
fn offline(offline: bool, paper: PaperState, cover: CoverState) -> Option<PrinterFault> {
    (offline && paper != PaperState::Out && cover == CoverState::Closed).then_some(PrinterFault::Offline)
}
