//! Edges as administrators see them: online or not, how old the last heartbeat is, whether the identity works.
//!
//! An edge of another organisation does not exist here.

use crate::{extract::Path, page::OrgParam, refusals::Refusals, result::ApiResult, wire_time::WireTime};
use axum::Json;
use cloud_admin::{
    caller::Tenant,
    edges::{self, EdgeOverview, EdgePresence},
};
use http::StatusCode;
use protocol::{
    EdgeId, Timestamp,
    text::{AgentVersion, BoardSerial},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// An edge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Edge)]
pub(crate) struct EdgeBody {
    /// Its id.
    pub(crate) id: Uuid,
    /// Its site.
    pub(crate) site: Uuid,
    /// For people.
    pub(crate) name: String,
    /// `active`, `quarantined` (its identity was used twice: nobody may until somebody has looked), `released` (somebody
    /// has: the next join is taken once), `revoked`.
    #[schema(pattern = "^(active|released|quarantined|revoked)$")]
    pub(crate) state: &'static str,
    /// Heard within the last 45 s.
    pub(crate) online: bool,
    /// Seconds since it was last heard.
    pub(crate) age_s: Option<u64>,
    /// When it was last heard, by the cloud's clock.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_seen: Option<WireTime>,
    /// How often it has joined; 0: not yet.
    pub(crate) joins: u64,
    /// Version of its agent.
    #[schema(value_type = String)]
    pub(crate) version: AgentVersion,
    /// Serial number of its board.
    #[schema(value_type = String)]
    pub(crate) serial: BoardSerial,
    /// When it enrolled.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created: WireTime,
    /// Its last heartbeat: version, uptime_s, journal_depth, journal_bytes, cpu, mem, disk, devices_ok, devices_bad…
    #[schema(value_type = Option<Object>)]
    pub(crate) heartbeat: Option<Value>,
}

/// A range of events that the cloud never got.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Gap)]
pub(crate) struct GapBody {
    /// Which journal of the edge.
    epoch: u32,
    /// `facts` or `telemetry`.
    lane: &'static str,
    /// First missing seq.
    from: u64,
    /// Last missing seq.
    to: u64,
    /// When it was noticed.
    #[schema(value_type = String, format = DateTime)]
    noticed: WireTime,
    /// Why, once the edge explained it: `budget`, `age`, `damaged`, `missing`, `exported`, `acknowledged` (the cloud had
    /// them before it was restored from a copy), `restored` (they came under the epoch before).
    reason: Option<String>,
}

/// The organisation's edges.
#[utoipa::path(get, path = "/edges", tag = "edges", params(OrgParam),
    responses((status = 200, body = Vec<EdgeBody>), Refusals))]
pub(crate) async fn list(tenant: Tenant) -> ApiResult<Json<Vec<EdgeBody>>> {
    let all = edges::list(&tenant).await?;
    let now = tenant.admin().clock.now();
    Ok(Json(all.into_iter().map(|edge| body(edge, now)).collect()))
}

/// One edge.
#[utoipa::path(get, path = "/edges/{id}", tag = "edges", params(("id" = Uuid, Path), OrgParam),
    responses((status = 200, body = EdgeBody), Refusals))]
pub(crate) async fn get(tenant: Tenant, Path(id): Path<EdgeId>) -> ApiResult<Json<EdgeBody>> {
    let edge = edges::get(&tenant, id).await?;
    Ok(Json(body(edge, tenant.admin().clock.now())))
}

/// Release a quarantined edge: whichever card joins next goes on, whatever its join counter; the other one is quarantined.
#[utoipa::path(post, path = "/edges/{id}/release", tag = "edges", params(("id" = Uuid, Path), OrgParam),
    responses((status = 204), Refusals))]
pub(crate) async fn release(tenant: Tenant, Path(id): Path<EdgeId>) -> ApiResult<StatusCode> {
    edges::release(&tenant, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many edges were released.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Released)]
pub(crate) struct ReleasedBody {
    /// Edges that were quarantined and may join now.
    released: usize,
}

/// Release every quarantined edge of the organisation, for example after the cloud was restored from a copy.
#[utoipa::path(post, path = "/edges/release", tag = "edges", params(OrgParam),
    responses((status = 200, body = ReleasedBody), Refusals))]
pub(crate) async fn release_all(tenant: Tenant) -> ApiResult<Json<ReleasedBody>> {
    let released = edges::release_all(&tenant).await?;
    Ok(Json(ReleasedBody { released }))
}

/// Revoke an edge for good: its connection is closed, and its key never works again.
#[utoipa::path(post, path = "/edges/{id}/revoke", tag = "edges", params(("id" = Uuid, Path), OrgParam),
    responses((status = 204), Refusals))]
pub(crate) async fn revoke(tenant: Tenant, Path(id): Path<EdgeId>) -> ApiResult<StatusCode> {
    edges::revoke(&tenant, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Events of the edge that the cloud never got, with the reason where the edge gave one: the first thousand ranges.
#[utoipa::path(get, path = "/edges/{id}/gaps", tag = "edges", params(("id" = Uuid, Path), OrgParam),
    responses((status = 200, body = Vec<GapBody>), Refusals))]
pub(crate) async fn gaps(tenant: Tenant, Path(id): Path<EdgeId>) -> ApiResult<Json<Vec<GapBody>>> {
    let gaps = edges::gaps(&tenant, id).await?;
    let bodies = gaps.into_iter().map(|found| GapBody {
        epoch: found.epoch.0,
        lane: found.gap.lane.as_str(),
        from: found.gap.from.0,
        to: found.gap.to.0,
        noticed: found.noticed.into(),
        reason: found.gap.reason.map(String::from),
    });
    Ok(Json(bodies.collect()))
}

fn body(seen: EdgeOverview, now: Timestamp) -> EdgeBody {
    let edge = seen.edge;
    EdgeBody {
        id: *edge.id.as_uuid(),
        site: *edge.site.as_uuid(),
        name: edge.name,
        state: edge.state.as_str(),
        online: seen.presence == EdgePresence::Online,
        age_s: seen.seen.map(|at| now.since(at).as_secs()),
        last_seen: seen.seen.map(WireTime::from),
        joins: edge.counter,
        version: edge.version,
        serial: edge.serial,
        created: edge.created.into(),
        heartbeat: seen
            .heartbeat
            .and_then(|heartbeat| serde_json::to_value(heartbeat).ok()),
    }
}
