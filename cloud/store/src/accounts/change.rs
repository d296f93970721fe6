//! What somebody else may change about an account, and what each change ends.
//!
//! Whatever is changed ends the account's sessions in the same transaction; the last one of the role that must not die out
//! stays as it is.

use super::{Account, AccountId, AccountPasswordHash, COLUMNS, LoginName, RoleName, locks, read_account};
use crate::{
    audit::{self, AuditEntry},
    db::PlatformStore,
    error::StoreError,
    tx::Tx,
    value::SqlParam,
};
use protocol::{OrgId, Timestamp};

/// A further step of `platform.db`.
pub(crate) const PLATFORM_ENDS: &str = "
    ALTER TABLE account ADD COLUMN disabled {time};
    ALTER TABLE account ADD COLUMN password_expires {time};
";

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// It may not sign in any more.
    Disable,
    /// It may again.
    Enable,
    /// It is gone; what it did stays in the audit.
    Delete,
    /// It is something else from now on.
    Role(RoleName),
    /// It gets a one-time password, and its locks end.
    Password {
        /// PHC text of the one-time password.
        hash: AccountPasswordHash,
        /// From when on it is worthless.
        expires: Timestamp,
    },
    /// Its second factor is taken away.
    ResetMfa,
    /// Whoever is signed in is signed out.
    EndSessions,
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChangeResult {
    /// Done; the account as it was.
    Changed(Box<Account>),
    /// No such account here.
    Unknown,
    /// It is the last one that can sign in with the role that must not die out.
    LastAdministrator,
}

/// Which account, among whose.
#[derive(Debug, Clone)]
pub struct ChangeTarget {
    /// The organisation it belongs to; none: the platform.
    pub org: Option<OrgId>,
    /// Which.
    pub id: AccountId,
    /// The role of which one must remain that can sign in.
    pub administrator: RoleName,
}

/// Changes an account, with its audit line.
pub async fn change(
    platform: &PlatformStore,
    target: ChangeTarget,
    change: AccountChange,
    entry: AuditEntry,
) -> Result<AccountChangeResult, StoreError> {
    platform
        .write(move |tx| {
            let Some(account) = find(tx, &target)? else {
                return Ok(AccountChangeResult::Unknown);
            };
            if takes_away(&change, &account, &target.administrator) && !another(tx, &target, entry.at)? {
                return Ok(AccountChangeResult::LastAdministrator);
            }
            apply(tx, target.id, &change, entry.at)?;
            audit::append(tx, &entry)?;
            Ok(AccountChangeResult::Changed(Box::new(account)))
        })
        .await
}

/// The account with a login, wherever it belongs to.
pub async fn by_login(platform: &PlatformStore, login: LoginName) -> Result<Option<Account>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE login = $1");
    platform
        .read(move |tx| tx.first(&sql, &[SqlParam::from(login.as_str())], read_account))
        .await
}

/// Every account there is, by organisation and login.
pub async fn all(platform: &PlatformStore) -> Result<Vec<Account>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM account ORDER BY org, login LIMIT 10000");
    platform.read(move |tx| tx.rows(&sql, &[], read_account)).await
}

fn find(tx: &Tx<'_>, target: &ChangeTarget) -> Result<Option<Account>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE id = $1 AND org IS $2");
    let values = [SqlParam::Uuid(&target.id.0), SqlParam::from(target.org.as_ref())];
    tx.first(&sql, &values, read_account)
}

/// Whether the account could no longer be what it is now.
fn takes_away(change: &AccountChange, account: &Account, administrator: &RoleName) -> bool {
    let was = account.role == *administrator && account.disabled.is_none();
    match change {
        AccountChange::Disable | AccountChange::Delete => was,
        AccountChange::Role(role) => was && role != administrator,
        AccountChange::Enable
        | AccountChange::Password { .. }
        | AccountChange::ResetMfa
        | AccountChange::EndSessions => false,
    }
}

/// Whether somebody else with the role can sign in: whose one-time password has expired cannot.
fn another(tx: &Tx<'_>, target: &ChangeTarget, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM account WHERE org IS $1 AND role = $2 AND id <> $3 AND disabled IS NULL
               AND (password_expires IS NULL OR password_expires > $4) LIMIT 1";
    let values = [
        SqlParam::from(target.org.as_ref()),
        SqlParam::from(&target.administrator.0),
        SqlParam::Uuid(&target.id.0),
        SqlParam::from(now),
    ];
    Ok(tx.first(sql, &values, |_| Ok(()))?.is_some())
}

fn apply(tx: &Tx<'_>, id: AccountId, change: &AccountChange, now: Timestamp) -> Result<(), StoreError> {
    let account = SqlParam::Uuid(&id.0);
    match change {
        AccountChange::Disable => {
            let sql = "UPDATE account SET disabled = coalesce(disabled, $2) WHERE id = $1";
            tx.execute(sql, &[account, SqlParam::from(now)])?;
        }
        AccountChange::Enable => {
            tx.execute("UPDATE account SET disabled = NULL WHERE id = $1", &[account])?;
        }
        AccountChange::Role(role) => {
            let sql = "UPDATE account SET role = $2 WHERE id = $1";
            tx.execute(sql, &[account, SqlParam::from(&role.0)])?;
        }
        AccountChange::Password { hash, expires } => {
            let sql = "UPDATE account SET password = $2, one_time = 1, password_expires = $3 WHERE id = $1";
            tx.execute(sql, &[account, SqlParam::from(hash.expose()), SqlParam::from(*expires)])?;
            locks::unlock(tx, id)?;
        }
        AccountChange::ResetMfa => {
            let sql = "UPDATE account SET mfa = NULL, mfa_next = NULL, mfa_step = 0 WHERE id = $1";
            tx.execute(sql, &[account])?;
        }
        AccountChange::EndSessions | AccountChange::Delete => {}
    }
    let sql = "DELETE FROM session_token WHERE session IN (SELECT id FROM session WHERE account = $1)";
    tx.execute(sql, &[account])?;
    tx.execute("DELETE FROM session WHERE account = $1", &[account])?;
    if *change == AccountChange::Delete {
        tx.execute("DELETE FROM account_network WHERE account = $1", &[account])?;
        tx.execute("DELETE FROM account WHERE id = $1", &[account])?;
    }
    Ok(())
}
