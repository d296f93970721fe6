//! What can be wrong with a terminal that answers.
//!
//! The words are stable: rules of sites look for them.

use adapter_sdk::DeviceFault;

/// A fault of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TerminalFault {
    /// Its clock is off.
    ClockDrift,
    /// Somebody of its people cannot be written to it.
    PeopleRefused,
    /// It tells rows that cannot be read.
    UnreadableRows,
    /// Its log began anew. It is no lasting fault.
    LogReset,
}

impl DeviceFault for TerminalFault {
    fn word(&self) -> &'static str {
        match self {
            TerminalFault::ClockDrift => "clock_drift",
            TerminalFault::PeopleRefused => "people_refused",
            TerminalFault::UnreadableRows => "unreadable_rows",
            TerminalFault::LogReset => "log_reset",
        }
    }
}
