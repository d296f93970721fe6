//! Whose word the kernel takes: who this edge is, and the keys that sign for the cloud.

use crate::EdgeIds;
use protocol::key::PublicKey;

/// Who this edge is and whose word it takes; changed by the uplink when it enrols or joins.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Who this edge is; none before enrolment.
    pub me: Option<EdgeIds>,
    /// Keys that sign commands and documents.
    pub keys: Vec<PublicKey>,
}
