//! The branch as people of the site settled it on the box: read, checked, kept, put in force.
//!
//! What the cloud published is in force before it, and is never written here.

use crate::ScreensState;
use edge_kernel::Table;
use edge_lan::{Problem, audit, record_audit};
use edge_queue::{Queue, SetupChange};
use protocol::queue::Branch;
use std::sync::Arc;

/// Its key in the table, where the agent finds it at its start.
const KEY: &str = "branch";

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
pub(crate) async fn authority(state: &ScreensState) -> Result<Authority, Problem> {
    let setup = state.port.read::<Queue>().await?.setup;
    let in_force = setup.branch.clone();
    Ok(if setup.is_published() {
        Authority::Cloud(in_force)
    } else {
        Authority::Site(in_force)
    })
}

/// Keeps a branch and puts it in force. Refused where the cloud's is.
pub(crate) async fn save(state: &ScreensState, branch: Branch, part: &'static str) -> Result<(), Problem> {
    if let Authority::Cloud(_) = authority(state).await? {
        return Err(Problem::not_now(
            "The cloud has published this branch; change it there.",
        ));
    }
    let bytes = serde_json::to_vec(&branch).unwrap_or_default();
    state.port.store(Table::Local, KEY.to_owned(), Some(bytes)).await?;
    let settled = SetupChange::Settled(Some(Arc::new(branch)));
    state.port.configure::<Queue>(settled).await?;
    record_audit(&state.port, audit("branch.saved", Some(part))).await
}
