//! What can be wrong with a gate that answers.
//!
//! About one thing there is at most one fault at a time.

use crate::passage::Signal;
use adapter_sdk::DeviceFault;

/// What a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FaultSource {
    /// The board does not do what it is told.
    Board,
    /// An input.
    Input(Signal),
    /// A reader.
    Reader(usize),
}

/// A fault of a gate; of several the board's counts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GateFault {
    /// What it is about.
    pub(super) source: FaultSource,
    /// A short stable word.
    pub(super) word: &'static str,
}

impl DeviceFault for GateFault {
    fn word(&self) -> &'static str {
        self.word
    }
}
