//! Who did what: an organisation's audit, and the platform's.
//!
//! Read only: an entry is made where something is done.

use crate::{
    AdminError, AdminResult,
    caller::{Caller, Tenant},
    role::Permission,
};
use cloud_store::{
    StoreError,
    audit::{self, ChainedEntry},
};

/// Most entries of one page of the audit.
pub const MOST_ENTRIES: u32 = 500;

/// Which entries of the audit.
#[derive(Debug, Clone, Copy)]
pub struct AuditPage {
    /// Entries older than this one; none: the newest.
    pub before: Option<u64>,
    /// Entries at most.
    pub limit: u32,
}

/// Who did what in the organisation, newest first.
pub async fn list(tenant: &Tenant, page: AuditPage) -> AdminResult<Vec<ChainedEntry>> {
    tenant.need(Permission::ReadAudit).await?;
    audit::list(&tenant.scope, page.before, page.limit)
        .await
        .map_err(failed)
}

/// Who did what on the platform: sign-ins, organisations, edges' identities. Newest first.
pub async fn list_platform(caller: &Caller, page: AuditPage) -> AdminResult<Vec<ChainedEntry>> {
    caller.need(Permission::ManageOrgs).await?;
    let platform = caller.admin.store.platform();
    audit::list_platform(&platform, page.before, page.limit)
        .await
        .map_err(failed)
}

fn failed(error: StoreError) -> AdminError {
    AdminError::store("Reading the audit", error)
}
