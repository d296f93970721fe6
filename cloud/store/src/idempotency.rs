//! Idempotency keys of the admin's REST: the same request twice gets the same answer and is carried out once.
//!
//! The key, the answer and the command stand in one transaction: there is no moment at which one is stored without the
//! others. Another request under the same key is a mistake of the caller and changes nothing.

use crate::{
    accounts::LoginName, audit::AuditEntry, commands, db::OrgStore, error::StoreError, tx::Tx, value::SqlParam,
};
use protocol::{Command, Timestamp};
use std::str::FromStr;

const LONGEST_KEY: usize = 128;
/// Tables in each tenant's file.
pub(crate) const TENANT_DDL: &str = "
    CREATE TABLE idempotency (
        account TEXT NOT NULL, key TEXT NOT NULL, request {bytes} NOT NULL, reply TEXT NOT NULL,
        expires {time} NOT NULL, PRIMARY KEY (account, key));
    CREATE INDEX idempotency_expires ON idempotency (expires);
";

/// A key that makes a request which is sent twice count once: 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// A text that is no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key has 1 to {LONGEST_KEY} visible ASCII characters")]
pub struct IdempotencyKeyError;

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;
    fn from_str(text: &str) -> Result<Self, IdempotencyKeyError> {
        let fits = (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdempotencyKeyError)
        }
    }
}

impl IdempotencyKey {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A request that is to be carried out once.
#[derive(Debug, Clone)]
pub struct IdempotentRequest {
    /// Whose key.
    pub account: LoginName,
    /// The key as the caller chose it.
    pub key: IdempotencyKey,
    /// SHA-256 of everything the request says.
    pub request: [u8; 32],
    /// The answer, as it will be given each time.
    pub reply: String,
    /// Now.
    pub at: Timestamp,
    /// From when on the key is forgotten.
    pub expires: Timestamp,
}

/// What a key was good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyMatch {
    /// Carried out now.
    New,
    /// Carried out before: this was the answer.
    Replay(String),
    /// The key was used with another request.
    Other,
}

/// Queues a command once per key, with its audit line.
pub async fn create_command(
    scope: &OrgStore,
    once: IdempotentRequest,
    command: Command,
    entry: AuditEntry,
) -> Result<IdempotencyMatch, StoreError> {
    scope
        .write(move |tx| match look_up(tx, &once)? {
            Some(kept) => Ok(kept),
            None => {
                keep(tx, &once)?;
                commands::insert(tx, &command, &entry)?;
                Ok(IdempotencyMatch::New)
            }
        })
        .await
}

fn look_up(tx: &Tx<'_>, once: &IdempotentRequest) -> Result<Option<IdempotencyMatch>, StoreError> {
    tx.execute(
        "DELETE FROM idempotency WHERE expires <= $1",
        &[SqlParam::from(once.at)],
    )?;
    let sql = "SELECT request, reply FROM idempotency WHERE account = $1 AND key = $2";
    let found = tx.first(
        sql,
        &[SqlParam::from(once.account.as_str()), SqlParam::from(once.key.as_str())],
        |row| Ok((row.bytes(0)?, row.text(1)?)),
    )?;
    Ok(found.map(|(request, reply)| {
        if request == once.request {
            IdempotencyMatch::Replay(reply)
        } else {
            IdempotencyMatch::Other
        }
    }))
}

fn keep(tx: &Tx<'_>, once: &IdempotentRequest) -> Result<(), StoreError> {
    let sql = "INSERT INTO idempotency (account, key, request, reply, expires) VALUES ($1, $2, $3, $4, $5)";
    let values = [
        SqlParam::from(once.account.as_str()),
        SqlParam::from(once.key.as_str()),
        SqlParam::from(&once.request),
        SqlParam::from(&once.reply),
        SqlParam::from(once.expires),
    ];
    tx.execute(sql, &values).map(|_| ())
}
