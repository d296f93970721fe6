//! The branch as people of the site settled it on the box: read, checked, kept, put in force.
//!
//! What the cloud published is in force before it, and is never written here.

use crate::{House, problem::Problem, session::LOGIN};
use edge_kernel::{
    Port, Refusal, Shelf,
    queue::{Queue, SetupChange},
};
use protocol::{Actor, Fact, fact::Audit, queue::Branch};
use std::sync::Arc;

/// Its key on the shelf, where the agent finds it at its start.
const KEY: &str = "branch";
/// The cloud's document of the same.
const PUBLISHED: &str = "queue/branch";

/// Whose word counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Authority {
    /// The cloud's: it published a branch.
    Cloud(Option<Arc<Branch>>),
    /// The site's own; none: nobody settled anything yet.
    Site(Option<Arc<Branch>>),
}

impl Authority {
    /// The branch in force.
    pub(crate) fn branch(&self) -> Option<&Arc<Branch>> {
        match self {
            Authority::Cloud(branch) | Authority::Site(branch) => branch.as_ref(),
        }
    }
}

/// Whose word counts now, and what it is.
pub(crate) async fn authority(house: &House) -> Result<Authority, Problem> {
    let in_force = house.port.survey(|site| site.setup.branch.clone()).await?;
    let documents = house.port.shelf(Shelf::Documents).await?;
    let published = documents.iter().any(|(key, _)| key == PUBLISHED);
    Ok(if published {
        Authority::Cloud(in_force)
    } else {
        Authority::Site(in_force)
    })
}

/// Keeps a branch and puts it in force. Refused where the cloud's is.
pub(crate) async fn save(house: &House, branch: Branch, part: &'static str) -> Result<(), Problem> {
    if let Authority::Cloud(_) = authority(house).await? {
        return Err(Problem::not_now(
            "The cloud has published this branch; change it there.",
        ));
    }
    let bytes = serde_json::to_vec(&branch).unwrap_or_default();
    house.port.shelve(Shelf::Local, KEY.to_owned(), Some(bytes)).await?;
    let settled = SetupChange::Settled(Some(Arc::new(branch)));
    house.port.configure::<Queue>(settled).await?;
    let audit = Audit {
        action: "branch.saved".to_owned(),
        entity: Some(part.to_owned()),
        detail: None,
    };
    audited(&house.port, audit).await
}

/// Puts what the administrator did on record. A full journal is no reason to say that it was not done, nor to keep out
/// whoever comes to make room: the log has it then.
pub(crate) async fn audited(port: &Port, audit: Audit) -> Result<(), Problem> {
    let actor = Actor::Account { id: LOGIN.to_owned() };
    let action = audit.action.clone();
    match port.record(actor, vec![Fact::Audited(audit).into()]).await {
        Err(refusal @ Refusal::Full { .. }) => tracing::warn!(%refusal, action, "the journal has no room for an audit"),
        other => other?,
    }
    Ok(())
}
