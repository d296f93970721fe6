//! Edges: their keys, their join counters, and whether their identity still works.
//!
//! A copied SD card shows itself by a join counter that is behind: then neither the copy nor the original works until
//! a person has decided which is which. A counter that is ahead of ours is no copy: it is this database that is old.

use crate::{
    audit,
    db::PlatformStore,
    error::StoreError,
    tx::Tx,
    value::{SqlParam, SqlRow},
};
use protocol::{
    EdgeId, Epoch, OrgId, SiteId, Timestamp,
    control::JoinRequest,
    key::{KeyId, PublicKey},
    text::{AgentVersion, BoardSerial},
};
use std::cmp::Ordering;

/// Tables in `platform.db`: the key comes before the organisation is known.
pub(crate) const PLATFORM_DDL: &str = "
    CREATE TABLE edge (
        id {uuid} NOT NULL PRIMARY KEY, org {uuid} NOT NULL, site {uuid} NOT NULL, name TEXT NOT NULL,
        key TEXT NOT NULL, key_id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, counter BIGINT NOT NULL, attempt TEXT,
        serial TEXT NOT NULL, version TEXT NOT NULL, epoch BIGINT NOT NULL, created {time} NOT NULL, seen {time});
    CREATE INDEX edge_org ON edge (org, created);
";

const COLUMNS: &str = "id, org, site, name, key, state, counter, serial, version, epoch, created, seen";

/// Whether an edge's identity works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeState {
    /// It does.
    Active,
    /// A person has looked: the next join is taken once, whatever its counter; until then it cannot be used.
    Released,
    /// Somebody else used the same identity: nobody may, until a person has looked.
    Quarantined,
    /// Taken away for good.
    Revoked,
}

impl EdgeState {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            EdgeState::Active => "active",
            EdgeState::Released => "released",
            EdgeState::Quarantined => "quarantined",
            EdgeState::Revoked => "revoked",
        }
    }
}

impl std::str::FromStr for EdgeState {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [
            EdgeState::Active,
            EdgeState::Released,
            EdgeState::Quarantined,
            EdgeState::Revoked,
        ];
        all.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// An edge.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeRecord {
    /// Which.
    pub id: EdgeId,
    /// Whose.
    pub org: OrgId,
    /// Where.
    pub site: SiteId,
    /// For people.
    pub name: String,
    /// What its requests are signed with.
    pub key: PublicKey,
    /// Whether its identity works.
    pub state: EdgeState,
    /// The join counter that its requests must carry; 0: it has not joined yet.
    pub counter: u64,
    /// Serial number of its board.
    pub serial: BoardSerial,
    /// Version of its agent at the last join.
    pub version: AgentVersion,
    /// Journal at the last join.
    pub epoch: Epoch,
    /// When it enrolled.
    pub created: Timestamp,
    /// When it was last heard; behind by up to 10 s, [`crate::edges::record_contacts`].
    pub seen: Option<Timestamp>,
}

/// How a join ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinResult {
    /// The counter from now on.
    Joined(u64),
    /// The counter is behind the current one: quarantined now, or before.
    Quarantined,
    /// The identity was taken away.
    Revoked,
}

/// The edge that signs with a key.
pub async fn by_key(platform: &PlatformStore, key: KeyId) -> Result<Option<EdgeRecord>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM edge WHERE key_id = $1");
    platform
        .read(move |tx| tx.first(&sql, &[SqlParam::from(key.as_str())], read))
        .await
}

/// One edge. Whoever shows it to a person checks that it belongs to their organisation.
pub async fn get(platform: &PlatformStore, id: EdgeId) -> Result<Option<EdgeRecord>, StoreError> {
    platform.read(move |tx| find(tx, id)).await
}

/// The edges of an organisation, oldest first.
pub async fn list(platform: &PlatformStore, org: OrgId) -> Result<Vec<EdgeRecord>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM edge WHERE org = $1 ORDER BY created, id");
    platform
        .read(move |tx| tx.rows(&sql, &[SqlParam::from(&org)], read))
        .await
}

/// The sites of an organisation's edges, or of those of `only`: without their keys, which take long to read.
pub async fn sites(
    platform: &PlatformStore,
    org: OrgId,
    only: Option<Vec<EdgeId>>,
) -> Result<Vec<(EdgeId, SiteId)>, StoreError> {
    let site = |row: &SqlRow<'_>| Ok((EdgeId::from_uuid(row.uuid(0)?), SiteId::from_uuid(row.uuid(1)?)));
    platform
        .read(move |tx| match only {
            None => tx.rows(
                "SELECT id, site FROM edge WHERE org = $1",
                &[SqlParam::from(&org)],
                site,
            ),
            Some(ids) => {
                let sql = "SELECT id, site FROM edge WHERE id = $1 AND org = $2";
                let found = ids
                    .iter()
                    .map(|id| tx.first(sql, &[SqlParam::from(id), SqlParam::from(&org)], site));
                found.filter_map(Result::transpose).collect()
            }
        })
        .await
}

/// Every organisation that has edges.
pub async fn orgs(platform: &PlatformStore) -> Result<Vec<OrgId>, StoreError> {
    platform
        .read(|tx| {
            tx.rows("SELECT DISTINCT org FROM edge", &[], |row| {
                row.uuid(0).map(OrgId::from_uuid)
            })
        })
        .await
}

/// Takes an edge's identity away; false: there is no such edge in that organisation.
pub async fn revoke(
    platform: &PlatformStore,
    (org, id): (OrgId, EdgeId),
    entry: audit::AuditEntry,
) -> Result<bool, StoreError> {
    platform
        .write(move |tx| {
            let sql = "UPDATE edge SET state = $3 WHERE id = $1 AND org = $2";
            let state = SqlParam::from(EdgeState::Revoked.as_str());
            let found = tx.execute(sql, &[SqlParam::from(&id), SqlParam::from(&org), state])? > 0;
            if found {
                audit::append(tx, &entry)?;
            }
            Ok(found)
        })
        .await
}

/// Releases the quarantined edges of an organisation, or the one that is named, with one audit line, and says which they
/// are. The next join of each is taken once, whatever its counter; whoever else uses that identity is then behind.
pub async fn release(
    platform: &PlatformStore,
    org: OrgId,
    only: Option<EdgeId>,
    entry: audit::AuditEntry,
) -> Result<Vec<EdgeId>, StoreError> {
    platform
        .write(move |tx| {
            let sql =
                "UPDATE edge SET state = $4 WHERE org = $1 AND state = $3 AND ($2 IS NULL OR id = $2) RETURNING id";
            let values = [
                SqlParam::from(&org),
                only.as_ref().map_or(SqlParam::Null, SqlParam::from),
                SqlParam::from(EdgeState::Quarantined.as_str()),
                SqlParam::from(EdgeState::Released.as_str()),
            ];
            let released = tx.rows(sql, &values, |row| row.uuid(0).map(EdgeId::from_uuid))?;
            if !released.is_empty() {
                audit::append(tx, &entry)?;
            }
            Ok(released)
        })
        .await
}

/// Moves an edge's join counter on. `entry` is the audit line without its words: it is kept where the counter is not ours.
pub async fn join(
    platform: &PlatformStore,
    join: JoinRequest,
    entry: audit::AuditEntry,
) -> Result<JoinResult, StoreError> {
    platform.write(move |tx| join_in(tx, &join, entry)).await
}

fn join_in(tx: &Tx<'_>, join: &JoinRequest, entry: audit::AuditEntry) -> Result<JoinResult, StoreError> {
    let sql = "SELECT state, counter, attempt FROM edge WHERE id = $1";
    let found = tx.first(sql, &[SqlParam::from(&join.edge)], |row| {
        let state = row.parsed::<EdgeState>(0, "edge state")?;
        Ok((state, row.count(1)?, row.text_or_none(2)?))
    })?;
    let Some((state, counter, attempt)) = found else {
        return Ok(JoinResult::Revoked);
    };
    let asked_again = attempt.is_some_and(|known| join.attempt == known.as_str()) && join.counter < counter;
    let next = match (state, join.counter.cmp(&counter)) {
        (EdgeState::Revoked, _) => return Ok(JoinResult::Revoked),
        (EdgeState::Quarantined, _) => return Ok(JoinResult::Quarantined),
        (EdgeState::Active | EdgeState::Released, _) if asked_again => counter,
        (EdgeState::Active, Ordering::Less) => {
            quarantine(tx, join, counter, entry)?;
            return Ok(JoinResult::Quarantined);
        }
        (EdgeState::Active, Ordering::Equal) => counter.saturating_add(1),
        // Ahead of ours: this database was restored from a copy, and the edge went on meanwhile.
        (EdgeState::Active, Ordering::Greater) => {
            let detail = format!("joined with counter {}, ahead of {counter} here", join.counter);
            let action = "edge.counter_ahead".into();
            audit::append(
                tx,
                &audit::AuditEntry {
                    action,
                    detail,
                    ..entry
                },
            )?;
            join.counter.saturating_add(1)
        }
        (EdgeState::Released, _) => {
            let detail = format!("joined with counter {} after its release, {counter} here", join.counter);
            let action = "edge.released_join".into();
            audit::append(
                tx,
                &audit::AuditEntry {
                    action,
                    detail,
                    ..entry
                },
            )?;
            // Beyond both, so that every other copy is behind from now on.
            join.counter.max(counter).saturating_add(1)
        }
    };
    let sql = "UPDATE edge SET state = $6, counter = $2, attempt = $3, version = $4, epoch = $5 WHERE id = $1";
    let values = [
        SqlParam::from(&join.edge),
        SqlParam::from(next),
        SqlParam::from(join.attempt.as_str()),
        SqlParam::from(join.version.as_str()),
        SqlParam::from(join.epoch),
        SqlParam::from(EdgeState::Active.as_str()),
    ];
    tx.execute(sql, &values)?;
    Ok(JoinResult::Joined(next))
}

fn quarantine(tx: &Tx<'_>, join: &JoinRequest, counter: u64, entry: audit::AuditEntry) -> Result<(), StoreError> {
    let sql = "UPDATE edge SET state = $2 WHERE id = $1";
    let state = SqlParam::from(EdgeState::Quarantined.as_str());
    tx.execute(sql, &[SqlParam::from(&join.edge), state])?;
    let detail = format!("a join came with counter {}, behind {counter}", join.counter);
    let action = "edge.quarantined".into();
    audit::append(
        tx,
        &audit::AuditEntry {
            action,
            detail,
            ..entry
        },
    )
}

/// Notes when edges were last heard, many at once.
pub async fn record_contacts(platform: &PlatformStore, heard: Vec<(EdgeId, Timestamp)>) -> Result<(), StoreError> {
    platform
        .write(move |tx| {
            let sql = "UPDATE edge SET seen = $2 WHERE id = $1 AND (seen IS NULL OR seen < $2)";
            tx.execute_each(
                sql,
                heard.iter().map(|(id, at)| [SqlParam::from(id), SqlParam::from(*at)]),
            )
        })
        .await
}

fn find(tx: &Tx<'_>, id: EdgeId) -> Result<Option<EdgeRecord>, StoreError> {
    tx.first(
        &format!("SELECT {COLUMNS} FROM edge WHERE id = $1"),
        &[SqlParam::from(&id)],
        read,
    )
}

/// Adds an edge.
pub(crate) fn insert(tx: &Tx<'_>, edge: &EdgeRecord) -> Result<(), StoreError> {
    let sql = "INSERT INTO edge (id, org, site, name, key, key_id, state, counter, serial, version, epoch, created)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let (key, key_id) = (edge.key.to_string(), edge.key.id());
    let identity = [
        SqlParam::from(&edge.id),
        SqlParam::from(&edge.org),
        SqlParam::from(&edge.site),
        SqlParam::from(&edge.name),
    ];
    let keys = [
        SqlParam::from(&key),
        SqlParam::from(key_id.as_str()),
        SqlParam::from(edge.state.as_str()),
        SqlParam::from(edge.counter),
    ];
    let rest = [
        SqlParam::from(edge.serial.as_str()),
        SqlParam::from(edge.version.as_str()),
        SqlParam::from(edge.epoch),
        SqlParam::from(edge.created),
    ];
    tx.execute(sql, &[identity, keys, rest].concat()).map(|_| ())
}

/// The edge with a key, whoever it belongs to.
pub(crate) fn find_by_key(tx: &Tx<'_>, key: &PublicKey) -> Result<Option<EdgeRecord>, StoreError> {
    let id = key.id();
    tx.first(
        &format!("SELECT {COLUMNS} FROM edge WHERE key_id = $1"),
        &[SqlParam::from(id.as_str())],
        read,
    )
}

fn read(row: &SqlRow<'_>) -> Result<EdgeRecord, StoreError> {
    Ok(EdgeRecord {
        id: EdgeId::from_uuid(row.uuid(0)?),
        org: OrgId::from_uuid(row.uuid(1)?),
        site: SiteId::from_uuid(row.uuid(2)?),
        name: row.text(3)?,
        key: row.parsed(4, "public key")?,
        state: row.parsed(5, "edge state")?,
        counter: row.count(6)?,
        serial: row.text(7)?.into(),
        version: row.text(8)?.into(),
        epoch: row.epoch(9)?,
        created: row.time(10)?,
        seen: row.time_or_none(11)?,
    })
}
