//! Documents of an edge: published here under optimistic versions, with their history and where each is.
//!
//! Bodies may hold passwords of devices: who may only look never gets one.

use crate::{
    extract::{JsonBody, Path},
    page::OrgParam,
    refusals::Refusals,
    result::ApiResult,
    wire_time::WireTime,
};
use axum::{
    Json,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use cloud_admin::{
    caller::Tenant,
    documents::{self, DocumentContent, EffectTiming, ExpectedVersion, PriorVersion, PublishedDocument},
};
use cloud_http::{Kind, Problem};
use cloud_store::documents::TrackedDocument;
use http::{HeaderValue, StatusCode, header};
use protocol::{Digest, DocumentId, EdgeId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// A version to be published.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentRequest {
    /// The settings themselves.
    #[schema(value_type = Object)]
    pub(crate) body: Map<String, Value>,
    /// It takes effect only with a restart of whatever it configures.
    #[serde(default)]
    #[schema(nullable = false)]
    pub(crate) requires_restart: bool,
}

/// A version of a document and where it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Document)]
pub(crate) struct DocumentBody {
    /// `kind/name`, e.g. `device/lobby-gate-1`.
    #[schema(value_type = String)]
    pub(crate) id: DocumentId,
    /// The edge it is for.
    pub(crate) edge: Uuid,
    /// 1 for the first.
    pub(crate) version: u64,
    /// SHA-256 of the body as compact JSON with sorted keys.
    #[schema(value_type = String)]
    pub(crate) hash: Digest,
    /// `published`, `delivered`, `applied` or `failed`.
    pub(crate) state: &'static str,
    /// Why it failed.
    pub(crate) reason: Option<String>,
    /// When it was published.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) released_at: WireTime,
    /// When it was last sent.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) delivered_at: Option<WireTime>,
    /// When the edge confirmed or refused it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) settled_at: Option<WireTime>,
    /// It takes effect only with a restart.
    pub(crate) requires_restart: bool,
    /// Taken back: what it configured is gone.
    pub(crate) withdrawn: bool,
    /// The settings; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub(crate) body: Option<Value>,
}

/// A document's path: edge, kind and name.
#[derive(Debug, Deserialize)]
pub(crate) struct DocumentPath {
    id: EdgeId,
    kind: String,
    name: String,
}

/// The last version of each document of an edge, without bodies.
#[utoipa::path(get, path = "/edges/{id}/documents", tag = "documents", params(("id" = Uuid, Path), OrgParam),
    responses((status = 200, body = Vec<DocumentBody>), Refusals))]
pub(crate) async fn list(tenant: Tenant, Path(edge): Path<EdgeId>) -> ApiResult<Json<Vec<DocumentBody>>> {
    let all = documents::list(&tenant, edge).await?;
    Ok(Json(all.iter().map(without_body).collect()))
}

/// The last version of one document. `etag` is what a change has to hand back.
#[utoipa::path(get, path = "/edges/{id}/documents/{kind}/{name}", tag = "documents",
    params(("id" = Uuid, Path), ("kind" = String, Path), ("name" = String, Path), OrgParam),
    responses((status = 200, body = DocumentBody, headers(("etag" = String))), Refusals))]
pub(crate) async fn get(tenant: Tenant, Path(path): Path<DocumentPath>) -> ApiResult<Response> {
    let tracked = documents::latest(&tenant, path.id, path.document()?).await?;
    with_etag(StatusCode::OK, &tracked)
}

/// Publish a version: the first with `if-none-match: *`, a later one with `if-match` and the `etag` that was seen.
#[utoipa::path(put, path = "/edges/{id}/documents/{kind}/{name}", tag = "documents", request_body = DocumentRequest,
    params(("id" = Uuid, Path), ("kind" = String, Path), ("name" = String, Path),
        ("if-match" = Option<String>, Header), ("if-none-match" = Option<String>, Header), OrgParam),
    responses((status = 200, body = DocumentBody, headers(("etag" = String))),
        (status = 201, body = DocumentBody, headers(("etag" = String))), Refusals))]
pub(crate) async fn put(
    tenant: Tenant,
    Path(path): Path<DocumentPath>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<DocumentRequest>,
) -> ApiResult<Response> {
    let document = path.document()?;
    let expected = expected(&tenant, path.id, &headers).await?;
    let published = documents::publish(&tenant, path.id, document, expected, request.change()).await?;
    answer(&published)
}

/// Take a document back: a further version says that it is gone.
#[utoipa::path(delete, path = "/edges/{id}/documents/{kind}/{name}", tag = "documents",
    params(("id" = Uuid, Path), ("kind" = String, Path), ("name" = String, Path),
        ("if-match" = Option<String>, Header), OrgParam),
    responses((status = 200, body = DocumentBody, headers(("etag" = String))), Refusals))]
pub(crate) async fn delete(tenant: Tenant, Path(path): Path<DocumentPath>, headers: HeaderMap) -> ApiResult<Response> {
    let document = path.document()?;
    let expected = expected(&tenant, path.id, &headers).await?;
    let published = documents::publish(&tenant, path.id, document, expected, DocumentContent::Withdrawal).await?;
    with_etag(StatusCode::OK, &published.tracked)
}

/// Every version of a document, newest first, without bodies (M21, A111).
#[utoipa::path(get, path = "/edges/{id}/documents/{kind}/{name}/versions", tag = "documents",
    params(("id" = Uuid, Path), ("kind" = String, Path), ("name" = String, Path), OrgParam),
    responses((status = 200, body = Vec<DocumentBody>), Refusals))]
pub(crate) async fn versions(tenant: Tenant, Path(path): Path<DocumentPath>) -> ApiResult<Json<Vec<DocumentBody>>> {
    let all = documents::versions(&tenant, path.id, path.document()?).await?;
    Ok(Json(all.iter().map(without_body).collect()))
}

impl DocumentPath {
    fn document(&self) -> ApiResult<DocumentId> {
        format!("{}/{}", self.kind, self.name)
            .parse()
            .map_err(|_| Problem::not_found("document"))
    }
}

impl DocumentRequest {
    pub(crate) fn change(self) -> DocumentContent {
        let effect = if self.requires_restart {
            EffectTiming::AfterRestart
        } else {
            EffectTiming::AtOnce
        };
        DocumentContent::Settings {
            body: self.body,
            effect,
        }
    }
}

/// What the request's headers say a change must find.
pub(crate) async fn expected(tenant: &Tenant, edge: EdgeId, headers: &HeaderMap) -> ApiResult<ExpectedVersion> {
    // Somebody else's edge does not exist, whatever the headers say.
    documents::may_publish(tenant, edge).await?;
    let text = |name| {
        headers
            .get(name)
            .map(|value: &HeaderValue| value.to_str().unwrap_or_default().trim())
    };
    match (text(header::IF_MATCH), text(header::IF_NONE_MATCH)) {
        (Some(tag), _) => {
            let version = tag.trim_matches('"').parse();
            version
                .map(ExpectedVersion::Version)
                .map_err(|_| Problem::new(Kind::Stale, "if-match is no etag of this document."))
        }
        (None, Some("*")) => Ok(ExpectedVersion::Absent),
        (None, _) => {
            let detail = "Send if-match with the etag you have seen, or if-none-match: * for a new document.";
            Err(Problem::new(Kind::MatchNeeded, detail))
        }
    }
}

/// A version that was published: 201 where there was none before.
pub(crate) fn answer(published: &PublishedDocument) -> ApiResult<Response> {
    let status = match published.before {
        PriorVersion::Nothing => StatusCode::CREATED,
        PriorVersion::Version => StatusCode::OK,
    };
    with_etag(status, &published.tracked)
}

/// A document with the `etag` that a change has to hand back.
pub(crate) fn with_etag(status: StatusCode, tracked: &TrackedDocument) -> ApiResult<Response> {
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
        id: document.id.clone(),
        edge: *document.edge.as_uuid(),
        version: document.version,
        hash: tracked.hash,
        state: tracked.state.as_str(),
        reason: tracked.reason.clone(),
        released_at: document.published.into(),
        delivered_at: tracked.delivered.map(WireTime::from),
        settled_at: tracked.settled.map(WireTime::from),
        requires_restart: document.requires_restart,
        withdrawn: document.withdrawn,
        body: None,
    }
}
