//! Deciding: what happens next, given the state, what was asked and what time it is. Changes nothing.

mod command;
mod device;

pub(crate) use command::{CommandAcceptance, interrupted, receive, settle};
pub use device::{AdmitError, Novelty, admit, leases_expired};
pub(crate) use device::{document_settled, enlist, lease_renewed, presence};

use protocol::{EdgeId, OrgId};

/// Who this edge is: commands and documents for anybody else are not for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EdgeIds {
    /// The edge.
    pub edge: EdgeId,
    /// Its organisation.
    pub org: OrgId,
}

/// Whether the journal takes new work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalSpace {
    /// It does.
    Left,
    /// The disk budget is used up.
    UsedUp,
}
