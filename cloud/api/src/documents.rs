//! Documents of an edge: published here under optimistic versions, with their history and where each is.
//!
//! Bodies may hold passwords of devices: who may only look never gets one.

use super::{
    caller::Tenant,
    edges,
    extract::{Body, Path, reason},
    page::Whose,
    problem::{Answer, Kind, Problem, Refusals},
    role::Permission,
};
use axum::{
    Json,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use cloud_store::{
    StoreError,
    audit::Done,
    documents::{self, NewDocument, Published, TrackedDocument},
    edges::EdgeState,
};
use http::{HeaderValue, StatusCode, header};
use protocol::{
    Document, DocumentId, EdgeId,
    queue::{Bookings, Branch},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// A version to be published.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentWish {
    /// The settings themselves.
    #[schema(value_type = Object)]
    pub body: Map<String, Value>,
    /// It takes effect only with a restart of whatever it configures.
    #[serde(default)]
    #[schema(nullable = false)]
    pub requires_restart: bool,
}

/// A version of a document and where it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Document)]
pub struct DocumentBody {
    /// `kind/name`, e.g. `device/lobby-gate-1`.
    pub id: String,
    /// The edge it is for.
    pub edge: Uuid,
    /// 1 for the first.
    pub version: u64,
    /// SHA-256 of the body as compact JSON with sorted keys.
    pub hash: String,
    /// `published`, `delivered`, `applied` or `failed`.
    pub state: &'static str,
    /// Why it failed.
    pub reason: Option<String>,
    /// When it was published.
    #[schema(format = DateTime)]
    pub released_at: String,
    /// When it was last sent.
    #[schema(format = DateTime)]
    pub delivered_at: Option<String>,
    /// When the edge confirmed or refused it.
    #[schema(format = DateTime)]
    pub settled_at: Option<String>,
    /// It takes effect only with a restart.
    pub requires_restart: bool,
    /// Taken back: what it configured is gone.
    pub withdrawn: bool,
    /// The settings; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub body: Option<Value>,
}

/// A document's place: edge, kind and name.
#[derive(Debug, Deserialize)]
pub struct Place {
    id: EdgeId,
    kind: String,
    name: String,
}

/// What a change must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// `if-none-match: *`: no version in force.
    Absent,
    /// `if-match: "N"`.
    Version(u64),
}

/// The last version of each document of an edge, without bodies.
#[utoipa::path(get, path = "/edges/{id}/documents", tag = "documents", params(("id" = Uuid, Path), Whose),
    responses((status = 200, body = Vec<DocumentBody>), Refusals))]
pub async fn list(tenant: Tenant, Path(edge): Path<EdgeId>) -> Answer<Json<Vec<DocumentBody>>> {
    tenant.need(Permission::ReadDevices).await?;
    edges::known(&tenant, edge).await?;
    let all = documents::list(&tenant.scope, edge).await.map_err(failed)?;
    Ok(Json(all.iter().map(without_body).collect()))
}

/// The last version of one document. `etag` is what a change has to hand back.
#[utoipa::path(get, path = "/edges/{id}/documents/{kind}/{name}", tag = "documents",
    params(("id" = Uuid, Path), ("kind" = String, Path), ("name" = String, Path), Whose),
    responses((status = 200, body = DocumentBody, headers(("etag" = String))), Refusals))]
pub async fn get(tenant: Tenant, Path(place): Path<Place>) -> Answer<Response> {
    let document = place.document()?;
    latest(&tenant, place.id, document)
        .await
        .and_then(|tracked| with_etag(StatusCode::OK, &tracked))
}

/// Publish a version: the first with `if-none-match: *`, a later one with `if-match` and the `etag` that was seen.
#[utoipa::path(put, path = "/edges/{id}/documents/{kind}/{name}", tag = "documents", request_body = DocumentWish,
    params(("id" = Uuid, Path), ("kind" = String, Path), ("name" = String, Path),
        ("if-match" = Option<String>, Header), ("if-none-match" = Option<String>, Header), Whose),
    responses((status = 200, body = DocumentBody, headers(("etag" = String))),
        (status = 201, body = DocumentBody, headers(("etag" = String))), Refusals))]
pub async fn put(
    tenant: Tenant,
    Path(place): Path<Place>,
    headers: HeaderMap,
    Body(wish): Body<DocumentWish>,
) -> Answer<Response> {
    let document = place.document()?;
    publish(&tenant, place.id, document, &headers, Change::Settings(wish)).await
}

/// Take a document back: a further version says that it is gone.
#[utoipa::path(delete, path = "/edges/{id}/documents/{kind}/{name}", tag = "documents",
    params(("id" = Uuid, Path), ("kind" = String, Path), ("name" = String, Path),
        ("if-match" = Option<String>, Header), Whose),
    responses((status = 200, body = DocumentBody, headers(("etag" = String))), Refusals))]
pub async fn delete(tenant: Tenant, Path(place): Path<Place>, headers: HeaderMap) -> Answer<Response> {
    let document = place.document()?;
    publish(&tenant, place.id, document, &headers, Change::Withdrawal).await
}

/// Every version of a document, newest first, without bodies (M21, A111).
#[utoipa::path(get, path = "/edges/{id}/documents/{kind}/{name}/versions", tag = "documents",
    params(("id" = Uuid, Path), ("kind" = String, Path), ("name" = String, Path), Whose),
    responses((status = 200, body = Vec<DocumentBody>), Refusals))]
pub async fn versions(tenant: Tenant, Path(place): Path<Place>) -> Answer<Json<Vec<DocumentBody>>> {
    tenant.need(Permission::ReadDevices).await?;
    let document = place.document()?;
    edges::known(&tenant, place.id).await?;
    let all = documents::versions(&tenant.scope, place.id, document)
        .await
        .map_err(failed)?;
    if all.is_empty() {
        return Err(Problem::not_found("document"));
    }
    Ok(Json(all.iter().map(without_body).collect()))
}

/// What a new version says.
#[derive(Debug)]
pub enum Change {
    /// These settings.
    Settings(DocumentWish),
    /// That the document is gone.
    Withdrawal,
}

/// The last version of a document, with its body.
pub async fn latest(tenant: &Tenant, edge: EdgeId, document: DocumentId) -> Answer<TrackedDocument> {
    tenant.need(Permission::ManageDevices).await?;
    edges::known(tenant, edge).await?;
    let found = documents::latest(&tenant.scope, edge, document).await.map_err(failed)?;
    found
        .filter(|found| !found.document.withdrawn)
        .ok_or_else(|| Problem::not_found("document"))
}

/// Publishes a version under the conditions of the request's headers, and rings the edge.
pub async fn publish(
    tenant: &Tenant,
    edge: EdgeId,
    id: DocumentId,
    headers: &HeaderMap,
    change: Change,
) -> Answer<Response> {
    tenant.need(Permission::ManageDevices).await?;
    let known = edges::known(tenant, edge).await?;
    if known.state == EdgeState::Revoked {
        return Err(Problem::new(
            Kind::Conflict,
            "The edge is revoked: it takes no documents.",
        ));
    }
    let last = documents::latest(&tenant.scope, edge, id.clone())
        .await
        .map_err(failed)?;
    let in_force = last.as_ref().filter(|last| !last.document.withdrawn);
    let expected = match (expected(headers)?, in_force) {
        (Expected::Version(version), Some(_)) => version,
        (Expected::Version(_), None) => return Err(Problem::not_found("document")),
        (Expected::Absent, None) => last.as_ref().map_or(0, |last| last.document.version),
        (Expected::Absent, Some(last)) => return Err(stale(last.document.version)),
    };
    change.check(&id)?;
    let new = change.document(edge, id, tenant.admin().app.clock.now());
    let (status, action) = match (&in_force, new.withdrawn) {
        (_, true) => (StatusCode::OK, "document.withdraw"),
        (Some(_), false) => (StatusCode::OK, "document.publish"),
        (None, false) => (StatusCode::CREATED, "document.publish"),
    };
    let detail = format!("after version {expected}");
    let entry = tenant
        .caller
        .entry(action, &format!("{edge} {}", new.id), Done::Yes, detail);
    match documents::publish_after(&tenant.scope, expected, new, entry)
        .await
        .map_err(failed)?
    {
        Published::Stale(version) => Err(stale(version)),
        Published::Yes(document) => {
            tenant.admin().app.links.ring(edge);
            with_etag(status, &just_published(*document))
        }
    }
}

impl Place {
    fn document(&self) -> Answer<DocumentId> {
        format!("{}/{}", self.kind, self.name)
            .parse()
            .map_err(|_| Problem::not_found("document"))
    }
}

impl Change {
    /// Whether the box will take it: what a document of a known kind says is looked at before it is sent.
    fn check(&self, id: &DocumentId) -> Answer<()> {
        let Change::Settings(wish) = self else { return Ok(()) };
        let body = Value::Object(wish.body.clone());
        let checked = match id.kind() {
            "queue" => Branch::deserialize(&body).map(drop),
            "bookings" => Bookings::deserialize(&body).map(drop),
            _ => return Ok(()),
        };
        checked.map_err(|error| Problem::new(Kind::Invalid, reason(&error.to_string())))
    }

    fn document(self, edge: EdgeId, id: DocumentId, published: protocol::Timestamp) -> NewDocument {
        let (body, requires_restart, withdrawn) = match self {
            Change::Settings(wish) => (Value::Object(wish.body), wish.requires_restart, false),
            Change::Withdrawal => (Value::Object(Map::new()), false, true),
        };
        NewDocument {
            edge,
            id,
            published,
            requires_restart,
            withdrawn,
            body,
        }
    }
}

fn expected(headers: &HeaderMap) -> Answer<Expected> {
    let text = |name| {
        headers
            .get(name)
            .map(|value: &HeaderValue| value.to_str().unwrap_or_default().trim())
    };
    match (text(header::IF_MATCH), text(header::IF_NONE_MATCH)) {
        (Some(tag), _) => {
            let version = tag.trim_matches('"').parse();
            version
                .map(Expected::Version)
                .map_err(|_| Problem::new(Kind::Stale, "if-match is no etag of this document."))
        }
        (None, Some("*")) => Ok(Expected::Absent),
        (None, _) => {
            let detail = "Send if-match with the etag you have seen, or if-none-match: * for a new document.";
            Err(Problem::new(Kind::MatchNeeded, detail))
        }
    }
}

fn stale(version: u64) -> Problem {
    Problem::new(
        Kind::Stale,
        format!("The document is at version {version} now. Read it again, then change it."),
    )
}

fn just_published(document: Document) -> TrackedDocument {
    let hash = document.hash();
    let state = documents::DocumentState::Published;
    TrackedDocument {
        document,
        hash,
        state,
        delivered: None,
        settled: None,
        reason: None,
    }
}

/// A document with the `etag` that a change has to hand back.
pub fn with_etag(status: StatusCode, tracked: &TrackedDocument) -> Answer<Response> {
    let tag = HeaderValue::from_str(&format!("\"{}\"", tracked.document.version));
    let tag = tag.map_err(|error| Problem::internal("Writing the etag", &error))?;
    let body = DocumentBody {
        body: Some(tracked.document.body.clone()),
        ..without_body(tracked)
    };
    Ok((status, [(header::ETAG, tag)], Json(body)).into_response())
}

fn without_body(tracked: &TrackedDocument) -> DocumentBody {
    let document = &tracked.document;
    DocumentBody {
        id: document.id.to_string(),
        edge: *document.edge.as_uuid(),
        version: document.version,
        hash: tracked.hash.clone(),
        state: tracked.state.as_str(),
        reason: tracked.reason.clone(),
        released_at: document.published.to_string(),
        delivered_at: tracked.delivered.map(|at| at.to_string()),
        settled_at: tracked.settled.map(|at| at.to_string()),
        requires_restart: document.requires_restart,
        withdrawn: document.withdrawn,
        body: None,
    }
}

fn failed(error: StoreError) -> Problem {
    Problem::store("Looking after documents", error)
}
