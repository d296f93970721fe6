//! `ostona-cloud rebuild`: makes a projection anew from the stored events, organisation by organisation.
//!
//! It works on a state directory that no cloud works in. A cloud that is started before it has ended goes on where it
//! stopped; one of a new version needs nobody to ask.

use cloud_store::{
    Db, StoreError,
    catch_up::{self, RebuildProgress},
    orgs,
    projections::ProjectionName,
};
use protocol::OrgId;

/// What came of one organisation's projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildSummary {
    /// Whose.
    pub org: OrgId,
    /// The last event in it.
    pub upto: u64,
}

/// Why a rebuild ended early: organisations before are done.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// There is no such organisation.
    #[error("there is no organisation {0}")]
    Org(OrgId),
    /// The store failed.
    #[error("cannot rebuild")]
    Store(#[source] StoreError),
}

/// Rebuilds a projection of one organisation, or of all; tells how far each has come, once per percent.
pub async fn rebuild(
    store: &Db,
    name: ProjectionName,
    only: Option<OrgId>,
    mut told: impl FnMut(OrgId, RebuildProgress),
) -> Result<Vec<RebuildSummary>, RebuildError> {
    let found = orgs::list(&store.platform()).await.map_err(RebuildError::Store)?;
    let found = found.into_iter().map(|org| org.id);
    let chosen: Vec<OrgId> = found.filter(|org| only.is_none_or(|only| only == *org)).collect();
    if let (Some(org), true) = (only, chosen.is_empty()) {
        return Err(RebuildError::Org(org));
    }
    let mut rebuilt = Vec::with_capacity(chosen.len());
    for org in chosen {
        let (scope, mut percent) = (store.scope(org), 0);
        let upto = catch_up::rebuild(&scope, name, |progress| {
            if progress.percent() > percent {
                percent = progress.percent();
                told(org, progress);
            }
        });
        let upto = upto.await.map_err(RebuildError::Store)?;
        rebuilt.push(RebuildSummary { org, upto });
    }
    Ok(rebuilt)
}

#[cfg(test)]
mod tests;
