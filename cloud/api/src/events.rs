//! Events as administrators find them: by edge, device, type and time, newest first, each with its full envelope.
//!
//! A body is passed on as the edge wrote it; nothing here reads into it.

use crate::{
    extract::{Path, Query},
    page::{ItemPage, OrgParam, PageParams},
    refusals::Refusals,
    result::ApiResult,
    wire_time::{QueryTime, WireTime, given},
};
use axum::Json;
use cloud_admin::{
    caller::Tenant,
    events::{self, EdgeSites, EventQuery},
    target::DeviceRef,
};
use cloud_store::events::{EventNameFilter, StoredEvent, UNREADABLE};
use protocol::{
    EdgeId, OrgId, SiteId,
    text::{CorrelationId, EventName},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

/// Which events. All given conditions hold together.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventParams {
    /// Of this edge.
    #[param(value_type = Option<Uuid>, nullable = false)]
    pub(crate) edge: Option<EdgeId>,
    /// About this device: `<edge>~<device>`.
    #[param(value_type = Option<String>, nullable = false,
        pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}~[a-z0-9][a-z0-9-]{0,62}$")]
    pub(crate) device: Option<DeviceRef>,
    /// Of this type; one that ends in a dot stands for all that begin with it, e.g. `access.`.
    #[serde(rename = "type")]
    #[param(value_type = Option<String>, pattern = r"^[a-z0-9_.]{1,64}$", example = "access.", nullable = false)]
    pub(crate) kind: Option<EventNameFilter>,
    /// Happened at or after, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub(crate) from: Option<QueryTime>,
    /// Happened before, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub(crate) to: Option<QueryTime>,
    /// Belonging to this command, ticket or visit.
    #[param(value_type = Option<String>, max_length = 64, nullable = false)]
    pub(crate) corr: Option<CorrelationId>,
}

/// An event and where it came from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventBody {
    /// Grows with each event that is stored in this organisation; the id of server-sent events.
    pub(crate) id: u64,
    /// Organisation.
    #[schema(value_type = Uuid)]
    pub(crate) org: OrgId,
    /// Site.
    #[schema(value_type = Option<Uuid>)]
    pub(crate) site: Option<SiteId>,
    /// Edge.
    #[schema(value_type = Uuid)]
    pub(crate) edge: EdgeId,
    /// Which journal of that edge.
    pub(crate) epoch: u32,
    /// `facts` or `telemetry`.
    pub(crate) lane: &'static str,
    /// Its place in the lane.
    pub(crate) seq: u64,
    /// Dotted name.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub(crate) kind: EventName,
    /// The device it is about, as in paths.
    #[schema(value_type = Option<String>)]
    pub(crate) device: Option<DeviceRef>,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: WireTime,
    /// When the cloud had it.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) received: WireTime,
    /// The edge's clock was not believable; `at` was moved to where it is.
    pub(crate) clock_bad: bool,
    /// The event as the edge wrote it: `id`, `name`, `data`, `v`, `at`, `clock`, `boot`, `up_ms`, `actor`, `subj`,
    /// `corr`, `replay`, `origin`, `pii`. None where it cannot be read.
    #[schema(value_type = Option<Object>)]
    pub(crate) event: Option<Box<RawValue>>,
}

/// Events of the organisation, newest first.
#[utoipa::path(get, path = "/events", tag = "events", params(EventParams, PageParams, OrgParam),
    responses((status = 200, body = ItemPage<EventBody>), Refusals))]
pub(crate) async fn list(
    tenant: Tenant,
    Query(params): Query<EventParams>,
    Query(page): Query<PageParams>,
) -> ApiResult<Json<ItemPage<EventBody>>> {
    found(&tenant, &params.query()?, &page).await
}

/// A device's log: the events about it, newest first (M20).
#[utoipa::path(get, path = "/devices/{id}/logs", tag = "devices",
    params(("id" = String, Path, description = "`<edge>~<device>`"), PageParams, OrgParam),
    responses((status = 200, body = ItemPage<EventBody>), Refusals))]
pub(crate) async fn device_logs(
    tenant: Tenant,
    Path(device): Path<DeviceRef>,
    Query(page): Query<PageParams>,
) -> ApiResult<Json<ItemPage<EventBody>>> {
    let query = EventQuery {
        device: Some(device),
        ..EventQuery::default()
    };
    found(&tenant, &query, &page).await
}

async fn found(tenant: &Tenant, query: &EventQuery, page: &PageParams) -> ApiResult<Json<ItemPage<EventBody>>> {
    let found = events::list(tenant, query, page.asked()?).await?;
    let sites = EdgeSites::among(tenant, &found.items).await?;
    let org = tenant.scope.org();
    Ok(Json(ItemPage::of(&found, |event| body(event, org, &sites))))
}

impl EventParams {
    /// As the use cases take it.
    pub(crate) fn query(self) -> ApiResult<EventQuery> {
        Ok(EventQuery {
            from: given("from", self.from)?,
            to: given("to", self.to)?,
            edge: self.edge,
            device: self.device,
            kind: self.kind,
            corr: self.corr,
        })
    }
}

/// As answered.
pub(crate) fn body(event: &StoredEvent, org: OrgId, sites: &EdgeSites) -> EventBody {
    let raw = std::str::from_utf8(&event.body).ok();
    let raw = raw
        .filter(|_| event.name != UNREADABLE)
        .and_then(|text| serde_json::from_str(text).ok());
    let device = event.device.as_ref().and_then(|device| device.as_str().parse().ok());
    EventBody {
        id: event.id,
        org,
        site: sites.get(event.edge),
        edge: event.edge,
        epoch: event.epoch.0,
        lane: event.lane.as_str(),
        seq: event.seq.0,
        kind: event.name.clone(),
        device: device.map(|device| DeviceRef {
            edge: event.edge,
            device,
        }),
        at: event.at.into(),
        received: event.rx.into(),
        clock_bad: event.clock_bad,
        event: raw,
    }
}
