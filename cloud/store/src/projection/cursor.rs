//! How far each projection of a file has come: its version, and the last event that is in its tables.
//!
//! A projection is up to date where that is the last event stored; only then do its tables answer. A version that is
//! not this code's is never read from: its tables are made anew when the file is opened.

use crate::{
    error::StoreError,
    projection::{Projection, ProjectionDefinition},
    tx::Tx,
    value::SqlParam,
};

/// The table of cursors. `tables` names those a version has made, so that a later one can remove them.
pub(crate) const TENANT_DDL: &str = "
    CREATE TABLE projection (
        name TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, upto BIGINT NOT NULL, tables TEXT NOT NULL);
";

/// How far a projection has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionCursor {
    /// Which projection.
    pub name: String,
    /// Version of the code that made its tables.
    pub version: u64,
    /// Id of the last event in its tables.
    pub upto: u64,
}

/// The cursors of a file, and the id of the last event stored there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionCursors {
    /// Of each projection.
    pub cursors: Vec<ProjectionCursor>,
    /// The last event stored.
    pub last: u64,
}

impl ProjectionCursors {
    /// How far one has come, where there is such a projection.
    pub fn upto(&self, name: &str) -> Option<u64> {
        let found = self.cursors.iter().find(|cursor| cursor.name == name);
        found.map(|cursor| cursor.upto)
    }
    /// Whether all have come to the last event.
    pub fn is_current(&self) -> bool {
        self.cursors.iter().all(|cursor| cursor.upto == self.last)
    }
}

/// The cursors of this code's projections.
pub(crate) fn read(tx: &Tx<'_>, definitions: &[ProjectionDefinition]) -> Result<ProjectionCursors, StoreError> {
    let last = tx.first("SELECT coalesce(max(id), 0) FROM event", &[], |row| row.count(0))?;
    let mut cursors = rows(tx)?;
    cursors.retain(|cursor| definitions.iter().any(|known| known.name == cursor.name));
    Ok(ProjectionCursors {
        cursors,
        last: last.unwrap_or(0),
    })
}

/// Refuses to answer from a projection that is not up to date.
pub(crate) fn require<P: Projection>(tx: &Tx<'_>) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM projection
               WHERE name = $1 AND version = $2 AND upto = (SELECT coalesce(max(id), 0) FROM event)";
    let current = tx.first(sql, &[SqlParam::from(P::NAME), SqlParam::from(P::VERSION)], |_| Ok(()))?;
    current.ok_or(StoreError::Rebuilding { projection: P::NAME })
}

/// Notes that a projection's tables hold everything up to this event.
pub(crate) fn advance(tx: &Tx<'_>, name: &str, upto: u64) -> Result<(), StoreError> {
    let sql = "UPDATE projection SET upto = $2 WHERE name = $1";
    tx.execute(sql, &[SqlParam::from(name), SqlParam::from(upto)])
        .map(|_| ())
}

/// Whether every projection stands in the file with this code's version.
pub(crate) fn is_prepared(tx: &Tx<'_>, definitions: &[ProjectionDefinition]) -> Result<bool, StoreError> {
    if definitions.is_empty() {
        return Ok(true);
    }
    let found = rows(tx)?;
    Ok(definitions.iter().all(|definition| {
        let same = |cursor: &ProjectionCursor| {
            cursor.name == definition.name && cursor.version == u64::from(definition.version)
        };
        found.iter().any(same)
    }))
}

/// Gives the file the tables of every projection that is new, or was made by another version. They are empty, and
/// their cursors stand before the first event: in a file without events that is up to date.
pub(crate) fn prepare(tx: &Tx<'_>, definitions: &[ProjectionDefinition]) -> Result<(), StoreError> {
    if definitions.is_empty() {
        return Ok(());
    }
    let found = rows(tx)?;
    for definition in definitions {
        let same = |cursor: &ProjectionCursor| {
            cursor.name == definition.name && cursor.version == u64::from(definition.version)
        };
        if !found.iter().any(same) {
            reset(tx, definition)?;
        }
    }
    Ok(())
}

/// Removes what any version has made of a projection, and begins it anew.
pub(crate) fn reset(tx: &Tx<'_>, definition: &ProjectionDefinition) -> Result<(), StoreError> {
    let sql = "SELECT tables FROM projection WHERE name = $1";
    let before = tx.first(sql, &[SqlParam::from(definition.name)], |row| row.text(0))?;
    let before = before.unwrap_or_default();
    let of_now = definition.tables.iter().map(|table| table.name);
    for table in before.split(' ').chain(of_now).filter(|name| is_plain(name)) {
        tx.define(&format!("DROP TABLE IF EXISTS {table}"))?;
    }
    for table in definition.tables {
        tx.define(table.ddl)?;
    }
    let tables: Vec<&str> = definition.tables.iter().map(|table| table.name).collect();
    let tables = tables.join(" ");
    let sql = "INSERT INTO projection (name, version, upto, tables) VALUES ($1, $2, 0, $3)
               ON CONFLICT (name) DO UPDATE SET version = excluded.version, upto = 0, tables = excluded.tables";
    let values = [
        SqlParam::from(definition.name),
        SqlParam::from(definition.version),
        SqlParam::from(&tables),
    ];
    tx.execute(sql, &values).map(|_| ())
}

/// A name that can stand in a statement as it is.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn rows(tx: &Tx<'_>) -> Result<Vec<ProjectionCursor>, StoreError> {
    tx.rows("SELECT name, version, upto FROM projection ORDER BY name", &[], |row| {
        Ok(ProjectionCursor {
            name: row.text(0)?,
            version: row.count(1)?,
            upto: row.count(2)?,
        })
    })
}
