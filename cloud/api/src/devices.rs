//! Devices: what their edges tell of them, and the document `device/<slug>` that configures each.
//!
//! A device is registered, changed and removed by publishing that document; what the edge makes of it comes back as
//! events, and nothing here pretends to know it sooner.

use super::{
    caller::Tenant,
    documents::{self, Change, DocumentBody, DocumentWish},
    edges::{self, Presence, SeenEdge},
    extract::{Body, Path, Query},
    page::Whose,
    problem::{Answer, Kind, Problem, Refusals},
    role::Permission,
    target::DeviceRef,
};
use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use cloud_store::{
    StoreError,
    devices::{self, Device, DeviceStatus},
    documents as stored_documents,
};
use protocol::{DeviceId, DocumentId, EdgeId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which devices.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeviceQuery {
    /// Of this edge: then devices that were registered, and of which the edge has said nothing yet, are listed too.
    #[param(value_type = Option<Uuid>, nullable = false)]
    edge: Option<EdgeId>,
}

/// A device to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
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
pub struct DeviceBody {
    /// `<edge>~<device>`, as in paths.
    pub id: String,
    /// The edge it hangs on.
    pub edge: Uuid,
    /// Its slug there.
    pub device: String,
    /// What the edge last said: `new` (nothing yet), `discovered`, `paired`, `online`, `offline`, `degraded`,
    /// `retired`.
    pub status: &'static str,
    /// Why it is in that state: a stable word.
    pub reason: Option<String>,
    /// `terminal`, `printer`…
    pub kind: Option<String>,
    /// The adapter that speaks to it.
    pub adapter: Option<String>,
    /// Host and port, or a bus path.
    pub address: Option<String>,
    /// Firmware version.
    pub fw: Option<String>,
    /// The settings it runs with, without secrets.
    #[schema(value_type = Option<Object>)]
    pub reported: Option<Value>,
    /// When its status last changed.
    #[schema(format = DateTime)]
    pub changed: Option<String>,
    /// When it was last heard of.
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
}

/// A device's status and how far it can be believed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeviceStatus)]
pub struct StatusBody {
    /// `<edge>~<device>`.
    pub id: String,
    /// As in a device's `status`.
    pub status: &'static str,
    /// Why.
    pub reason: Option<String>,
    /// When it was last heard of.
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
    /// Whether the edge that says so can be reached; if not, the status is its last word.
    pub edge_online: bool,
    /// Seconds since the edge was last heard.
    pub edge_age_s: Option<u64>,
}

/// The organisation's devices.
#[utoipa::path(get, path = "/devices", tag = "devices", params(DeviceQuery, Whose),
    responses((status = 200, body = Vec<DeviceBody>), Refusals))]
pub async fn list(tenant: Tenant, Query(query): Query<DeviceQuery>) -> Answer<Json<Vec<DeviceBody>>> {
    all(&tenant, query.edge).await.map(Json)
}

/// Register a device: publishes the first version of its document.
#[utoipa::path(post, path = "/devices", tag = "devices", request_body = NewDevice, params(Whose),
    responses((status = 201, body = DocumentBody, headers(("etag" = String), ("location" = String))), Refusals))]
pub async fn register(tenant: Tenant, Body(new): Body<NewDevice>) -> Answer<Response> {
    let id = DeviceRef {
        edge: new.edge,
        device: new.device,
    };
    let only_new = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static("*"))]);
    let wish = Change::Settings(DocumentWish {
        body: new.config,
        requires_restart: false,
    });
    let published = documents::publish(&tenant, id.edge, DocumentId::of_device(&id.device), &only_new, wish).await;
    let taken = "There is a device of that name already; change its config.";
    let mut response = published.map_err(|problem| problem.or_if(Kind::Stale, Kind::Conflict, taken))?;
    let location = HeaderValue::from_str(&format!("/api/v1/devices/{id}"));
    let location = location.map_err(|error| Problem::internal("Writing where the device is", &error))?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// One device.
#[utoipa::path(get, path = "/devices/{id}", tag = "devices",
    params(("id" = String, Path, description = "`<edge>~<device>`"), Whose),
    responses((status = 200, body = DeviceBody), Refusals))]
pub async fn get(tenant: Tenant, Path(id): Path<DeviceRef>) -> Answer<Json<DeviceBody>> {
    find(&tenant, &id).await.map(Json)
}

/// Remove a device: its document is withdrawn, and the edge takes it off its roster.
#[utoipa::path(delete, path = "/devices/{id}", tag = "devices",
    params(("id" = String, Path, description = "`<edge>~<device>`"), Whose),
    responses((status = 204), Refusals))]
pub async fn delete(tenant: Tenant, Path(id): Path<DeviceRef>) -> Answer<StatusCode> {
    let document = DocumentId::of_device(&id.device);
    let last = documents::latest(&tenant, id.edge, document.clone()).await?;
    let tag = HeaderValue::from_str(&format!("\"{}\"", last.document.version));
    let tag = tag.map_err(|error| Problem::internal("Writing the etag", &error))?;
    let seen = HeaderMap::from_iter([(header::IF_MATCH, tag)]);
    documents::publish(&tenant, id.edge, document, &seen, Change::Withdrawal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A device's status from what the edge last said (A71).
#[utoipa::path(get, path = "/devices/{id}/status", tag = "devices",
    params(("id" = String, Path, description = "`<edge>~<device>`"), Whose),
    responses((status = 200, body = StatusBody), Refusals))]
pub async fn status(tenant: Tenant, Path(id): Path<DeviceRef>) -> Answer<Json<StatusBody>> {
    let device = find(&tenant, &id).await?;
    let edge = edges::seen(&tenant)
        .await?
        .into_iter()
        .find(|seen| seen.edge.id == id.edge);
    let now = tenant.admin().app.clock.now();
    let age = |edge: &SeenEdge| edge.seen.map(|at: Timestamp| now.since(at).as_secs());
    Ok(Json(StatusBody {
        id: device.id,
        status: device.status,
        reason: device.reason,
        last_seen: device.last_seen,
        edge_online: edge.as_ref().is_some_and(|edge| edge.presence == Presence::Online),
        edge_age_s: edge.as_ref().and_then(age),
    }))
}

/// A device's desired settings: its document's last version.
#[utoipa::path(get, path = "/devices/{id}/config", tag = "devices",
    params(("id" = String, Path, description = "`<edge>~<device>`"), Whose),
    responses((status = 200, body = DocumentBody, headers(("etag" = String))), Refusals))]
pub async fn config(tenant: Tenant, Path(id): Path<DeviceRef>) -> Answer<Response> {
    let document = documents::latest(&tenant, id.edge, DocumentId::of_device(&id.device)).await?;
    documents::with_etag(StatusCode::OK, &document)
}

/// Change a device's desired settings; needs `if-match` with the `etag` that was seen.
#[utoipa::path(put, path = "/devices/{id}/config", tag = "devices", request_body = DocumentWish,
    params(("id" = String, Path, description = "`<edge>~<device>`"), ("if-match" = Option<String>, Header),
        ("if-none-match" = Option<String>, Header), Whose),
    responses((status = 200, body = DocumentBody, headers(("etag" = String))),
        (status = 201, body = DocumentBody, headers(("etag" = String))), Refusals))]
pub async fn put_config(
    tenant: Tenant,
    Path(id): Path<DeviceRef>,
    headers: HeaderMap,
    Body(wish): Body<DocumentWish>,
) -> Answer<Response> {
    let document = DocumentId::of_device(&id.device);
    documents::publish(&tenant, id.edge, document, &headers, Change::Settings(wish)).await
}

/// The organisation's devices, or those of one edge.
pub async fn all(tenant: &Tenant, edge: Option<EdgeId>) -> Answer<Vec<DeviceBody>> {
    tenant.need(Permission::ReadDevices).await?;
    if let Some(edge) = edge {
        edges::known(tenant, edge).await?;
    }
    let told = devices::list(&tenant.scope, edge).await.map_err(failed)?;
    let mut bodies: Vec<DeviceBody> = told.into_iter().map(body).collect();
    if let Some(edge) = edge {
        for published in stored_documents::list(&tenant.scope, edge).await.map_err(failed)? {
            let device = published.document.id.name();
            let is_device = published.document.id.kind() == "device" && !published.document.withdrawn;
            if is_device && !bodies.iter().any(|known| known.device == device) {
                bodies.push(silent(edge, device));
            }
        }
    }
    Ok(bodies)
}

/// One device, of which the edge or a document knows.
pub async fn find(tenant: &Tenant, id: &DeviceRef) -> Answer<DeviceBody> {
    tenant.need(Permission::ReadDevices).await?;
    edges::known(tenant, id.edge).await?;
    if let Some(device) = devices::get(&tenant.scope, id.edge, id.device.clone())
        .await
        .map_err(failed)?
    {
        return Ok(body(device));
    }
    let published = stored_documents::latest(&tenant.scope, id.edge, DocumentId::of_device(&id.device)).await;
    let published = published
        .map_err(failed)?
        .filter(|published| !published.document.withdrawn);
    published
        .map(|_| silent(id.edge, id.device.as_str()))
        .ok_or_else(|| Problem::not_found("device"))
}

fn silent(edge: EdgeId, device: &str) -> DeviceBody {
    DeviceBody {
        id: format!("{edge}~{device}"),
        edge: *edge.as_uuid(),
        device: device.to_owned(),
        status: "new",
        reason: None,
        kind: None,
        adapter: None,
        address: None,
        fw: None,
        reported: None,
        changed: None,
        last_seen: None,
    }
}

fn body(device: Device) -> DeviceBody {
    let status: DeviceStatus = device.status;
    DeviceBody {
        id: format!("{}~{}", device.edge, device.device),
        edge: *device.edge.as_uuid(),
        device: device.device.to_string(),
        status: status.as_str(),
        reason: device.reason,
        kind: device.kind,
        adapter: device.adapter.map(|adapter| adapter.to_string()),
        address: device.address,
        fw: device.fw,
        reported: device.reported,
        changed: Some(device.changed.to_string()),
        last_seen: Some(device.seen.to_string()),
    }
}

fn failed(error: StoreError) -> Problem {
    Problem::store("Looking up devices", error)
}
