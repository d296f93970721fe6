//! Accounts: logins, what they are, and what guards them.
//!
//! A password is here only as its argon2id text, a token only as its SHA-256 ([`sessions`]). What a role may do is not
//! known here; nor is a password ever checked here.

mod account_id;
pub mod change;
pub mod locks;
mod login_name;
mod secret;
mod session_id;
pub mod sessions;

pub use account_id::AccountId;
pub use login_name::{LoginName, LoginNameError};
pub use secret::{AccountPasswordHash, MfaSecretText};

use crate::{
    audit::{self, AuditEntry},
    db::PlatformStore,
    error::StoreError,
    tx::Tx,
    value::{SqlParam, SqlRow},
};
use locks::{SignInLock, SignInNetwork};
use protocol::{OrgId, Timestamp};
use session_id::SessionId;
use std::fmt;

/// Tables in `platform.db`.
pub(crate) const PLATFORM_DDL: &str = "
    CREATE TABLE account (
        id {uuid} NOT NULL PRIMARY KEY, login TEXT NOT NULL UNIQUE, org {uuid}, role TEXT NOT NULL,
        password TEXT NOT NULL, one_time INTEGER NOT NULL, mfa TEXT, mfa_next TEXT, mfa_step INTEGER NOT NULL DEFAULT 0,
        failures INTEGER NOT NULL DEFAULT 0, locked_until {time}, created {time} NOT NULL, last_sign_in {time});
    CREATE INDEX account_org ON account (org, login);
    CREATE TABLE session (
        id {uuid} NOT NULL PRIMARY KEY, account {uuid} NOT NULL, org {uuid}, created {time} NOT NULL,
        expires {time} NOT NULL, ended {time});
    CREATE INDEX session_account ON session (account);
    CREATE INDEX session_expires ON session (expires);
    CREATE TABLE session_token (
        hash {bytes} NOT NULL PRIMARY KEY, session {uuid} NOT NULL, kind TEXT NOT NULL, expires {time} NOT NULL,
        used {time});
    CREATE INDEX session_token_session ON session_token (session);
";

/// A role's name as the relay spells it; the store files it and knows nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleName(pub String);

/// Who made the password that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordState {
    /// Its owner.
    Own,
    /// Somebody else: it is good for choosing another one, and for nothing else.
    OneTime,
}

/// An account as others may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What it signs in with.
    pub login: LoginName,
    /// The organisation it belongs to; none: the platform.
    pub org: Option<OrgId>,
    /// What it is.
    pub role: RoleName,
    /// Who made its password.
    pub password: PasswordState,
    /// Whether a six-digit code is needed too.
    pub mfa: Mfa,
    /// When it was made.
    pub created: Timestamp,
    /// When it last signed in.
    pub last_sign_in: Option<Timestamp>,
    /// Since when it may not sign in.
    pub disabled: Option<Timestamp>,
    /// From when on its one-time password is worthless.
    pub password_expires: Option<Timestamp>,
}

/// Whether a second factor is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mfa {
    /// A password is enough.
    Off,
    /// A six-digit code is needed too.
    On,
}

/// What a sign-in is checked against. `Debug` shows none of it.
#[derive(Clone)]
pub struct AccountSecrets {
    /// Whose.
    pub account: Account,
    /// The password's PHC text.
    pub password: AccountPasswordHash,
    /// The shared secret in base32, where a second factor is set up.
    pub mfa: Option<MfaSecretText>,
    /// The secret that is being set up and not confirmed yet.
    pub mfa_next: Option<MfaSecretText>,
    /// The last time step whose code was used; 0 where none was.
    pub mfa_step: i64,
    /// Whether the right password would be enough from where it was asked.
    pub lock: SignInLock,
}

impl fmt::Debug for AccountSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard({})", self.account.login)
    }
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its id.
    pub id: AccountId,
    /// What it will sign in with.
    pub login: LoginName,
    /// The organisation it will belong to; none: the platform.
    pub org: Option<OrgId>,
    /// What it will be.
    pub role: RoleName,
    /// PHC text of its one-time password.
    pub password: AccountPasswordHash,
    /// From when on that is worthless.
    pub password_expires: Option<Timestamp>,
    /// Now.
    pub at: Timestamp,
}

/// Whether something with a unique name was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateResult {
    /// It was.
    Created,
    /// The name is taken.
    Taken,
}

const COLUMNS: &str = "id, login, org, role, one_time, mfa, created, last_sign_in, password, mfa_next, mfa_step, \
                       failures, locked_until, disabled, password_expires";

/// Makes the platform's first account, unless there is one already.
pub async fn bootstrap(
    platform: &PlatformStore,
    account: NewAccount,
    entry: AuditEntry,
) -> Result<CreateResult, StoreError> {
    platform
        .write(
            move |tx| match tx.first("SELECT 1 FROM account LIMIT 1", &[], |_| Ok(()))? {
                Some(()) => Ok(CreateResult::Taken),
                None => insert(tx, &account, &entry),
            },
        )
        .await
}

/// Makes an account with a one-time password.
pub async fn create(
    platform: &PlatformStore,
    account: NewAccount,
    entry: AuditEntry,
) -> Result<CreateResult, StoreError> {
    platform.write(move |tx| insert(tx, &account, &entry)).await
}

/// Whether any account exists.
pub async fn any(platform: &PlatformStore) -> Result<bool, StoreError> {
    platform
        .read(|tx| Ok(tx.first("SELECT 1 FROM account LIMIT 1", &[], |_| Ok(()))?.is_some()))
        .await
}

/// The accounts of an organisation, or of the platform, by login.
pub async fn list(platform: &PlatformStore, org: Option<OrgId>) -> Result<Vec<Account>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE org IS $1 ORDER BY login LIMIT 1000");
    platform
        .read(move |tx| tx.rows(&sql, &[SqlParam::from(org.as_ref())], read_account))
        .await
}

/// What a sign-in as `login` from that network is checked against now.
pub async fn secrets(
    platform: &PlatformStore,
    login: LoginName,
    network: SignInNetwork,
    now: Timestamp,
) -> Result<Option<AccountSecrets>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE login = $1");
    platform
        .read(move |tx| {
            let login = [SqlParam::from(login.as_str())];
            let Some(id) = tx.first("SELECT id FROM account WHERE login = $1", &login, |row| row.uuid(0))? else {
                return Ok(None);
            };
            let lock = locks::lock_of(tx, AccountId(id), &network, now)?;
            tx.first(&sql, &login, |row| read_guard(row, lock))
        })
        .await
}

/// Sets a password its owner chose. Every other session of the account ends.
pub async fn set_password(
    platform: &PlatformStore,
    id: AccountId,
    password: AccountPasswordHash,
    keep: SessionId,
    entry: AuditEntry,
) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            let sql = "UPDATE account SET password = $2, one_time = 0, password_expires = NULL WHERE id = $1";
            tx.execute(sql, &[SqlParam::Uuid(&id.0), SqlParam::from(password.expose())])?;
            let sql = "UPDATE session SET ended = $3 WHERE account = $1 AND id <> $2 AND ended IS NULL";
            tx.execute(
                sql,
                &[SqlParam::Uuid(&id.0), SqlParam::Uuid(&keep.0), SqlParam::from(entry.at)],
            )?;
            audit::append(tx, &entry)
        })
        .await
}

/// Begins to set up a second factor: the secret counts once a code has confirmed it.
pub async fn begin_mfa(
    platform: &PlatformStore,
    id: AccountId,
    secret: MfaSecretText,
    entry: AuditEntry,
) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            tx.execute(
                "UPDATE account SET mfa_next = $2 WHERE id = $1",
                &[SqlParam::Uuid(&id.0), SqlParam::from(secret.expose())],
            )?;
            audit::append(tx, &entry)
        })
        .await
}

/// The second factor works: from now on it is needed. `step` is the time step of the code that confirmed it.
pub async fn confirm_mfa(
    platform: &PlatformStore,
    id: AccountId,
    step: i64,
    entry: AuditEntry,
) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            let sql = "UPDATE account SET mfa = mfa_next, mfa_next = NULL, mfa_step = $2
                       WHERE id = $1 AND mfa_next IS NOT NULL";
            tx.execute(sql, &[SqlParam::Uuid(&id.0), SqlParam::Integer(step)])?;
            audit::append(tx, &entry)
        })
        .await
}

fn insert(tx: &Tx<'_>, account: &NewAccount, entry: &AuditEntry) -> Result<CreateResult, StoreError> {
    let sql = "INSERT INTO account (id, login, org, role, password, one_time, created, password_expires)
               VALUES ($1, $2, $3, $4, $5, 1, $6, $7) ON CONFLICT DO NOTHING";
    let values = [
        SqlParam::Uuid(&account.id.0),
        SqlParam::from(account.login.as_str()),
        SqlParam::from(account.org.as_ref()),
        SqlParam::from(&account.role.0),
        SqlParam::from(account.password.expose()),
        SqlParam::from(account.at),
        SqlParam::from(account.password_expires),
    ];
    if tx.execute(sql, &values)? == 0 {
        return Ok(CreateResult::Taken);
    }
    audit::append(tx, entry)?;
    Ok(CreateResult::Created)
}

fn read_account(row: &SqlRow<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        id: AccountId(row.uuid(0)?),
        login: row.parsed(1, "login")?,
        org: row.uuid_or_none(2)?.map(OrgId::from_uuid),
        role: RoleName(row.text(3)?),
        password: if row.flag(4)? {
            PasswordState::OneTime
        } else {
            PasswordState::Own
        },
        mfa: if row.text_or_none(5)?.is_some() {
            Mfa::On
        } else {
            Mfa::Off
        },
        created: row.time(6)?,
        last_sign_in: row.time_or_none(7)?,
        disabled: row.time_or_none(13)?,
        password_expires: row.time_or_none(14)?,
    })
}

fn read_guard(row: &SqlRow<'_>, lock: SignInLock) -> Result<AccountSecrets, StoreError> {
    Ok(AccountSecrets {
        account: read_account(row)?,
        mfa: row.text_or_none(5)?.map(MfaSecretText::from),
        password: row.text(8)?.into(),
        mfa_next: row.text_or_none(9)?.map(MfaSecretText::from),
        mfa_step: row.int(10)?,
        lock,
    })
}
