//! Documents handed to the agent that have not come to their end yet.

use crate::{DocumentSettlement, Refusal, input::AnswerSender};
use protocol::signed_text::SignedText;

/// A document handed to the agent.
pub(crate) struct PendingDocument {
    pub(crate) signed: SignedText,
    pub(crate) version: u64,
    pub(crate) waiting: Vec<AnswerSender<DocumentSettlement>>,
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
