//! Who did what, and who tried: append-only, each entry chained to the one before by its hash.
//!
//! There is a chain per organisation and one for the platform. Nothing here changes or removes an entry; [`verify`]
//! finds the first one that somebody else changed. No entry holds a password, a token or the body of a document.

mod actor;

pub use actor::AuditActor;

use crate::{
    db::{OrgStore, PlatformStore},
    error::StoreError,
    tx::Tx,
    value::{SqlParam, SqlRow},
};
use protocol::{
    Digest, Timestamp,
    text::{AuditAction, RemoteAddress},
};
use sha2::{Digest as _, Sha256};

/// Tables of an audit chain, the same in `platform.db` and in each organisation's file.
pub(crate) const TABLES: &str = "
    CREATE TABLE audit (
        seq {serial}, at {time} NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
        outcome TEXT NOT NULL, detail TEXT NOT NULL, ip TEXT NOT NULL, prev {bytes} NOT NULL, hash {bytes} NOT NULL);
";

/// Where a chain begins, once older entries were forgotten: the last of those.
pub(crate) const START_DDL: &str = "
    CREATE TABLE audit_start (id BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL, hash {bytes} NOT NULL);
";

/// Entries that are looked at in one go.
const WALKED: u32 = 5_000;
/// What stands before the first entry.
const NO_ENTRY: Digest = Digest::from_bytes([0; 32]);
const COLUMNS: &str = "seq, at, actor, action, target, outcome, detail, ip, prev, hash";

/// Whether it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditResult {
    /// It was.
    Done,
    /// It was refused, or failed.
    Refused,
}

impl AuditResult {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            AuditResult::Done => "done",
            AuditResult::Refused => "refused",
        }
    }
}

/// Something to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, by the cloud's clock.
    pub at: Timestamp,
    /// Who did it.
    pub actor: AuditActor,
    /// What.
    pub action: AuditAction,
    /// To what: an id or a name; may be empty.
    pub target: String,
    /// Whether it was done.
    pub result: AuditResult,
    /// In words; no secrets, no personal data.
    pub detail: String,
    /// Where the request came from; empty where from inside.
    pub ip: RemoteAddress,
}

/// An entry in its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedEntry {
    /// 1 for the first.
    pub seq: u64,
    /// What is remembered.
    pub entry: AuditEntry,
    /// Hash of the entry before; zeros for the first.
    pub prev: Digest,
    /// Hash over `prev` and all fields.
    pub hash: Digest,
}

/// Where a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditChainStatus {
    /// It is whole; so many entries.
    Whole(u64),
    /// This entry is not what was recorded, or the one before it is gone.
    BrokenAt(u64),
}

/// Appends to an organisation's chain.
pub async fn record(scope: &OrgStore, entry: AuditEntry) -> Result<(), StoreError> {
    scope.write(move |tx| append(tx, &entry)).await
}

/// Appends to the platform's chain.
pub async fn record_platform(platform: &PlatformStore, entry: AuditEntry) -> Result<(), StoreError> {
    platform.write(move |tx| append(tx, &entry)).await
}

/// Entries of an organisation, newest first, older than `before` where given.
pub async fn list(scope: &OrgStore, before: Option<u64>, limit: u32) -> Result<Vec<ChainedEntry>, StoreError> {
    scope.read(move |tx| page(tx, before, limit)).await
}

/// Entries of the platform, newest first, older than `before` where given.
pub async fn list_platform(
    platform: &PlatformStore,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<ChainedEntry>, StoreError> {
    platform.read(move |tx| page(tx, before, limit)).await
}

/// Walks an organisation's whole chain, from where it begins; some entries at a time, so that others are served between.
pub async fn verify(scope: &OrgStore) -> Result<AuditChainStatus, StoreError> {
    let start = scope.read(start).await?;
    let mut at = start.unwrap_or((0, NO_ENTRY));
    loop {
        match scope.read(move |tx| walk(tx, at)).await? {
            ChainWalk::Further(next) => at = next,
            ChainWalk::Ended(status) => return Ok(status),
        }
    }
}

/// How far a walk has come.
enum ChainWalk {
    /// Up to this entry; there may be more.
    Further((u64, Digest)),
    /// To its end.
    Ended(AuditChainStatus),
}

/// The last entry that was forgotten.
fn start(tx: &Tx<'_>) -> Result<Option<(u64, Digest)>, StoreError> {
    tx.first("SELECT seq, hash FROM audit_start", &[], |row| {
        Ok((row.count(0)?, digest_of(row, 1)?))
    })
}

/// Forgets the oldest entries, of before this time, but never the newest; gives how many.
pub(crate) fn forget(tx: &Tx<'_>, before: Timestamp, most: u32) -> Result<u64, StoreError> {
    let sql = "SELECT seq, at, hash FROM audit WHERE seq < (SELECT max(seq) FROM audit) ORDER BY seq LIMIT $1";
    let oldest = tx.rows(sql, &[SqlParam::from(most)], |row| {
        Ok((row.count(0)?, row.time(1)?, digest_of(row, 2)?))
    })?;
    let old: Vec<_> = oldest.into_iter().take_while(|(_, at, _)| *at < before).collect();
    let Some((last, _, hash)) = old.last() else {
        return Ok(0);
    };
    tx.execute("DELETE FROM audit WHERE seq <= $1", &[SqlParam::from(*last)])?;
    let sql = "INSERT INTO audit_start (id, seq, hash) VALUES (1, $1, $2)
               ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash";
    tx.execute(sql, &[SqlParam::from(*last), SqlParam::from(hash.as_bytes())])?;
    Ok(old.len() as u64)
}

/// Appends an entry in somebody's transaction: what it tells of is stored with it or not at all.
pub(crate) fn append(tx: &Tx<'_>, entry: &AuditEntry) -> Result<(), StoreError> {
    let last = tx.first("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &[], |row| {
        Ok((row.count(0)?, digest_of(row, 1)?))
    })?;
    let (seq, prev) = last.map_or((1, NO_ENTRY), |(seq, hash)| (seq.saturating_add(1), hash));
    let hash = chained(&prev, seq, entry);
    let sql = "INSERT INTO audit (seq, at, actor, action, target, outcome, detail, ip, prev, hash)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let values = [
        SqlParam::from(seq),
        SqlParam::from(entry.at),
        SqlParam::from(entry.actor.as_str()),
        SqlParam::from(entry.action.as_str()),
        SqlParam::from(&entry.target),
        SqlParam::from(entry.result.as_str()),
        SqlParam::from(&entry.detail),
        SqlParam::from(entry.ip.as_str()),
        SqlParam::from(prev.as_bytes()),
        SqlParam::from(hash.as_bytes()),
    ];
    tx.execute(sql, &values).map(|_| ())
}

fn page(tx: &Tx<'_>, before: Option<u64>, limit: u32) -> Result<Vec<ChainedEntry>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2");
    tx.rows(
        &sql,
        &[
            SqlParam::Integer(before.map_or(i64::MAX, |seq| i64::try_from(seq).unwrap_or(i64::MAX))),
            SqlParam::from(limit),
        ],
        read,
    )
}

fn walk(tx: &Tx<'_>, (mut after, mut prev): (u64, Digest)) -> Result<ChainWalk, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2");
    let entries = tx.rows(&sql, &[SqlParam::from(after), SqlParam::from(WALKED)], read)?;
    if entries.is_empty() {
        return Ok(ChainWalk::Ended(AuditChainStatus::Whole(after)));
    }
    for recorded in entries {
        let next = after.saturating_add(1);
        let expected = chained(&prev, next, &recorded.entry);
        if recorded.seq != next || recorded.prev != prev || recorded.hash != expected {
            return Ok(ChainWalk::Ended(AuditChainStatus::BrokenAt(next)));
        }
        (after, prev) = (next, recorded.hash);
    }
    Ok(ChainWalk::Further((after, prev)))
}

fn read(row: &SqlRow<'_>) -> Result<ChainedEntry, StoreError> {
    let done = if row.text(5)? == AuditResult::Done.as_str() {
        AuditResult::Done
    } else {
        AuditResult::Refused
    };
    let entry = AuditEntry {
        at: row.time(1)?,
        actor: row.text(2)?.into(),
        action: row.text(3)?.into(),
        target: row.text(4)?,
        result: done,
        detail: row.text(6)?,
        ip: row.text(7)?.into(),
    };
    Ok(ChainedEntry {
        seq: row.count(0)?,
        entry,
        prev: digest_of(row, 8)?,
        hash: digest_of(row, 9)?,
    })
}

fn digest_of(row: &SqlRow<'_>, column: usize) -> Result<Digest, StoreError> {
    let bytes = row.bytes(column)?.try_into().map(Digest::from_bytes);
    bytes.map_err(|_| StoreError::Column {
        column,
        expected: "SHA-256",
    })
}

/// Each field goes in with its length in front, so that no two different entries hash the same text.
fn chained(prev: &Digest, seq: u64, entry: &AuditEntry) -> Digest {
    let mut hash = Sha256::new();
    hash.update(prev.as_bytes());
    hash.update(seq.to_le_bytes());
    hash.update(entry.at.as_millis().to_le_bytes());
    let fields: [&str; 6] = [
        entry.actor.as_str(),
        entry.action.as_str(),
        &entry.target,
        entry.result.as_str(),
        &entry.detail,
        entry.ip.as_str(),
    ];
    for field in fields {
        hash.update((field.len() as u64).to_le_bytes());
        hash.update(field);
    }
    Digest::from_bytes(hash.finalize().into())
}

#[cfg(test)]
mod tests;
