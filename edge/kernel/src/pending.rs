//! Documents handed to the agent that have not come to their end yet.

use crate::{Refusal, Settlement, input::Done};
use protocol::signed::Signed;

/// A document handed to the agent.
pub(crate) struct PendingDocument {
    pub(crate) signed: Signed,
    pub(crate) version: u64,
    pub(crate) waiting: Vec<Done<Settlement>>,
}

impl PendingDocument {
    /// Tells everybody who waits why there will be no settlement.
    pub(crate) fn give_up(self, why: &Refusal) {
        for done in self.waiting {
            // Whoever asked may be gone.
            let _ = done.send(Err(why.clone()));
        }
    }
}
