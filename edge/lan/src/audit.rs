//! What the administrator did at the box's own pages, on record.

use crate::{Problem, session::LOGIN};
use edge_kernel::{Port, Refusal};
use protocol::{Actor, Fact, fact::Audit, id::SubjectId, text::AuditAction};

/// That something was done, e.g. `branch.saved`, and with what.
pub fn audit(action: impl Into<AuditAction>, entity: Option<&str>) -> Audit {
    Audit {
        action: action.into(),
        entity: entity.map(SubjectId::from),
        detail: None,
    }
}

/// Puts what the administrator did on record. A full journal is no reason to say that it was not done, nor to keep out
/// whoever comes to make room: the log has it then.
pub async fn record_audit(port: &Port, audit: Audit) -> Result<(), Problem> {
    let actor = Actor::Account { id: LOGIN.to_owned() };
    let action = audit.action.clone();
    match port.record(actor, vec![Fact::Audited(audit).into()]).await {
        Err(refusal @ Refusal::Full { .. }) => {
            tracing::warn!(%refusal, %action, "the journal has no room for an audit")
        }
        other => other?,
    }
    Ok(())
}
