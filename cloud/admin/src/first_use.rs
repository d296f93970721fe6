//! The first start: the account `admin` with a one-time password, told once to whoever started the relay.
//!
//! The password is good for choosing another and for nothing else; it is nowhere but in what is returned here.

use crate::{
    clock::CloudClock,
    password::{self, PasswordError},
    role::Role,
    token::{OneTimePassword, TokenError},
};
use cloud_store::{
    Db, StoreError,
    accounts::{self, AccountId, CreateResult, LoginName, NewAccount, RoleName},
    audit::{AuditActor, AuditEntry, AuditResult},
};
use std::time::Duration;

/// How long a one-time password is good where the settings do not say.
pub const ONE_TIME_PASSWORDS: Duration = Duration::from_secs(72 * 3600);
/// Login of the first account.
pub const LOGIN: &str = "admin";

/// Why the first account could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FirstUseError {
    /// The store refused.
    #[error("cannot make the first account")]
    Store(#[source] StoreError),
    /// No password could be made.
    #[error("cannot make a one-time password")]
    Password(#[source] TokenError),
    /// The password could not be hashed.
    #[error("cannot hash the one-time password")]
    Hash(#[source] PasswordError),
    /// `admin` is no login, or the system gave no randomness.
    #[error("cannot name the first account")]
    Name,
}

/// Makes the account `admin` where there is no account yet, and gives its one-time password, good for `lifetime`. None: not
/// the first start.
pub async fn bootstrap(
    store: &Db,
    clock: &CloudClock,
    lifetime: Duration,
) -> Result<Option<OneTimePassword>, FirstUseError> {
    let platform = store.platform();
    if accounts::any(&platform).await.map_err(FirstUseError::Store)? {
        return Ok(None);
    }
    let at = clock.now();
    let shown = OneTimePassword::random().map_err(FirstUseError::Password)?;
    let hash = password::hash(shown.expose().as_bytes()).map_err(FirstUseError::Hash)?;
    let mut entropy = [0; 10];
    getrandom::fill(&mut entropy).map_err(|_| FirstUseError::Name)?;
    let id = AccountId(*protocol::EventId::new(at, entropy).as_uuid());
    let login: LoginName = LOGIN.parse().map_err(|_| FirstUseError::Name)?;
    let role = RoleName(Role::PlatformAdmin.as_str().to_owned());
    let entry = AuditEntry {
        at,
        actor: AuditActor::nobody(),
        action: "account.create".into(),
        target: login.to_string(),
        result: AuditResult::Done,
        detail: "first start".to_owned(),
        ip: "".into(),
    };
    let account = NewAccount {
        id,
        login,
        org: None,
        role,
        password: hash,
        password_expires: Some(at.plus(lifetime)),
        at,
    };
    match accounts::bootstrap(&platform, account, entry)
        .await
        .map_err(FirstUseError::Store)?
    {
        CreateResult::Created => Ok(Some(shown)),
        CreateResult::Taken => Ok(None),
    }
}
