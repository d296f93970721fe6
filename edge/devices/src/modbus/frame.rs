//! Frames of functions that tokio-modbus does not know, or that makers use their own way: what goes around them.
//!
//! No time, no state. A relay board's "on for 0.7 s" is function 05 with a value the standard does not have.

use bytes::Bytes;

/// The longest RTU frame (Modbus over Serial Line 1.02 §2.3).
pub(super) const LONGEST: usize = 256;
/// What stands before a function over TCP (Modbus Messaging on TCP/IP 1.0b §3.1.3): transaction, protocol, length, unit.
pub(super) const MBAP_LEN: usize = 7;
/// What a unit sets in a function's code to refuse it.
const EXCEPTION_BIT: u8 = 0x80;

/// What a unit says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FrameReply {
    /// What follows the function's code.
    Answer(Bytes),
    /// It refuses, with this exception.
    Exception(u8),
    /// Something else than was asked.
    Mismatch,
}

/// A question as it goes over a serial bus.
pub(super) fn rtu(unit: u8, function: u8, rest: &[u8]) -> Vec<u8> {
    let mut frame = vec![unit, function];
    frame.extend_from_slice(rest);
    let sum = crc(&frame).to_le_bytes();
    frame.extend_from_slice(&sum);
    frame
}

/// What is inside of a frame from a serial bus; `None`: no frame yet.
pub(super) fn from_rtu(frame: &[u8]) -> Option<(u8, &[u8])> {
    let (inner, sum) = frame.split_last_chunk::<2>()?;
    let (unit, function) = inner.split_first()?;
    (!function.is_empty() && crc(inner).to_le_bytes() == *sum).then_some((*unit, function))
}

/// Whether a frame that is sound cannot go on: a refusal, or as long as the question, which most answers echo.
pub(super) fn is_whole(frame: &[u8], question: &[u8]) -> bool {
    let refuses = frame.get(1).is_some_and(|code| code & EXCEPTION_BIT != 0);
    frame.len() == if refuses { 5 } else { question.len() }
}

/// A question as it goes over TCP.
pub(super) fn tcp(transaction: u16, unit: u8, function: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len() + 2).unwrap_or(u16::MAX);
    let mut frame = Vec::with_capacity(MBAP_LEN + 1 + rest.len());
    frame.extend_from_slice(&transaction.to_be_bytes());
    frame.extend_from_slice(&[0, 0]);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&[unit, function]);
    frame.extend_from_slice(rest);
    frame
}

/// What stands before an answer over TCP: transaction, unit, and how many bytes follow; `None`: not Modbus.
pub(super) fn parse_mbap(head: [u8; MBAP_LEN]) -> Option<(u16, u8, usize)> {
    let [t1, t2, 0, 0, l1, l2, unit] = head else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([l1, l2]));
    (2..LONGEST)
        .contains(&length)
        .then(|| (u16::from_be_bytes([t1, t2]), unit, length - 1))
}

/// What the inside of a frame says to a question about `function`.
pub(super) fn parse_reply(function: u8, inner: &[u8]) -> FrameReply {
    match inner.split_first() {
        Some((code, rest)) if *code == function => FrameReply::Answer(Bytes::copy_from_slice(rest)),
        Some((code, [exception])) if *code == function | EXCEPTION_BIT => FrameReply::Exception(*exception),
        Some(_) | None => FrameReply::Mismatch,
    }
}

/// CRC-16 (Modbus over Serial Line 1.02, appendix B).
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xa001 } else { sum >> 1 }
        })
    })
}
