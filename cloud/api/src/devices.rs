//! Devices: what their edges tell of them, and the document `device/<slug>` that configures each.
//!
//! A device is registered, changed and removed by publishing that document; what the edge makes of it comes back as
//! events, and nothing here pretends to know it sooner.

use crate::{
    documents::{DocumentBody, DocumentRequest, answer, expected, with_etag},
    extract::{JsonBody, Path, Query},
    page::OrgParam,
    refusals::Refusals,
    result::ApiResult,
    wire_time::WireTime,
};
use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use cloud_admin::{
    caller::Tenant,
    devices::{self, KnownDevice},
    edges::EdgePresence,
    target::DeviceRef,
};
use cloud_http::Problem;
use protocol::{
    DeviceId, EdgeId,
    id::AdapterId,
    text::{DeviceAddress, DeviceKind, FirmwareVersion, ReasonWord},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which devices.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeviceQuery {
    /// Of this edge: then devices that were registered, and of which the edge has said nothing yet, are listed too.
    #[param(value_type = Option<Uuid>, nullable = false)]
    edge: Option<EdgeId>,
}

/// A device to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDevice {
    /// The edge it hangs on.
    #[schema(value_type = Uuid)]
    edge: EdgeId,
    /// Its slug, unique on that edge.
    #[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9-]{0,62}$", example = "lobby-gate-1")]
    device: DeviceId,
    /// Its settings as the edge expects them: `kind`, `adapter`, `settings`…
    #[schema(value_type = Object)]
    config: Map<String, Value>,
}

/// A device.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Device)]
pub(crate) struct DeviceBody {
    /// `<edge>~<device>`, as in paths.
    #[schema(value_type = String)]
    pub(crate) id: DeviceRef,
    /// The edge it hangs on.
    pub(crate) edge: Uuid,
    /// Its slug there.
    #[schema(value_type = String)]
    pub(crate) device: DeviceId,
    /// What the edge last said: `new` (nothing yet), `discovered`, `paired`, `online`, `offline`, `degraded`,
    /// `retired`.
    pub(crate) status: &'static str,
    /// Why it is in that state: a stable word.
    #[schema(value_type = Option<String>)]
    pub(crate) reason: Option<ReasonWord>,
    /// `terminal`, `printer`…
    #[schema(value_type = Option<String>)]
    pub(crate) kind: Option<DeviceKind>,
    /// The adapter that speaks to it.
    #[schema(value_type = Option<String>)]
    pub(crate) adapter: Option<AdapterId>,
    /// Host and port, or a bus path.
    #[schema(value_type = Option<String>)]
    pub(crate) address: Option<DeviceAddress>,
    /// Firmware version.
    #[schema(value_type = Option<String>)]
    pub(crate) fw: Option<FirmwareVersion>,
    /// The settings it runs with, without secrets.
    #[schema(value_type = Option<Object>)]
    pub(crate) reported: Option<Value>,
    /// When its status last changed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) changed: Option<WireTime>,
    /// When it was last heard of.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_seen: Option<WireTime>,
}

/// A device's status and how far it can be believed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceStatus)]
pub(crate) struct StatusBody {
    /// `<edge>~<device>`.
    #[schema(value_type = String)]
    pub(crate) id: DeviceRef,
    /// As in a device's `status`.
    pub(crate) status: &'static str,
    /// Why.
    #[schema(value_type = Option<String>)]
    pub(crate) reason: Option<ReasonWord>,
    /// When it was last heard of.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_seen: Option<WireTime>,
    /// Whether the edge that says so can be reached; if not, the status is its last word.
    pub(crate) edge_online: bool,
    /// Seconds since the edge was last heard.
    pub(crate) edge_age_s: Option<u64>,
}

/// The organisation's devices.
#[utoipa::path(get, path = "/devices", tag = "devices", params(DeviceQuery, OrgParam),
    responses((status = 200, body = Vec<DeviceBody>), Refusals))]
pub(crate) async fn list(tenant: Tenant, Query(query): Query<DeviceQuery>) -> ApiResult<Json<Vec<DeviceBody>>> {
    let all = devices::list(&tenant, query.edge).await?;
    Ok(Json(all.iter().map(body).collect()))
}

/// Register a device: publishes the first version of its document.
#[utoipa::path(post, path = "/devices", tag = "devices", request_body = NewDevice, params(OrgParam),
    responses((status = 201, body = DocumentBody, headers(("etag" = String), ("location" = String))), Refusals))]
pub(crate) async fn register(tenant: Tenant, JsonBody(new): JsonBody<NewDevice>) -> ApiResult<Response> {
    let id = DeviceRef {
        edge: new.edge,
        device: new.device,
    };
    let published = devices::register(&tenant, &id, new.config).await?;
    let mut response = answer(&published)?;
    let location = HeaderValue::from_str(&format!("/api/v1/devices/{id}"));
    let location = location.map_err(|error| Problem::internal("Writing where the device is", &error))?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// One device.
#[utoipa::path(get, path = "/devices/{id}", tag = "devices",
    params(("id" = String, Path, description = "`<edge>~<device>`"), OrgParam),
    responses((status = 200, body = DeviceBody), Refusals))]
pub(crate) async fn get(tenant: Tenant, Path(id): Path<DeviceRef>) -> ApiResult<Json<DeviceBody>> {
    Ok(Json(body(&devices::get(&tenant, &id).await?)))
}

/// Remove a device: its document is withdrawn, and the edge takes it off its roster.
#[utoipa::path(delete, path = "/devices/{id}", tag = "devices",
    params(("id" = String, Path, description = "`<edge>~<device>`"), OrgParam),
    responses((status = 204), Refusals))]
pub(crate) async fn delete(tenant: Tenant, Path(id): Path<DeviceRef>) -> ApiResult<StatusCode> {
    devices::remove(&tenant, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A device's status from what the edge last said (A71).
#[utoipa::path(get, path = "/devices/{id}/status", tag = "devices",
    params(("id" = String, Path, description = "`<edge>~<device>`"), OrgParam),
    responses((status = 200, body = StatusBody), Refusals))]
pub(crate) async fn status(tenant: Tenant, Path(id): Path<DeviceRef>) -> ApiResult<Json<StatusBody>> {
    let (device, edge) = devices::with_edge(&tenant, &id).await?;
    let now = tenant.admin().clock.now();
    let told = device.told();
    Ok(Json(StatusBody {
        id,
        status: device.status(),
        reason: told.and_then(|device| device.reason.clone()),
        last_seen: told.map(|device| device.seen.into()),
        edge_online: edge.as_ref().is_some_and(|edge| edge.presence == EdgePresence::Online),
        edge_age_s: edge.and_then(|edge| Some(now.since(edge.seen?).as_secs())),
    }))
}

/// A device's desired settings: its document's last version.
#[utoipa::path(get, path = "/devices/{id}/config", tag = "devices",
    params(("id" = String, Path, description = "`<edge>~<device>`"), OrgParam),
    responses((status = 200, body = DocumentBody, headers(("etag" = String))), Refusals))]
pub(crate) async fn config(tenant: Tenant, Path(id): Path<DeviceRef>) -> ApiResult<Response> {
    with_etag(StatusCode::OK, &devices::config(&tenant, &id).await?)
}

/// Change a device's desired settings; needs `if-match` with the `etag` that was seen.
#[utoipa::path(put, path = "/devices/{id}/config", tag = "devices", request_body = DocumentRequest,
    params(("id" = String, Path, description = "`<edge>~<device>`"), ("if-match" = Option<String>, Header),
        ("if-none-match" = Option<String>, Header), OrgParam),
    responses((status = 200, body = DocumentBody, headers(("etag" = String))),
        (status = 201, body = DocumentBody, headers(("etag" = String))), Refusals))]
pub(crate) async fn put_config(
    tenant: Tenant,
    Path(id): Path<DeviceRef>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<DocumentRequest>,
) -> ApiResult<Response> {
    let expected = expected(&tenant, id.edge, &headers).await?;
    let published = devices::configure(&tenant, &id, expected, request.change()).await?;
    answer(&published)
}

fn body(known: &KnownDevice) -> DeviceBody {
    let (target, told) = (known.target(), known.told());
    DeviceBody {
        id: target.clone(),
        edge: *target.edge.as_uuid(),
        device: target.device.clone(),
        status: known.status(),
        reason: told.and_then(|device| device.reason.clone()),
        kind: told.and_then(|device| device.kind.clone()),
        adapter: told.and_then(|device| device.adapter.clone()),
        address: told.and_then(|device| device.address.clone()),
        fw: told.and_then(|device| device.fw.clone()),
        reported: told.and_then(|device| device.reported.clone()),
        changed: told.map(|device| device.changed.into()),
        last_seen: told.map(|device| device.seen.into()),
    }
}
