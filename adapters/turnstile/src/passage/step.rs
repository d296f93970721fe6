//! What a gate is told, what happened to it, and why it lets nobody through.
//!
//! A step says everything that is needed to make it so: whoever applies it asks no clock and no input.

use crate::reader::Side;
use adapter_sdk::gpio::Level;
use protocol::text::PersonNumber;
use std::time::Duration;

/// A moment: time since the run began, on the monotonic clock.
pub(crate) type Elapsed = Duration;

/// An input of the edge, an output of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signal {
    /// Somebody passed who came from this side.
    Pass(Side),
    /// The gate takes commands.
    Ready,
    /// The gate reports an intrusion.
    Alarm,
    /// Somebody stands in the gate.
    Detector,
    /// The fire alarm opened the gate: it is the hardware's, we only watch.
    Fire,
}

/// Which grant, within one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GrantId(pub(super) u64);

/// Somebody is, or may be, let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Which.
    pub(crate) id: GrantId,
    /// At which side.
    pub(crate) side: Side,
    /// Who, where that is known.
    pub(crate) person: Option<PersonNumber>,
}

/// What the gate is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GateInput {
    /// It cannot be done.
    Cancel(GrantId),
    /// Somebody may pass now: who, where that is known.
    Open(Side, Option<PersonNumber>),
    /// An input is so.
    Sensed(Signal, Level),
    /// Time went by.
    Tick,
    /// The run ends: nobody will look any more.
    Shutdown,
}

/// What happened to the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GateStep {
    /// Somebody is let through until then.
    Opened(Grant, Elapsed),
    /// The time of everybody at a side is over: it is locked; who is in the arms may finish until then.
    Locked(Side, Elapsed),
    /// Somebody passed.
    Entered(Grant),
    /// Somebody did not.
    NotEntered(Grant),
    /// Somebody passed without a grant, at this side where that is known.
    Forced(Option<Side>),
    /// An input changed.
    Sensed(Signal, Level, Elapsed),
    /// An input is as it is for too long.
    Stuck(Signal),
    /// It is as it should be again.
    Cleared(Signal),
    /// The fire alarm opened the gate.
    Emergency,
    /// It is over.
    EmergencyEnded(Elapsed),
}

/// Why nobody is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// As many as may have a grant at that side.
    Busy,
    /// The gate says that it is not ready.
    NotReady,
    /// The fire alarm has the gate.
    Emergency,
    /// The grant has ended.
    Over,
}
