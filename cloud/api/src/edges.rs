//! Edges as administrators see them: online or not, how old the last heartbeat is, whether the identity works.
//!
//! An edge of another organisation does not exist here.

use super::{
    caller::Tenant,
    extract::Path,
    page::Whose,
    problem::{Answer, Problem, Refusals},
    role::Permission,
};
use axum::Json;
use cloud_store::{
    StoreError,
    audit::Done,
    devices,
    edges::{self, Edge, EdgeState},
    events,
};
use http::StatusCode;
use protocol::{EdgeId, Timestamp, fact::Heartbeat};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// An edge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Edge)]
pub struct EdgeBody {
    /// Its id.
    pub id: Uuid,
    /// Its site.
    pub site: Uuid,
    /// For people.
    pub name: String,
    /// `active`, `quarantined` (its identity was used twice: nobody may until somebody has looked), `revoked`.
    #[schema(pattern = "^(active|quarantined|revoked)$")]
    pub state: &'static str,
    /// Heard within the last 45 s.
    pub online: bool,
    /// Seconds since it was last heard.
    pub age_s: Option<u64>,
    /// When it was last heard, by the cloud's clock.
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
    /// How often it has joined; 0: not yet.
    pub joins: u64,
    /// Version of its agent.
    pub version: String,
    /// Serial number of its board.
    pub serial: String,
    /// When it enrolled.
    #[schema(format = DateTime)]
    pub created: String,
    /// Its last heartbeat: version, uptime_s, journal_depth, journal_bytes, cpu, mem, disk, devices_ok, devices_bad…
    #[schema(value_type = Option<Object>)]
    pub heartbeat: Option<Value>,
}

/// A range of events that the cloud never got.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Gap)]
pub struct GapBody {
    /// Which journal of the edge.
    epoch: u32,
    /// `facts` or `telemetry`.
    lane: &'static str,
    /// First missing seq.
    from: u64,
    /// Last missing seq.
    to: u64,
    /// When it was noticed.
    #[schema(format = DateTime)]
    noticed: String,
    /// Why, once the edge explained it: `budget`, `age`, `damaged`, `missing`, `exported`.
    reason: Option<String>,
}

/// An edge together with what its connection and its last heartbeat say.
#[derive(Debug, Clone)]
pub struct SeenEdge {
    /// The edge.
    pub edge: Edge,
    /// When it was last heard, by the cloud's clock.
    pub seen: Option<Timestamp>,
    /// Whether it counts as online.
    pub presence: Presence,
    /// Its last heartbeat.
    pub heartbeat: Option<Heartbeat>,
}

/// Whether an edge counts as online (A48).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Heard within the last 45 s.
    Online,
    /// Not heard for longer.
    Offline,
    /// Never heard.
    Never,
}

/// The organisation's edges.
#[utoipa::path(get, path = "/edges", tag = "edges", params(Whose),
    responses((status = 200, body = Vec<EdgeBody>), Refusals))]
pub async fn list(tenant: Tenant) -> Answer<Json<Vec<EdgeBody>>> {
    tenant.need(Permission::ReadSites).await?;
    let now = tenant.admin().app.clock.now();
    let all = seen(&tenant).await?;
    Ok(Json(all.into_iter().map(|edge| body(edge, now)).collect()))
}

/// One edge.
#[utoipa::path(get, path = "/edges/{id}", tag = "edges", params(("id" = Uuid, Path), Whose),
    responses((status = 200, body = EdgeBody), Refusals))]
pub async fn get(tenant: Tenant, Path(id): Path<EdgeId>) -> Answer<Json<EdgeBody>> {
    tenant.need(Permission::ReadSites).await?;
    let now = tenant.admin().app.clock.now();
    let edge = seen(&tenant).await?.into_iter().find(|seen| seen.edge.id == id);
    Ok(Json(body(edge.ok_or_else(|| Problem::not_found("edge"))?, now)))
}

/// Release a quarantined edge: whichever card joins next goes on, the other one is quarantined.
#[utoipa::path(post, path = "/edges/{id}/release", tag = "edges", params(("id" = Uuid, Path), Whose),
    responses((status = 204), Refusals))]
pub async fn release(tenant: Tenant, Path(id): Path<EdgeId>) -> Answer<StatusCode> {
    set_state(&tenant, id, EdgeState::Active).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revoke an edge for good: its connection is closed, and its key never works again.
#[utoipa::path(post, path = "/edges/{id}/revoke", tag = "edges", params(("id" = Uuid, Path), Whose),
    responses((status = 204), Refusals))]
pub async fn revoke(tenant: Tenant, Path(id): Path<EdgeId>) -> Answer<StatusCode> {
    set_state(&tenant, id, EdgeState::Revoked).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Events of the edge that the cloud never got, with the reason where the edge gave one.
#[utoipa::path(get, path = "/edges/{id}/gaps", tag = "edges", params(("id" = Uuid, Path), Whose),
    responses((status = 200, body = Vec<GapBody>), Refusals))]
pub async fn gaps(tenant: Tenant, Path(id): Path<EdgeId>) -> Answer<Json<Vec<GapBody>>> {
    tenant.need(Permission::ReadEvents).await?;
    known(&tenant, id).await?;
    let gaps = events::gaps(&tenant.scope, Some(id)).await.map_err(failed)?;
    let bodies = gaps.into_iter().map(|found| GapBody {
        epoch: found.epoch.0,
        lane: found.gap.lane.as_str(),
        from: found.gap.from.0,
        to: found.gap.to.0,
        noticed: found.noticed.to_string(),
        reason: found.gap.reason,
    });
    Ok(Json(bodies.collect()))
}

/// An edge of the caller's organisation; anybody else's does not exist.
pub async fn known(tenant: &Tenant, id: EdgeId) -> Answer<Edge> {
    let found = edges::get(&tenant.admin().app.store.platform(), id)
        .await
        .map_err(failed)?;
    found
        .filter(|edge| edge.org == tenant.scope.org())
        .ok_or_else(|| Problem::not_found("edge"))
}

/// The organisation's edges, each with what is known of it now.
pub async fn seen(tenant: &Tenant) -> Answer<Vec<SeenEdge>> {
    let app = &tenant.admin().app;
    let now = app.clock.now();
    let all = edges::list(&app.store.platform(), tenant.scope.org())
        .await
        .map_err(failed)?;
    let stored = devices::statuses(&tenant.scope).await.map_err(failed)?;
    let seen = all.into_iter().map(|edge| {
        let live = app.links.presence(edge.id);
        let seen = live.as_ref().map(|live| live.seen).max(edge.seen);
        let presence = match (&live, seen) {
            (Some(live), _) if live.online(now) => Presence::Online,
            (_, Some(_)) => Presence::Offline,
            (_, None) => Presence::Never,
        };
        let told = || {
            stored
                .iter()
                .find(|status| status.edge == edge.id)
                .map(|status| status.heartbeat.clone())
        };
        let heartbeat = live.and_then(|live| live.heartbeat).or_else(told);
        SeenEdge {
            edge,
            seen,
            presence,
            heartbeat,
        }
    });
    Ok(seen.collect())
}

/// Sets whether an edge's identity works.
pub async fn set_state(tenant: &Tenant, id: EdgeId, state: EdgeState) -> Answer<()> {
    tenant.need(Permission::ManageEdges).await?;
    let edge = known(tenant, id).await?;
    let action = match state {
        EdgeState::Active => "edge.release",
        EdgeState::Quarantined => "edge.quarantine",
        EdgeState::Revoked => "edge.revoke",
    };
    if edge.state == EdgeState::Revoked && state != EdgeState::Revoked {
        tenant.record(action, &id, Done::Refused, "the edge is revoked").await?;
        let detail = "A revoked edge stays revoked. Enrol it anew with a fresh code.";
        return Err(Problem::new(super::problem::Kind::Conflict, detail));
    }
    let app = &tenant.admin().app;
    let entry = tenant.caller.entry(action, &id, Done::Yes, &edge.name);
    let whose = (tenant.scope.org(), id);
    edges::set_state(&app.store.platform(), whose, state, entry)
        .await
        .map_err(failed)?;
    // The platform's chain has it with the change; the organisation's chain is the one its people read.
    tenant.record(action, &id, Done::Yes, &edge.name).await?;
    app.links.drop_edge(id);
    Ok(())
}

fn body(seen: SeenEdge, now: Timestamp) -> EdgeBody {
    let edge = seen.edge;
    EdgeBody {
        id: *edge.id.as_uuid(),
        site: *edge.site.as_uuid(),
        name: edge.name,
        state: edge.state.as_str(),
        online: seen.presence == Presence::Online,
        age_s: seen.seen.map(|at| now.since(at).as_secs()),
        last_seen: seen.seen.map(|at| at.to_string()),
        joins: edge.counter,
        version: edge.version,
        serial: edge.serial,
        created: edge.created.to_string(),
        heartbeat: seen
            .heartbeat
            .and_then(|heartbeat| serde_json::to_value(heartbeat).ok()),
    }
}

fn failed(error: StoreError) -> Problem {
    Problem::store("Looking up edges", error)
}
