//! Edges as administrators see them: online or not, when they were last heard, whether the identity works.
//!
//! An edge of another organisation does not exist here.

use crate::{AdminError, AdminErrorKind, AdminResult, caller::Tenant, role::Permission};
use cloud_store::{
    StoreError,
    audit::AuditResult,
    devices,
    edges::{self, EdgeRecord, EdgeState},
    events::{self, EdgeGap},
};
use protocol::{EdgeId, Timestamp, fact::Heartbeat};

/// An edge together with what its connection and its last heartbeat say.
#[derive(Debug, Clone)]
pub struct EdgeOverview {
    /// The edge.
    pub edge: EdgeRecord,
    /// When it was last heard, by the cloud's clock.
    pub seen: Option<Timestamp>,
    /// Whether it counts as online.
    pub presence: EdgePresence,
    /// Its last heartbeat.
    pub heartbeat: Option<Heartbeat>,
}

/// Whether an edge counts as online (A48).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgePresence {
    /// Heard within the last 45 s.
    Online,
    /// Not heard for longer.
    Offline,
    /// Never heard.
    Never,
}

/// An edge of the caller's organisation; anybody else's does not exist.
pub async fn known(tenant: &Tenant, id: EdgeId) -> AdminResult<EdgeRecord> {
    let found = edges::get(&tenant.admin().store.platform(), id).await.map_err(failed)?;
    found
        .filter(|edge| edge.org == tenant.scope.org())
        .ok_or_else(|| AdminError::not_found("edge"))
}

/// The organisation's edges, each with what is known of it now.
pub async fn list(tenant: &Tenant) -> AdminResult<Vec<EdgeOverview>> {
    tenant.need(Permission::ReadSites).await?;
    overviews(tenant).await
}

/// One edge, with what is known of it now.
pub async fn get(tenant: &Tenant, id: EdgeId) -> AdminResult<EdgeOverview> {
    let edge = list(tenant).await?.into_iter().find(|seen| seen.edge.id == id);
    edge.ok_or_else(|| AdminError::not_found("edge"))
}

/// Whether one edge can be reached now; none: there is no such edge.
pub(crate) async fn overview(tenant: &Tenant, id: EdgeId) -> AdminResult<Option<EdgeOverview>> {
    Ok(overviews(tenant).await?.into_iter().find(|seen| seen.edge.id == id))
}

async fn overviews(tenant: &Tenant) -> AdminResult<Vec<EdgeOverview>> {
    let admin = tenant.admin();
    let now = admin.clock.now();
    let all = edges::list(&admin.store.platform(), tenant.scope.org())
        .await
        .map_err(failed)?;
    let stored = devices::statuses(&tenant.scope).await.map_err(failed)?;
    let seen = all.into_iter().map(|edge| {
        let live = admin.links.presence(edge.id);
        let seen = live.as_ref().map(|live| live.seen).max(edge.seen);
        let presence = match (&live, seen) {
            (Some(live), _) if live.online(now) => EdgePresence::Online,
            (_, Some(_)) => EdgePresence::Offline,
            (_, None) => EdgePresence::Never,
        };
        let told = || {
            stored
                .iter()
                .find(|status| status.edge == edge.id)
                .map(|status| status.heartbeat.clone())
        };
        let heartbeat = live.and_then(|live| live.heartbeat).or_else(told);
        EdgeOverview {
            edge,
            seen,
            presence,
            heartbeat,
        }
    });
    Ok(seen.collect())
}

/// Events of an edge that the cloud never got, with the reason where the edge gave one.
pub async fn gaps(tenant: &Tenant, id: EdgeId) -> AdminResult<Vec<EdgeGap>> {
    tenant.need(Permission::ReadEvents).await?;
    known(tenant, id).await?;
    events::gaps(&tenant.scope, Some(id)).await.map_err(failed)
}

/// Releases a quarantined edge: whichever card joins next goes on, whatever its join counter; any other one is then behind
/// it, and is quarantined. An edge that works is left as it is.
pub async fn release(tenant: &Tenant, id: EdgeId) -> AdminResult<()> {
    tenant.need(Permission::ManageEdges).await?;
    let edge = known(tenant, id).await?;
    match edge.state {
        EdgeState::Active | EdgeState::Released => Ok(()),
        EdgeState::Quarantined => release_quarantined(tenant, Some(&edge)).await.map(|_| ()),
        EdgeState::Revoked => {
            tenant
                .record("edge.release", &id, AuditResult::Refused, "the edge is revoked")
                .await?;
            let detail = "A revoked edge stays revoked. Enrol it anew with a fresh code.";
            Err(AdminError::new(AdminErrorKind::Conflict, detail))
        }
    }
}

/// Releases every quarantined edge of the organisation, and says how many there were: for a cloud whose edges all went
/// into quarantine at once.
pub async fn release_all(tenant: &Tenant) -> AdminResult<usize> {
    tenant.need(Permission::ManageEdges).await?;
    release_quarantined(tenant, None).await
}

async fn release_quarantined(tenant: &Tenant, only: Option<&EdgeRecord>) -> AdminResult<usize> {
    let admin = tenant.admin();
    let org = tenant.scope.org();
    let target = only.map_or_else(|| org.to_string(), |edge| edge.id.to_string());
    let detail = only.map_or("every quarantined edge", |edge| edge.name.as_str());
    let entry = tenant.caller.entry("edge.release", &target, AuditResult::Done, detail);
    let platform = admin.store.platform();
    let released = edges::release(&platform, org, only.map(|edge| edge.id), entry);
    let released = released.await.map_err(failed)?;
    // The platform's chain has it with the change; the organisation's chain is the one its people read.
    for id in &released {
        tenant.record("edge.release", id, AuditResult::Done, detail).await?;
        admin.links.drop_edge(*id);
    }
    Ok(released.len())
}

/// Takes an edge's identity away for good: its connection is closed, and its key never works again.
pub async fn revoke(tenant: &Tenant, id: EdgeId) -> AdminResult<()> {
    tenant.need(Permission::ManageEdges).await?;
    let edge = known(tenant, id).await?;
    let admin = tenant.admin();
    let entry = tenant.caller.entry("edge.revoke", &id, AuditResult::Done, &edge.name);
    edges::revoke(&admin.store.platform(), (tenant.scope.org(), id), entry)
        .await
        .map_err(failed)?;
    tenant.record("edge.revoke", &id, AuditResult::Done, &edge.name).await?;
    admin.links.drop_edge(id);
    Ok(())
}

fn failed(error: StoreError) -> AdminError {
    AdminError::store("Looking up edges", error)
}
