//! What an event does besides being stored and projected: it settles the version of a document that it names.
//!
//! That is no projection. A document's state is the cloud's own account of a conversation (published, sent, settled over
//! the control channel, compared at each hello), and the event repeats a part of it. Told again later, it would put an
//! old answer over a newer one; so it is told once, when it comes.

use crate::{documents::DocumentStep, projection::EventView};
use protocol::{
    Fact,
    document::{DocumentFault, DocumentReason},
    fact::DocumentChange,
};

/// Whether events with this name may settle a document.
pub(super) fn reads(name: &str) -> bool {
    name.starts_with("policy.")
}

/// How an event settles a version.
#[expect(clippy::wildcard_enum_match_arm, reason = "other facts are not about documents")]
pub(super) fn document(event: &EventView<'_>) -> Option<DocumentStep> {
    let (moved, error) = match event.fact? {
        Fact::PolicyApplied(moved) => (moved, None),
        Fact::PolicyFailed(moved) => {
            let unexplained = || DocumentFault {
                reason: DocumentReason::Failed,
                detail: None,
            };
            (moved, Some(moved.fault().unwrap_or_else(unexplained)))
        }
        _ => return None,
    };
    let DocumentChange {
        document,
        version,
        hash,
        ..
    } = moved;
    Some(DocumentStep {
        document: document.clone(),
        version: *version,
        hash: *hash,
        error,
    })
}
