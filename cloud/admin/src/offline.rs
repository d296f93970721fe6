//! Accounts looked after on the machine itself, with the cloud stopped: for whoever has locked themselves out.
//!
//! Whoever can read the state directory owns the cloud; what they do is on record all the same, as nobody's.

use crate::{
    clock::CloudClock,
    password::{self, PasswordError},
    role::{Role, UnknownRole},
    token::{OneTimePassword, TokenError},
};
use cloud_store::{
    Db, StoreError,
    accounts::{
        Account, LoginName, RoleName,
        change::{self, AccountChange, AccountChangeResult, ChangeTarget},
    },
    audit::{AuditActor, AuditEntry, AuditResult},
};
use std::{str::FromStr, time::Duration};

/// What is to be done with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfflineChange {
    /// It may not sign in any more.
    Disable,
    /// It may again.
    Enable,
    /// It is gone.
    Delete,
    /// It is something else from now on.
    Role(Role),
    /// It gets a one-time password.
    ResetPassword,
    /// Its second factor is taken away.
    ResetMfa,
    /// It is signed out everywhere.
    EndSessions,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The store refused.
    #[error("cannot change the account")]
    Store(#[source] StoreError),
    /// No password could be made.
    #[error("cannot make a one-time password")]
    Password(#[source] TokenError),
    /// The password could not be hashed.
    #[error("cannot hash the one-time password")]
    Hash(#[source] PasswordError),
    /// No account has that login.
    #[error("there is no account {0}")]
    Unknown(LoginName),
    /// Nobody could look after the accounts any more.
    #[error("{0} is the last administrator that can sign in: make another one first")]
    LastAdministrator(LoginName),
    /// An organisation's account and a platform's have other roles.
    #[error(
        "{0} cannot be that: platform_admin is for accounts of the platform, the other roles for those of an organisation"
    )]
    Role(LoginName),
}

/// A text that names no change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is none of disable, enable, delete, reset-password, reset-mfa, end-sessions, role=ROLE")]
pub struct UnknownChange;

impl FromStr for OfflineChange {
    type Err = UnknownChange;
    fn from_str(text: &str) -> Result<Self, UnknownChange> {
        match text {
            "disable" => Ok(Self::Disable),
            "enable" => Ok(Self::Enable),
            "delete" => Ok(Self::Delete),
            "reset-password" => Ok(Self::ResetPassword),
            "reset-mfa" => Ok(Self::ResetMfa),
            "end-sessions" => Ok(Self::EndSessions),
            other => {
                let role = other.strip_prefix("role=").ok_or(UnknownChange)?;
                role.parse().map(Self::Role).map_err(|UnknownRole| UnknownChange)
            }
        }
    }
}

/// Every account there is.
pub async fn list(store: &Db) -> Result<Vec<Account>, OfflineError> {
    change::all(&store.platform()).await.map_err(OfflineError::Store)
}

/// Changes an account; gives the one-time password where one was made, good for `lifetime`.
pub async fn apply(
    store: &Db,
    clock: &CloudClock,
    login: LoginName,
    wanted: OfflineChange,
    lifetime: Duration,
) -> Result<Option<OneTimePassword>, OfflineError> {
    let platform = store.platform();
    let found = change::by_login(&platform, login.clone()).await;
    let account = found
        .map_err(OfflineError::Store)?
        .ok_or_else(|| OfflineError::Unknown(login.clone()))?;
    let at = clock.now();
    let mut shown = None;
    let change = match wanted {
        OfflineChange::Disable => AccountChange::Disable,
        OfflineChange::Enable => AccountChange::Enable,
        OfflineChange::Delete => AccountChange::Delete,
        OfflineChange::ResetMfa => AccountChange::ResetMfa,
        OfflineChange::EndSessions => AccountChange::EndSessions,
        OfflineChange::Role(role) if (role == Role::PlatformAdmin) != account.org.is_none() => {
            return Err(OfflineError::Role(login));
        }
        OfflineChange::Role(role) => AccountChange::Role(RoleName(role.as_str().to_owned())),
        OfflineChange::ResetPassword => {
            let password = OneTimePassword::random().map_err(OfflineError::Password)?;
            let hash = password::hash(password.expose().as_bytes()).map_err(OfflineError::Hash)?;
            shown = Some(password);
            let expires = at.plus(lifetime);
            AccountChange::Password { hash, expires }
        }
    };
    let administrator = match account.org {
        Some(_) => Role::OrgAdmin,
        None => Role::PlatformAdmin,
    };
    let target = ChangeTarget {
        org: account.org,
        id: account.id,
        administrator: RoleName(administrator.as_str().to_owned()),
    };
    let entry = AuditEntry {
        at,
        actor: AuditActor::nobody(),
        action: "account.offline".into(),
        target: login.to_string(),
        result: AuditResult::Done,
        detail: format!("{wanted:?}"),
        ip: "".into(),
    };
    match change::change(&platform, target, change, entry)
        .await
        .map_err(OfflineError::Store)?
    {
        AccountChangeResult::Changed(_) => Ok(shown),
        AccountChangeResult::Unknown => Err(OfflineError::Unknown(login)),
        AccountChangeResult::LastAdministrator => Err(OfflineError::LastAdministrator(login)),
    }
}
