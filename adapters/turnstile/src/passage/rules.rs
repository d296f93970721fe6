//! What the settings say about a gate.
//!
//! Rules never change while a run lasts: a gate under other rules is another gate.

use std::time::Duration;

/// What the settings say about the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GateRules {
    /// How it is told to let somebody through.
    pub(crate) mode: GateMode,
    /// How long somebody has to pass: in pulse mode the controller's own time, in potential mode ours.
    pub(crate) wait: Duration,
    /// How many at one side may have a grant at the same time.
    pub(crate) grants: usize,
    /// A PASS or detector input active for longer than this is stuck, and a READY input that is not, too.
    pub(crate) stuck: Duration,
}

/// How a gate is told to let somebody through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateMode {
    /// A pulse; its controller waits for a passage by itself.
    Pulse {
        /// Of this length.
        width: Duration,
    },
    /// The output is held until somebody passed or the time is over.
    Potential,
}
