//! Organisations, their sites, and the codes that let an edge into one.
//!
//! An enrolment code is shown once, here, and never again.

use super::{
    Admin,
    caller::{Caller, Tenant},
    created,
    extract::{Body, Path},
    problem::{Answer, Kind, Problem, Refusals},
    role::Permission,
};
use axum::{Json, response::Response};
use cloud_store::{
    StoreError,
    audit::Done,
    enrol::{self, NewCode},
    orgs::{self, Org, Site},
};
use protocol::{OrgId, SiteId, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long an enrolment code is good where nobody says otherwise.
pub const CODE_LIFETIME: Duration = Duration::from_secs(24 * 3600);
const SHORTEST_CODE: u64 = 60;
const LONGEST_CODE: u64 = 7 * 24 * 3600;
const LONGEST_NAME: usize = 100;

/// A name for people.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
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
pub struct Place {
    /// Its id.
    id: Uuid,
    /// For people.
    name: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created: String,
}

/// What an enrolment code is to be for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeWish {
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
pub struct EnrolmentCode {
    /// Four groups of four letters and digits.
    #[schema(example = "7K3M-Q2ZX-0B9N-WD4T")]
    pub code: String,
    /// The site it is for.
    pub site: Uuid,
    /// What the edge will be called.
    pub name: String,
    /// From when on it is worthless.
    #[schema(format = DateTime)]
    pub expires: String,
}

/// An enrolment code as listed: without the code.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedCode {
    /// What the edge will be called.
    name: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created: String,
    /// From when on it is worthless.
    #[schema(format = DateTime)]
    expires: String,
    /// The edge that used it.
    edge: Option<Uuid>,
}

/// Every organisation the account may see.
#[utoipa::path(get, path = "/orgs", tag = "orgs", responses((status = 200, body = Vec<Place>), Refusals))]
pub async fn list(caller: Caller) -> Answer<Json<Vec<Place>>> {
    let orgs = visible(&caller).await?;
    Ok(Json(
        orgs.into_iter()
            .map(|org| place(org.id.as_uuid(), org.name, org.created))
            .collect(),
    ))
}

/// Make an organisation.
#[utoipa::path(post, path = "/orgs", tag = "orgs", request_body = Named,
    responses((status = 201, body = Place, headers(("location" = String))), Refusals))]
pub async fn create(caller: Caller, Body(wish): Body<Named>) -> Answer<Response> {
    let org = make(&caller, &wish.name).await?;
    created(
        &format!("/api/v1/orgs/{}", org.id),
        place(org.id.as_uuid(), org.name, org.created),
    )
}

/// The organisation's sites.
#[utoipa::path(get, path = "/sites", tag = "sites", params(super::page::Whose),
    responses((status = 200, body = Vec<Place>), Refusals))]
pub async fn sites(tenant: Tenant) -> Answer<Json<Vec<Place>>> {
    tenant.need(Permission::ReadSites).await?;
    let sites = orgs::sites(&tenant.scope).await.map_err(failed)?;
    Ok(Json(
        sites
            .into_iter()
            .map(|site| place(site.id.as_uuid(), site.name, site.created))
            .collect(),
    ))
}

/// Make a site.
#[utoipa::path(post, path = "/sites", tag = "sites", request_body = Named, params(super::page::Whose),
    responses((status = 201, body = Place, headers(("location" = String))), Refusals))]
pub async fn create_site(tenant: Tenant, Body(wish): Body<Named>) -> Answer<Response> {
    let site = make_site(&tenant, &wish.name).await?;
    created(
        &format!("/api/v1/sites/{}", site.id),
        place(site.id.as_uuid(), site.name, site.created),
    )
}

/// Enrolment codes of the organisation, newest first, without the codes themselves.
#[utoipa::path(get, path = "/sites/{id}/enrolment-codes", tag = "sites",
    params(("id" = Uuid, Path, description = "Site"), super::page::Whose),
    responses((status = 200, body = Vec<ListedCode>), Refusals))]
pub async fn enrolment_codes(tenant: Tenant, Path(site): Path<SiteId>) -> Answer<Json<Vec<ListedCode>>> {
    tenant.need(Permission::EnrolEdges).await?;
    known_site(&tenant, site).await?;
    let codes = enrol::list(&tenant.admin().app.store.platform(), tenant.scope.org())
        .await
        .map_err(failed)?;
    let listed = codes
        .into_iter()
        .filter(|code| code.site == site)
        .map(|code| ListedCode {
            name: code.name,
            created: code.created.to_string(),
            expires: code.expires.to_string(),
            edge: code.edge.map(|edge| *edge.as_uuid()),
        });
    Ok(Json(listed.collect()))
}

/// Make an enrolment code.
#[utoipa::path(post, path = "/sites/{id}/enrolment-codes", tag = "sites", request_body = CodeWish,
    params(("id" = Uuid, Path, description = "Site"), super::page::Whose),
    responses((status = 201, body = EnrolmentCode), Refusals))]
pub async fn create_enrolment_code(
    tenant: Tenant,
    Path(site): Path<SiteId>,
    Body(wish): Body<CodeWish>,
) -> Answer<Response> {
    let lifetime = match wish.expires_in_s {
        None => CODE_LIFETIME,
        Some(seconds @ SHORTEST_CODE..=LONGEST_CODE) => Duration::from_secs(seconds),
        Some(_) => return Err(Problem::new(Kind::Invalid, "expires_in_s is 60 to 604800.")),
    };
    let code = make_code(&tenant, site, &wish.name, lifetime).await?;
    created(&format!("/api/v1/sites/{site}/enrolment-codes"), code)
}

/// The organisations an account may see: its own, or all.
pub async fn visible(caller: &Caller) -> Answer<Vec<Org>> {
    let platform = caller.admin.app.store.platform();
    match caller.account().org {
        Some(own) => Ok(orgs::get(&platform, own).await.map_err(failed)?.into_iter().collect()),
        None => {
            caller.need(Permission::ManageOrgs).await?;
            orgs::list(&platform).await.map_err(failed)
        }
    }
}

/// Makes an organisation.
pub async fn make(caller: &Caller, name: &str) -> Answer<Org> {
    caller.need(Permission::ManageOrgs).await?;
    let (name, now) = (checked_name(name)?, caller.admin.app.clock.now());
    let org = Org {
        id: OrgId::new(now, entropy()?),
        name,
        created: now,
    };
    let entry = caller.entry("org.create", &org.id, Done::Yes, &org.name);
    orgs::create(&caller.admin.app.store.platform(), org.clone(), entry)
        .await
        .map_err(failed)?;
    Ok(org)
}

/// Makes a site.
pub async fn make_site(tenant: &Tenant, name: &str) -> Answer<Site> {
    tenant.need(Permission::ManageSites).await?;
    let (name, now) = (checked_name(name)?, now(tenant.admin()));
    let site = Site {
        id: SiteId::new(now, entropy()?),
        name,
        created: now,
    };
    let entry = tenant.caller.entry("site.create", &site.id, Done::Yes, &site.name);
    orgs::create_site(&tenant.scope, site.clone(), entry)
        .await
        .map_err(failed)?;
    Ok(site)
}

/// Makes an enrolment code for a site.
pub async fn make_code(tenant: &Tenant, site: SiteId, name: &str, lifetime: Duration) -> Answer<EnrolmentCode> {
    tenant.need(Permission::EnrolEdges).await?;
    known_site(tenant, site).await?;
    let (name, created) = (checked_name(name)?, now(tenant.admin()));
    let code = protocol::enrol::Code::from_entropy(entropy()?);
    let expires = created.plus(lifetime);
    let shown = EnrolmentCode {
        code: code.to_string(),
        site: *site.as_uuid(),
        name: name.clone(),
        expires: expires.to_string(),
    };
    let new = NewCode {
        code,
        org: tenant.scope.org(),
        site,
        name,
        created,
        expires,
    };
    let entry = tenant.caller.entry("edge.enrolment_code", &site, Done::Yes, &new.name);
    enrol::create(&tenant.admin().app.store.platform(), new, entry)
        .await
        .map_err(failed)?;
    Ok(shown)
}

async fn known_site(tenant: &Tenant, site: SiteId) -> Answer<Site> {
    orgs::site(&tenant.scope, site)
        .await
        .map_err(failed)?
        .ok_or_else(|| Problem::not_found("site"))
}

/// A name for people: neither blank at its ends nor with control characters.
pub fn checked_name(name: &str) -> Answer<String> {
    let blank = |c: char| c <= ' ' || ('\u{7f}'..='\u{a0}').contains(&c);
    let ends = name.chars().next().into_iter().chain(name.chars().next_back());
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count());
    if fits && !ends.into_iter().any(blank) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    let detail = "A name has 1 to 100 characters, and neither begins nor ends with a blank.";
    Err(Problem::new(Kind::Invalid, detail))
}

/// 80 random bits for a new id or code.
pub fn entropy() -> Answer<[u8; 10]> {
    let mut entropy = [0; 10];
    getrandom::fill(&mut entropy).map_err(|error| Problem::internal("Making an id", &error))?;
    Ok(entropy)
}

fn place(id: &Uuid, name: String, created: Timestamp) -> Place {
    Place {
        id: *id,
        name,
        created: created.to_string(),
    }
}

fn now(admin: &Admin) -> Timestamp {
    admin.app.clock.now()
}

fn failed(error: StoreError) -> Problem {
    Problem::store("Looking after organisations and sites", error)
}
