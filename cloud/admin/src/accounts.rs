//! Accounts of an organisation, or of the platform: made, changed, ended by whoever answers for them.
//!
//! A one-time password is shown once, is good for choosing another and for nothing else, and expires. Every change ends the
//! account's sessions; the last administrator stays one.

use crate::{
    AdminContext, AdminError, AdminErrorKind, AdminResult,
    caller::{Caller, Tenant},
    entropy::random_id,
    role::{Permission, Role},
    sign_in,
    token::OneTimePassword,
};
use cloud_store::{
    StoreError,
    accounts::{
        self, Account, AccountId, AccountPasswordHash, CreateResult, LoginName, NewAccount, RoleName,
        change::{AccountChange, AccountChangeResult, ChangeTarget},
    },
    audit::AuditResult,
};
use protocol::{OrgId, Timestamp};
use std::sync::Arc;

/// Whose accounts are looked after.
#[derive(Debug, Clone, Copy)]
pub enum AccountRealm<'a> {
    /// An organisation's.
    Org(&'a Tenant),
    /// The platform's own: those who run it.
    Platform(&'a Caller),
}

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
    /// From when on it is worthless.
    pub expires: Timestamp,
}

/// A one-time password that replaces what somebody had.
#[derive(Debug)]
pub struct PasswordReset {
    /// Whose.
    pub login: LoginName,
    /// Good for choosing another password, and for nothing else.
    pub one_time_password: OneTimePassword,
    /// From when on it is worthless.
    pub expires: Timestamp,
}

impl AccountRealm<'_> {
    fn caller(&self) -> &Caller {
        match self {
            AccountRealm::Org(tenant) => &tenant.caller,
            AccountRealm::Platform(caller) => caller,
        }
    }
    fn admin(&self) -> &Arc<AdminContext> {
        &self.caller().admin
    }
    fn org(&self) -> Option<OrgId> {
        match self {
            AccountRealm::Org(tenant) => Some(tenant.scope.org()),
            AccountRealm::Platform(_) => None,
        }
    }
    /// The role of which one must remain.
    const fn administrator(&self) -> Role {
        match self {
            AccountRealm::Org(_) => Role::OrgAdmin,
            AccountRealm::Platform(_) => Role::PlatformAdmin,
        }
    }
    async fn need(&self) -> AdminResult<()> {
        match self {
            AccountRealm::Org(tenant) => tenant.need(Permission::ManageAccounts).await,
            AccountRealm::Platform(caller) => caller.need(Permission::ManageOrgs).await,
        }
    }
    /// The platform's chain has what was done with the change; the organisation's chain is the one its people read.
    async fn record(&self, action: &'static str, login: &str, done: AuditResult, detail: &str) -> AdminResult<()> {
        match self {
            AccountRealm::Org(tenant) => tenant.record(action, login, done, detail).await,
            AccountRealm::Platform(_) => Ok(()),
        }
    }
    /// A platform account cannot belong to an organisation, and the platform has no other.
    async fn check_role(&self, action: &'static str, login: &str, role: Role) -> AdminResult<()> {
        let detail = match (self, role == Role::PlatformAdmin) {
            (AccountRealm::Org(_), false) | (AccountRealm::Platform(_), true) => return Ok(()),
            (AccountRealm::Org(_), true) => "A platform account cannot belong to an organisation.",
            (AccountRealm::Platform(_), false) => "An account of the platform is a platform_admin.",
        };
        self.record(action, login, AuditResult::Refused, &format!("role {role}"))
            .await?;
        Err(AdminError::new(AdminErrorKind::Forbidden, detail))
    }
}

/// The accounts.
pub async fn list(realm: AccountRealm<'_>) -> AdminResult<Vec<Account>> {
    realm.need().await?;
    accounts::list(&realm.admin().store.platform(), realm.org())
        .await
        .map_err(failed)
}

/// Makes an account.
pub async fn create(realm: AccountRealm<'_>, login: &str, role: Role) -> AdminResult<CreatedAccount> {
    realm.need().await?;
    realm.check_role("account.create", login, role).await?;
    if login.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(AdminError::new(
            AdminErrorKind::Invalid,
            "A login is written in lower case.",
        ));
    }
    let login: LoginName = login
        .parse()
        .map_err(|error| AdminError::new(AdminErrorKind::Invalid, format!("{error}.")))?;
    let admin = realm.admin();
    let at = admin.clock.now();
    let (one_time_password, password, expires) = one_time_password(admin).await?;
    let id = AccountId(random_id(at)?);
    let account = NewAccount {
        id,
        login: login.clone(),
        org: realm.org(),
        role: RoleName(role.as_str().to_owned()),
        password,
        password_expires: Some(expires),
        at,
    };
    let detail = format!("role {role}");
    let entry = realm
        .caller()
        .entry("account.create", &login, AuditResult::Done, &detail);
    let made = accounts::create(&admin.store.platform(), account, entry).await;
    match made.map_err(failed)? {
        // Logins are unique over all organisations; that this one is taken elsewhere cannot be kept from the asker.
        CreateResult::Taken => Err(AdminError::new(AdminErrorKind::Conflict, "That login is taken.")),
        CreateResult::Created => {
            realm
                .record("account.create", login.as_str(), AuditResult::Done, &detail)
                .await?;
            Ok(CreatedAccount {
                id,
                login,
                role,
                one_time_password,
                expires,
            })
        }
    }
}

/// Lets an account sign in no more; its sessions end.
pub async fn disable(realm: AccountRealm<'_>, id: AccountId) -> AdminResult<()> {
    apply(realm, id, "account.disable", AccountChange::Disable)
        .await
        .map(|_| ())
}

/// Lets an account sign in again.
pub async fn enable(realm: AccountRealm<'_>, id: AccountId) -> AdminResult<()> {
    apply(realm, id, "account.enable", AccountChange::Enable)
        .await
        .map(|_| ())
}

/// Removes an account; its sessions end, its name in the audit stays.
pub async fn delete(realm: AccountRealm<'_>, id: AccountId) -> AdminResult<()> {
    apply(realm, id, "account.delete", AccountChange::Delete)
        .await
        .map(|_| ())
}

/// Makes an account something else; its sessions end.
pub async fn change_role(realm: AccountRealm<'_>, id: AccountId, role: Role) -> AdminResult<()> {
    realm.need().await?;
    realm.check_role("account.role", &id.0.to_string(), role).await?;
    let change = AccountChange::Role(RoleName(role.as_str().to_owned()));
    apply(realm, id, "account.role", change).await.map(|_| ())
}

/// Takes an account's second factor away; its sessions end.
pub async fn reset_mfa(realm: AccountRealm<'_>, id: AccountId) -> AdminResult<()> {
    apply(realm, id, "account.mfa.reset", AccountChange::ResetMfa)
        .await
        .map(|_| ())
}

/// Signs an account out everywhere.
pub async fn end_sessions(realm: AccountRealm<'_>, id: AccountId) -> AdminResult<()> {
    apply(realm, id, "account.sessions.end", AccountChange::EndSessions)
        .await
        .map(|_| ())
}

/// Gives an account a one-time password; its sessions and its locks end.
pub async fn reset_password(realm: AccountRealm<'_>, id: AccountId) -> AdminResult<PasswordReset> {
    realm.need().await?;
    let (one_time_password, hash, expires) = one_time_password(realm.admin()).await?;
    let change = AccountChange::Password { hash, expires };
    let account = apply(realm, id, "account.password.reset", change).await?;
    Ok(PasswordReset {
        login: account.login,
        one_time_password,
        expires,
    })
}

async fn apply(
    realm: AccountRealm<'_>,
    id: AccountId,
    action: &'static str,
    change: AccountChange,
) -> AdminResult<Account> {
    realm.need().await?;
    let admin = realm.admin();
    let platform = admin.store.platform();
    let known = accounts::list(&platform, realm.org()).await.map_err(failed)?;
    let known = known.into_iter().find(|account| account.id == id);
    let known = known.ok_or_else(|| AdminError::not_found("account"))?;
    let login = known.login;
    let detail = match &change {
        AccountChange::Role(role) => format!("role {} instead of {}", role.0, known.role.0),
        AccountChange::Disable
        | AccountChange::Enable
        | AccountChange::Delete
        | AccountChange::Password { .. }
        | AccountChange::ResetMfa
        | AccountChange::EndSessions => String::new(),
    };
    let entry = realm.caller().entry(action, &login, AuditResult::Done, &detail);
    let target = ChangeTarget {
        org: realm.org(),
        id,
        administrator: RoleName(realm.administrator().as_str().to_owned()),
    };
    let changed = accounts::change::change(&platform, target, change, entry).await;
    match changed.map_err(failed)? {
        AccountChangeResult::Changed(account) => {
            admin.session_changes.send_replace(());
            realm.record(action, login.as_str(), AuditResult::Done, &detail).await?;
            Ok(*account)
        }
        AccountChangeResult::Unknown => Err(AdminError::not_found("account")),
        AccountChangeResult::LastAdministrator => {
            let why = "the last administrator";
            realm.record(action, login.as_str(), AuditResult::Refused, why).await?;
            let detail = "This is the last administrator that can sign in. Make another one first.";
            Err(AdminError::new(AdminErrorKind::LastAdministrator, detail))
        }
    }
}

async fn one_time_password(admin: &AdminContext) -> AdminResult<(OneTimePassword, AccountPasswordHash, Timestamp)> {
    let password = OneTimePassword::random().map_err(|error| AdminError::internal("Making a password", &error))?;
    let hash = admin
        .passwords
        .hash(password.expose())
        .await
        .map_err(sign_in::password_refused)?;
    Ok((password, hash, admin.clock.now().plus(admin.one_time_passwords)))
}

fn failed(error: StoreError) -> AdminError {
    AdminError::store("Looking after accounts", error)
}
