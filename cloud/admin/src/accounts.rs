//! Accounts of an organisation, and its audit.
//!
//! A new account gets a one-time password, shown once, that is good for choosing another and for nothing else.

use crate::{
    AdminError, AdminErrorKind, AdminResult,
    caller::{Caller, Tenant},
    entropy::random_id,
    role::{Permission, Role},
    sign_in,
    token::OneTimePassword,
};
use cloud_store::{
    StoreError,
    accounts::{self, Account, AccountId, CreateResult, LoginName, NewAccount, RoleName},
    audit::{self, AuditResult, ChainedEntry},
};

/// Most entries of one page of the audit.
pub const MOST_ENTRIES: u32 = 500;

/// A new account and its one-time password, which cannot be had again.
#[derive(Debug)]
pub struct CreatedAccount {
    /// Its id.
    pub id: AccountId,
    /// What it signs in with.
    pub login: LoginName,
    /// What it is.
    pub role: Role,
    /// Good for choosing another password, and for nothing else.
    pub one_time_password: OneTimePassword,
}

/// Which entries of the audit.
#[derive(Debug, Clone, Copy)]
pub struct AuditPage {
    /// Entries older than this one; none: the newest.
    pub before: Option<u64>,
    /// Entries at most.
    pub limit: u32,
}

/// The organisation's accounts.
pub async fn list(tenant: &Tenant) -> AdminResult<Vec<Account>> {
    tenant.need(Permission::ManageAccounts).await?;
    accounts::list(&tenant.admin().store.platform(), Some(tenant.scope.org()))
        .await
        .map_err(failed)
}

/// Makes an account of the organisation.
pub async fn create(tenant: &Tenant, login: &str, role: Role) -> AdminResult<CreatedAccount> {
    tenant.need(Permission::ManageAccounts).await?;
    if role == Role::PlatformAdmin {
        tenant
            .record("account.create", login, AuditResult::Refused, "role platform_admin")
            .await?;
        return Err(AdminError::new(
            AdminErrorKind::Forbidden,
            "A platform account cannot belong to an organisation.",
        ));
    }
    if login.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(AdminError::new(
            AdminErrorKind::Invalid,
            "A login is written in lower case.",
        ));
    }
    let login: LoginName = login
        .parse()
        .map_err(|error| AdminError::new(AdminErrorKind::Invalid, format!("{error}.")))?;
    let admin = tenant.admin();
    let at = admin.clock.now();
    let password = OneTimePassword::random().map_err(|error| AdminError::internal("Making a password", &error))?;
    let hash = admin
        .passwords
        .hash(password.expose())
        .await
        .map_err(sign_in::password_refused)?;
    let id = AccountId(random_id(at)?);
    let account = NewAccount {
        id,
        login: login.clone(),
        org: Some(tenant.scope.org()),
        role: RoleName(role.as_str().to_owned()),
        password: hash,
        at,
    };
    let detail = format!("role {role}");
    let entry = tenant
        .caller
        .entry("account.create", &login, AuditResult::Done, &detail);
    let made = accounts::create(&admin.store.platform(), account, entry).await;
    match made.map_err(failed)? {
        // Logins are unique over all organisations; that this one is taken elsewhere cannot be kept from the asker.
        CreateResult::Taken => Err(AdminError::new(AdminErrorKind::Conflict, "That login is taken.")),
        CreateResult::Created => {
            tenant
                .record("account.create", &login, AuditResult::Done, detail)
                .await?;
            Ok(CreatedAccount {
                id,
                login,
                role,
                one_time_password: password,
            })
        }
    }
}

/// Who did what in the organisation, newest first.
pub async fn audit(tenant: &Tenant, page: AuditPage) -> AdminResult<Vec<ChainedEntry>> {
    tenant.need(Permission::ReadAudit).await?;
    audit::list(&tenant.scope, page.before, page.limit)
        .await
        .map_err(failed)
}

/// Who did what on the platform: sign-ins, organisations, edges' identities. Newest first.
pub async fn platform_audit(caller: &Caller, page: AuditPage) -> AdminResult<Vec<ChainedEntry>> {
    caller.need(Permission::ManageOrgs).await?;
    let platform = caller.admin.store.platform();
    audit::list_platform(&platform, page.before, page.limit)
        .await
        .map_err(failed)
}

fn failed(error: StoreError) -> AdminError {
    AdminError::store("Looking after accounts", error)
}
