//! Organisations, their sites, and the codes that let an edge into one.
//!
//! An enrolment code is shown once, here, and never again.

use crate::{
    extract::{JsonBody, Path},
    page::OrgParam,
    refusals::Refusals,
    result::{ApiResult, created},
    wire_time::WireTime,
};
use axum::{Json, response::Response};
use cloud_admin::{
    caller::{Caller, Tenant},
    orgs::{self, CODE_LIFETIME, CODE_SECONDS},
};
use cloud_http::{Kind, Problem};
use protocol::{SiteId, Timestamp, enrolment::Code};
use serde::{Deserialize, Deserializer, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// A name for people.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameRequest {
    /// 1 to 100 characters, no control characters.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x20\x7f-\xa0]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0])?$",
        example = "Chilonzor"
    )]
    name: String,
}

/// An organisation or a site.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NamedItem {
    /// Its id.
    id: Uuid,
    /// For people.
    name: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created: WireTime,
}

/// What an enrolment code is to be for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeRequest {
    /// What the edge will be called, for people: 1 to 100 characters.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x20\x7f-\xa0]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0])?$",
        example = "Front desk"
    )]
    name: String,
    /// Seconds it is good for: 60 to 604800; a day where left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 60, maximum = 604_800, nullable = false)]
    expires_in_s: Option<u64>,
}

/// Where it is given it is a number; `null` is none.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    u64::deserialize(deserializer).map(Some)
}

/// An enrolment code. It cannot be had again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnrolmentCode)]
pub(crate) struct EnrolmentCodeBody {
    /// Four groups of four letters and digits.
    #[schema(value_type = String, example = "7K3M-Q2ZX-0B9N-WD4T")]
    pub(crate) code: Code,
    /// The site it is for.
    pub(crate) site: Uuid,
    /// What the edge will be called.
    pub(crate) name: String,
    /// From when on it is worthless.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires: WireTime,
}

/// An enrolment code as listed: without the code.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedCode)]
pub(crate) struct CodeSummaryBody {
    /// What the edge will be called.
    name: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created: WireTime,
    /// From when on it is worthless.
    #[schema(value_type = String, format = DateTime)]
    expires: WireTime,
    /// The edge that used it.
    edge: Option<Uuid>,
}

/// Every organisation the account may see.
#[utoipa::path(get, path = "/orgs", tag = "orgs", responses((status = 200, body = Vec<NamedItem>), Refusals))]
pub(crate) async fn list(caller: Caller) -> ApiResult<Json<Vec<NamedItem>>> {
    let orgs = orgs::visible(&caller).await?;
    let items = orgs
        .into_iter()
        .map(|org| item(org.id.as_uuid(), org.name, org.created));
    Ok(Json(items.collect()))
}

/// Make an organisation.
#[utoipa::path(post, path = "/orgs", tag = "orgs", request_body = NameRequest,
    responses((status = 201, body = NamedItem, headers(("location" = String))), Refusals))]
pub(crate) async fn create(caller: Caller, JsonBody(request): JsonBody<NameRequest>) -> ApiResult<Response> {
    let org = orgs::create(&caller, &request.name).await?;
    created(
        &format!("/api/v1/orgs/{}", org.id),
        item(org.id.as_uuid(), org.name, org.created),
    )
}

/// The organisation's sites.
#[utoipa::path(get, path = "/sites", tag = "sites", params(OrgParam),
    responses((status = 200, body = Vec<NamedItem>), Refusals))]
pub(crate) async fn sites(tenant: Tenant) -> ApiResult<Json<Vec<NamedItem>>> {
    let sites = orgs::sites(&tenant).await?;
    let items = sites
        .into_iter()
        .map(|site| item(site.id.as_uuid(), site.name, site.created));
    Ok(Json(items.collect()))
}

/// Make a site.
#[utoipa::path(post, path = "/sites", tag = "sites", request_body = NameRequest, params(OrgParam),
    responses((status = 201, body = NamedItem, headers(("location" = String))), Refusals))]
pub(crate) async fn create_site(tenant: Tenant, JsonBody(request): JsonBody<NameRequest>) -> ApiResult<Response> {
    let site = orgs::create_site(&tenant, &request.name).await?;
    created(
        &format!("/api/v1/sites/{}", site.id),
        item(site.id.as_uuid(), site.name, site.created),
    )
}

/// Enrolment codes of the organisation, newest first, without the codes themselves.
#[utoipa::path(get, path = "/sites/{id}/enrolment-codes", tag = "sites",
    params(("id" = Uuid, Path, description = "Site"), OrgParam),
    responses((status = 200, body = Vec<CodeSummaryBody>), Refusals))]
pub(crate) async fn enrolment_codes(tenant: Tenant, Path(site): Path<SiteId>) -> ApiResult<Json<Vec<CodeSummaryBody>>> {
    let codes = orgs::enrolment_codes(&tenant, site).await?;
    let listed = codes.into_iter().map(|code| CodeSummaryBody {
        name: code.name,
        created: code.created.into(),
        expires: code.expires.into(),
        edge: code.edge.map(|edge| *edge.as_uuid()),
    });
    Ok(Json(listed.collect()))
}

/// Make an enrolment code.
#[utoipa::path(post, path = "/sites/{id}/enrolment-codes", tag = "sites", request_body = CodeRequest,
    params(("id" = Uuid, Path, description = "Site"), OrgParam),
    responses((status = 201, body = EnrolmentCodeBody), Refusals))]
pub(crate) async fn create_enrolment_code(
    tenant: Tenant,
    Path(site): Path<SiteId>,
    JsonBody(request): JsonBody<CodeRequest>,
) -> ApiResult<Response> {
    let lifetime = match request.expires_in_s {
        None => CODE_LIFETIME,
        Some(seconds) if CODE_SECONDS.contains(&seconds) => Duration::from_secs(seconds),
        Some(_) => return Err(Problem::new(Kind::Invalid, "expires_in_s is 60 to 604800.")),
    };
    let made = orgs::create_code(&tenant, site, &request.name, lifetime).await?;
    let code = EnrolmentCodeBody {
        code: made.code,
        site: *made.site.as_uuid(),
        name: made.name,
        expires: made.expires.into(),
    };
    created(&format!("/api/v1/sites/{site}/enrolment-codes"), code)
}

fn item(id: &Uuid, name: String, created: Timestamp) -> NamedItem {
    NamedItem {
        id: *id,
        name,
        created: created.into(),
    }
}
