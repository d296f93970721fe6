//! Wiegand: bits as pulses on two lines, DATA0 and DATA1, from a reader that sends each frame once.
//!
//! No clock: every pulse comes with the kernel's own time. What comes may be anything; a frame never grows past
//! [`LONGEST`] bits. Facts from facts/devices.md §3.4: pulses of 20 to 100 µs, 0.2 to 20 ms apart, active low; 26 bits are an
//! even parity bit over the 12 that follow it, 8 of facility, 16 of card, and an odd one over the 12 before it. 34 bits are
//! built the same way over 16 and 16.

use adapter_sdk::gpio::{Level, PinEdge};
use std::time::Duration;

/// Bits of the longest frame that is collected; no format in use is longer.
pub(crate) const LONGEST: u8 = 64;
/// Half of the shortest pulse there is, since timestamps of interrupts jitter: what is shorter is no pulse.
pub(crate) const GLITCH: Duration = Duration::from_micros(10);
/// As long as the longest pause between pulses: what is longer is no pulse but a broken wire.
pub(crate) const STUCK: Duration = Duration::from_millis(20);

/// Why a frame is not a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WiegandError {
    /// Of a length that no format here has; [`u8::MAX`] stands for longer.
    #[error("{0} bits are neither 26 nor 34")]
    Length(u8),
    /// A parity bit is wrong.
    #[error("a parity bit is wrong")]
    Parity,
    /// Both lines were active at once, or one for too long.
    #[error("the lines contradict each other")]
    Wires,
}

/// The number a frame spells: its data bits without parity, facility and card as one. `bits` holds the frame's `count`
/// bits, the first one sent on top.
pub(crate) fn number(bits: u64, count: u8) -> Result<u64, WiegandError> {
    let half = match count {
        26 => 12,
        34 => 16,
        _ => return Err(WiegandError::Length(count)),
    };
    let ones = |from: u8, length: u8| (bits >> from & ((1 << length) - 1)).count_ones();
    let even = ones(half + 1, half + 1) % 2 == 0;
    let odd = ones(0, half + 1) % 2 == 1;
    if !even || !odd {
        return Err(WiegandError::Parity);
    }
    Ok(bits >> 1 & ((1 << (2 * half)) - 1))
}

/// Which line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WiegandLine {
    /// DATA0: a zero.
    Zero,
    /// DATA1: a one.
    One,
}

/// A frame on its way in.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    bits: u64,
    count: u8,
    /// The pulse that has begun, and when.
    pulse: Option<(WiegandLine, u64)>,
    /// When the last pulse ended.
    last: Option<u64>,
    wires: SignalQuality,
}

/// How the wires behaved during a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum SignalQuality {
    #[default]
    Sane,
    Contradictory,
}

impl Collector {
    /// Whether a frame of so many bits is whole.
    pub(crate) fn is_whole(&self, bits: u8) -> bool {
        self.count == bits && self.pulse.is_none()
    }

    /// Takes an edge: pin 0 is DATA0, pin 1 is DATA1. After a pause longer than `gap` a new frame begins: the one before it,
    /// if nobody asked for its [`Self::end`] in time, is given back.
    pub(crate) fn take(&mut self, edge: PinEdge, gap: Duration) -> Option<Result<u64, WiegandError>> {
        let wire = match edge.pin {
            0 => WiegandLine::Zero,
            1 => WiegandLine::One,
            _ => return None,
        };
        let paused = self
            .last
            .is_some_and(|last| Duration::from_nanos(edge.at_ns.saturating_sub(last)) > gap);
        let before = if paused { self.end() } else { None };
        match (edge.to, self.pulse) {
            (Level::Active, None) => self.pulse = Some((wire, edge.at_ns)),
            (Level::Active, Some((began, _))) if began == wire => self.pulse = Some((wire, edge.at_ns)),
            (Level::Active, Some(_)) => self.wires = SignalQuality::Contradictory,
            (Level::Inactive, Some((began, at_ns))) if began == wire => {
                self.pulse = None;
                self.pulsed(wire, at_ns, edge.at_ns);
            }
            (Level::Inactive, _) => {}
        }
        before
    }

    /// Whether no frame has begun.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0 && self.pulse.is_none() && self.wires == SignalQuality::Sane
    }

    /// Ends the frame: nothing came for as long as the gap. `None` where nothing came before either.
    pub(crate) fn end(&mut self) -> Option<Result<u64, WiegandError>> {
        let frame = std::mem::take(self);
        // A pulse that has not ended by now never will.
        if frame.wires == SignalQuality::Contradictory || frame.pulse.is_some() {
            return Some(Err(WiegandError::Wires));
        }
        match frame.count {
            0 => None,
            count if count > LONGEST => Some(Err(WiegandError::Length(u8::MAX))),
            count => Some(number(frame.bits, count)),
        }
    }

    fn pulsed(&mut self, wire: WiegandLine, from_ns: u64, to_ns: u64) {
        let width = Duration::from_nanos(to_ns.saturating_sub(from_ns));
        if width < GLITCH {
            return;
        }
        self.last = Some(to_ns);
        if width > STUCK {
            self.wires = SignalQuality::Contradictory;
        }
        self.bits = self.bits << 1
            | match wire {
                WiegandLine::Zero => 0,
                WiegandLine::One => 1,
            };
        // One more than fits says that it was too long; what it held does not matter any more.
        self.count = self.count.saturating_add(1).min(LONGEST + 1);
    }
}
