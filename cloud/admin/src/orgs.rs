//! Organisations, their sites, and the codes that let an edge into one.
//!
//! An enrolment code is shown once, here, and never again.

use crate::{
    AdminError, AdminErrorKind, AdminResult,
    caller::{Caller, Tenant},
    entropy::entropy,
    role::Permission,
};
use cloud_store::{
    StoreError,
    audit::AuditResult,
    enrolment::{self, EnrolmentCodeSummary, NewEnrolmentCode},
    orgs::{self, Org, SiteRecord},
    usage::OrgUsage,
};
use protocol::{OrgId, SiteId, Timestamp, enrolment::Code};
use std::time::Duration;

/// How long an enrolment code is good where nobody says otherwise.
pub const CODE_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// The shortest and the longest an enrolment code may be good, seconds.
pub const CODE_SECONDS: std::ops::RangeInclusive<u64> = 60..=7 * 24 * 3600;
const LONGEST_NAME: usize = 100;

/// An enrolment code. It cannot be had again.
#[derive(Debug)]
pub struct EnrolmentCode {
    /// Four groups of four letters and digits.
    pub code: Code,
    /// The site it is for.
    pub site: SiteId,
    /// What the edge will be called.
    pub name: String,
    /// From when on it is worthless.
    pub expires: Timestamp,
}

/// The organisations an account may see: its own, or all.
pub async fn visible(caller: &Caller) -> AdminResult<Vec<Org>> {
    let platform = caller.admin.store.platform();
    match caller.account().org {
        Some(own) => Ok(orgs::get(&platform, own).await.map_err(failed)?.into_iter().collect()),
        None => {
            caller.need(Permission::ManageOrgs).await?;
            orgs::list(&platform).await.map_err(failed)
        }
    }
}

/// Makes an organisation.
pub async fn create(caller: &Caller, name: &str) -> AdminResult<Org> {
    caller.need(Permission::ManageOrgs).await?;
    let (name, now) = (checked_name(name)?, caller.admin.clock.now());
    let org = Org {
        id: OrgId::new(now, entropy()?),
        name,
        created: now,
    };
    let entry = caller.entry("org.create", &org.id, AuditResult::Done, &org.name);
    orgs::create(&caller.admin.store.platform(), org.clone(), entry)
        .await
        .map_err(failed)?;
    Ok(org)
}

/// The organisation's sites.
pub async fn sites(tenant: &Tenant) -> AdminResult<Vec<SiteRecord>> {
    tenant.need(Permission::ReadSites).await?;
    orgs::sites(&tenant.scope).await.map_err(failed)
}

/// Makes a site.
pub async fn create_site(tenant: &Tenant, name: &str) -> AdminResult<SiteRecord> {
    tenant.need(Permission::ManageSites).await?;
    let (name, now) = (checked_name(name)?, tenant.admin().clock.now());
    let site = SiteRecord {
        id: SiteId::new(now, entropy()?),
        name,
        created: now,
    };
    let entry = tenant
        .caller
        .entry("site.create", &site.id, AuditResult::Done, &site.name);
    orgs::create_site(&tenant.scope, site.clone(), entry)
        .await
        .map_err(failed)?;
    Ok(site)
}

/// Enrolment codes of a site, newest first, without the codes themselves.
pub async fn enrolment_codes(tenant: &Tenant, site: SiteId) -> AdminResult<Vec<EnrolmentCodeSummary>> {
    tenant.need(Permission::EnrolEdges).await?;
    known_site(tenant, site).await?;
    let codes = enrolment::list(&tenant.admin().store.platform(), tenant.scope.org()).await;
    let mut codes = codes.map_err(failed)?;
    codes.retain(|code| code.site == site);
    Ok(codes)
}

/// Makes an enrolment code for a site.
pub async fn create_code(tenant: &Tenant, site: SiteId, name: &str, lifetime: Duration) -> AdminResult<EnrolmentCode> {
    tenant.need(Permission::EnrolEdges).await?;
    known_site(tenant, site).await?;
    let (name, created) = (checked_name(name)?, tenant.admin().clock.now());
    let code = Code::from_entropy(entropy()?);
    let expires = created.plus(lifetime);
    let shown = EnrolmentCode {
        code: code.clone(),
        site,
        name: name.clone(),
        expires,
    };
    let new = NewEnrolmentCode {
        code,
        org: tenant.scope.org(),
        site,
        name,
        created,
        expires,
    };
    let entry = tenant
        .caller
        .entry("edge.enrolment_code", &site, AuditResult::Done, &new.name);
    enrolment::create(&tenant.admin().store.platform(), new, entry)
        .await
        .map_err(failed)?;
    Ok(shown)
}

async fn known_site(tenant: &Tenant, site: SiteId) -> AdminResult<SiteRecord> {
    orgs::site(&tenant.scope, site)
        .await
        .map_err(failed)?
        .ok_or_else(|| AdminError::not_found("site"))
}

/// A name for people: neither blank at its ends nor with control characters.
pub fn checked_name(name: &str) -> AdminResult<String> {
    let blank = |c: char| c <= ' ' || ('\u{7f}'..='\u{a0}').contains(&c);
    let ends = name.chars().next().into_iter().chain(name.chars().next_back());
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count());
    if fits && !ends.into_iter().any(blank) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    let detail = "A name has 1 to 100 characters, and neither begins nor ends with a blank.";
    Err(AdminError::new(AdminErrorKind::Invalid, detail))
}

fn failed(error: StoreError) -> AdminError {
    AdminError::store("Looking after organisations and sites", error)
}

/// How much of its share of the disk the organisation uses.
pub async fn usage(tenant: &Tenant) -> AdminResult<OrgUsage> {
    let usage = cloud_store::usage::of(&tenant.scope).await;
    usage.map_err(|error| AdminError::store("Looking at the storage", error))
}
