//! Writing rows: each takes the register one version further, in the transaction that writes it.

use super::{COLUMNS, RegisterProgress, TrackedRegister, read, read_row, version_value};
use crate::{audit, db::OrgStore, error::StoreError, tx::Tx, value::SqlParam};
use protocol::{
    EdgeId, RegisterId,
    register::{RegisterHash, RegisterState, RegisterVersion, Row, RowKey},
};

/// Deleted rows that are remembered of one register at most: whoever lacks older ones gets the whole table.
const MOST_DELETED: u64 = 10_000;

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange {
    /// Which.
    pub key: RowKey,
    /// What it says from now on, as JSON text; none: it is deleted.
    pub body: Option<String>,
}

/// Writes rows of a register, with an audit line; gives the version it is at then.
pub async fn write(
    scope: &OrgStore,
    edge: EdgeId,
    register: RegisterId,
    changes: Vec<RowChange>,
    entry: audit::AuditEntry,
) -> Result<RegisterVersion, StoreError> {
    scope
        .write(move |tx| {
            let version = write_rows(tx, edge, &register, &changes)?;
            audit::append(tx, &entry)?;
            Ok(version)
        })
        .await
}

/// A register of an edge; none: no row was ever written.
pub async fn get(scope: &OrgStore, edge: EdgeId, register: RegisterId) -> Result<Option<TrackedRegister>, StoreError> {
    scope.read(move |tx| find(tx, edge, &register)).await
}

/// Every register of an edge that rows were ever written of, by name.
pub async fn all(scope: &OrgStore, edge: EdgeId) -> Result<Vec<TrackedRegister>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM register WHERE edge = $1 ORDER BY id");
    scope
        .read(move |tx| tx.rows(&sql, &[SqlParam::from(&edge)], read))
        .await
}

/// The rows of a register by key, without the deleted ones.
pub async fn rows(scope: &OrgStore, edge: EdgeId, register: RegisterId) -> Result<Vec<Row>, StoreError> {
    scope.read(move |tx| live(tx, edge, &register)).await
}

/// A register; none: no row was ever written.
pub(crate) fn find(tx: &Tx<'_>, edge: EdgeId, register: &RegisterId) -> Result<Option<TrackedRegister>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM register WHERE edge = $1 AND id = $2");
    tx.first(&sql, &[SqlParam::from(&edge), SqlParam::from(register.as_str())], read)
}

/// The rows that are not deleted.
pub(crate) fn live(tx: &Tx<'_>, edge: EdgeId, register: &RegisterId) -> Result<Vec<Row>, StoreError> {
    let sql = "SELECT key, version, body FROM register_row
               WHERE edge = $1 AND register = $2 AND body IS NOT NULL ORDER BY key";
    tx.rows(
        sql,
        &[SqlParam::from(&edge), SqlParam::from(register.as_str())],
        read_row,
    )
}

/// Writes rows. One that says the same already, and the deletion of one that is not there, change nothing.
pub(crate) fn write_rows(
    tx: &Tx<'_>,
    edge: EdgeId,
    register: &RegisterId,
    changes: &[RowChange],
) -> Result<RegisterVersion, StoreError> {
    let which = [SqlParam::from(&edge), SqlParam::from(register.as_str())];
    let mut state = find(tx, edge, register)?.map_or_else(RegisterState::default, |tracked| tracked.state);
    let before = state.version;
    for change in changes {
        write_row(tx, which, change, &mut state)?;
    }
    if state.version == before {
        return Ok(before);
    }
    if changes.iter().any(|change| change.body.is_none()) {
        state.floor = forget_deleted(tx, which, state.floor)?;
    }
    let sql = "INSERT INTO register (edge, id, version, floor, hash, state) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (edge, id) DO UPDATE SET version = excluded.version, floor = excluded.floor,
                   hash = excluded.hash, state = CASE WHEN register.state IN ('sent', 'refused') THEN register.state
                                                      ELSE excluded.state END";
    let row = [
        version_value(state.version),
        version_value(state.floor),
        SqlParam::from(state.hash.as_bytes()),
        SqlParam::from(RegisterProgress::Due.as_str()),
    ];
    tx.execute(sql, &[&which[..], &row].concat())?;
    Ok(state.version)
}

fn write_row(
    tx: &Tx<'_>,
    [edge, register]: [SqlParam<'_>; 2],
    change: &RowChange,
    state: &mut RegisterState,
) -> Result<(), StoreError> {
    let key = SqlParam::from(change.key.as_str());
    let sql = "SELECT key, version, body FROM register_row WHERE edge = $1 AND register = $2 AND key = $3";
    let before = tx.first(sql, &[edge, register, key], read_row)?;
    let said = before.as_ref().and_then(Row::body);
    if said == change.body.as_deref() {
        return Ok(());
    }
    let without = match (&before, said) {
        (Some(row), Some(body)) => state.hash.without(&change.key, row.version, body),
        (Some(_) | None, _) => state.hash,
    };
    let version = state.version.next();
    let with = |body: &String| -> RegisterHash { without.with(&change.key, version, body) };
    state.hash = change.body.as_ref().map_or(without, with);
    state.version = version;
    let sql = "INSERT INTO register_row (edge, register, key, version, body) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (edge, register, key) DO UPDATE SET version = excluded.version, body = excluded.body";
    let body = SqlParam::from(change.body.as_ref());
    tx.execute(sql, &[edge, register, key, version_value(version), body])?;
    Ok(())
}

/// Keeps the number of remembered deletions bounded; gives the newest version that was forgotten.
fn forget_deleted(
    tx: &Tx<'_>,
    which: [SqlParam<'_>; 2],
    floor: RegisterVersion,
) -> Result<RegisterVersion, StoreError> {
    let [edge, register] = which;
    let sql = "SELECT version FROM register_row WHERE edge = $1 AND register = $2 AND body IS NULL
               ORDER BY version DESC LIMIT 1 OFFSET $3";
    let beyond = tx.first(sql, &[edge, register, SqlParam::from(MOST_DELETED)], |row| row.count(0))?;
    let Some(upto) = beyond.map(RegisterVersion) else {
        return Ok(floor);
    };
    forget_deleted_to(tx, which, upto)?;
    Ok(floor.max(upto))
}

pub(super) fn forget_deleted_to(
    tx: &Tx<'_>,
    [edge, register]: [SqlParam<'_>; 2],
    upto: RegisterVersion,
) -> Result<usize, StoreError> {
    let sql = "DELETE FROM register_row WHERE edge = $1 AND register = $2 AND body IS NULL AND version <= $3";
    tx.execute(sql, &[edge, register, version_value(upto)])
}
