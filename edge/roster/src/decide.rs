//! Deciding: what happens next, given the state, what was asked and what time it is. Changes nothing.

mod command;
mod device;

pub use command::{Arrival, interrupted, receive, settle};
pub use device::{NotTaken, Verdict, admit, document_settled, enlist, heard, presence, retire, silent};

use protocol::{ClockState, EdgeId, OrgId, Timestamp};

/// What time it is, and whether that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The edge's wall clock.
    pub at: Timestamp,
    /// Whether it can be trusted.
    pub clock: ClockState,
}

/// Who this edge is: commands and documents for anybody else are not for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Me {
    /// The edge.
    pub edge: EdgeId,
    /// Its organisation.
    pub org: OrgId,
}
