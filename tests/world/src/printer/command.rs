//! ESC/POS as a printer reads it: one command after the other, each as long as it says of itself.
//!
//! Written from Epson's reference and from what independent encoders send, not from our own encoder.

use std::collections::VecDeque;

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// `ESC @`.
    Reset,
    /// `ESC a`: 0 left, 1 middle, 2 right.
    Align(u8),
    /// A letter of text.
    Letter(u8),
    /// `LF`, `ESC d`: lines.
    Lines(u8),
    /// `ESC J`: rows.
    Rows(u8),
    /// `ESC p`: current on the drawer connector.
    Pulse(u8),
    /// `GS a`.
    Tell(u8),
    /// `GS r`.
    Ask(u8),
    /// `GS I`.
    Identify(u8),
    /// `GS V`.
    Cut,
    /// `GS v 0`: bytes across and rows; the dots follow.
    Raster { across: usize, rows: usize },
    /// `GS 8 L` or `GS ( L` with function 112: an image to keep.
    Keep { across: usize, bits: Vec<u8> },
    /// The same with function 50: print it.
    PrintKept,
    /// Known, and of no consequence here.
    Other,
    /// Unknown: the byte after `ESC`, `GS` or `FS` was skipped.
    Unknown(u8),
}

/// Takes the first command off the buffer; none: more must come first.
pub(super) fn take(buffer: &mut VecDeque<u8>) -> Option<Command> {
    let at = |place: usize| buffer.get(place).copied();
    let (length, command) = match at(0)? {
        0x1b => escape(buffer)?,
        0x1d => group(buffer)?,
        0x1c => match at(1)? {
            b'&' | b'.' => (2, Command::Other),
            b'S' => (4, Command::Other),
            b'(' => (5 + length(buffer, 3)?, Command::Other),
            b'-' | b'!' | b'C' | b'W' => (3, Command::Other),
            other => (2, Command::Unknown(other)),
        },
        // In real time, and done when it came.
        0x10 => match at(1)? {
            0x04 | 0x05 => (3, Command::Other),
            0x14 if at(2)? == 8 => (10, Command::Other),
            0x14 => (5, Command::Other),
            other => (2, Command::Unknown(other)),
        },
        b'\n' => (1, Command::Lines(1)),
        letter @ 0x20.. => (1, Command::Letter(letter)),
        _ => (1, Command::Other),
    };
    if buffer.len() < length {
        return None;
    }
    buffer.drain(..length);
    Some(command)
}

fn escape(buffer: &VecDeque<u8>) -> Option<(usize, Command)> {
    let at = |place: usize| buffer.get(place).copied();
    Some(match at(1)? {
        b'@' => (2, Command::Reset),
        b'a' => (3, Command::Align(at(2)? & 3)),
        b'd' => (3, Command::Lines(at(2)?)),
        b'J' => (3, Command::Rows(at(2)?)),
        b'p' => (5, Command::Pulse(at(2)?)),
        b'2' => (2, Command::Other),
        b'$' | b'\\' => (4, Command::Other),
        b'*' => {
            let bytes = if at(2)? >= 32 { 3 } else { 1 };
            (5 + bytes * length(buffer, 3)?, Command::Other)
        }
        b' ' | b'!' | b'-' | b'3' | b'E' | b'G' | b'M' | b'R' | b't' | b'{' | b'r' | b'V' | 0x06 => (3, Command::Other),
        other => (2, Command::Unknown(other)),
    })
}

fn group(buffer: &VecDeque<u8>) -> Option<(usize, Command)> {
    let at = |place: usize| buffer.get(place).copied();
    Some(match at(1)? {
        b'a' => (3, Command::Tell(at(2)?)),
        b'r' => (3, Command::Ask(at(2)?)),
        b'I' => (3, Command::Identify(at(2)?)),
        b'V' if matches!(at(2)?, 65 | 66 | 97 | 98 | 103 | 104) => (4, Command::Cut),
        b'V' => (3, Command::Cut),
        b'v' => {
            let (across, rows) = (length(buffer, 4)?, length(buffer, 6)?);
            (8, Command::Raster { across, rows })
        }
        b'(' => (5 + length(buffer, 3)?, graphics(buffer, 5, at(2)?)),
        b'8' => {
            let bytes = length(buffer, 3)? + 65_536 * length(buffer, 5)?;
            (7 + bytes, graphics(buffer, 7, at(2)?))
        }
        b'L' | b'W' | b'P' => (4, Command::Other),
        b'!' | b'B' | b'b' | b'h' | b'w' | b'H' | b'f' => (3, Command::Other),
        other => (2, Command::Unknown(other)),
    })
}

/// A command of graphics (`L`) or of something else, whose body begins at `body`.
fn graphics(buffer: &VecDeque<u8>, body: usize, family: u8) -> Command {
    let at = |place: usize| buffer.get(body + place).copied().unwrap_or(0);
    if family != b'L' {
        return Command::Other;
    }
    match at(1) {
        2 | 50 => Command::PrintKept,
        112 => {
            let across = (usize::from(at(6)) + 256 * usize::from(at(7))).div_ceil(8);
            let rows = usize::from(at(8)) + 256 * usize::from(at(9));
            let bits = buffer.iter().skip(body + 10).take(across * rows).copied().collect();
            Command::Keep { across, bits }
        }
        _ => Command::Other,
    }
}

/// Two bytes, the lower one first.
fn length(buffer: &VecDeque<u8>, place: usize) -> Option<usize> {
    let (low, high) = (buffer.get(place)?, buffer.get(place + 1)?);
    Some(usize::from(*low) + 256 * usize::from(*high))
}
