//! The tables, step by step: a file knows how many steps it has taken, and takes the rest when it is opened.
//!
//! A released step never changes; what must change is a further step at the end of its list. Which tables there are is
//! handed in: nothing here knows a domain.

use crate::{
    error::StoreError,
    projection::{ProjectionDefinition, cursor},
    statement::ddl_for_sqlite,
    tx::Tx,
};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// What a file holds.
#[derive(Debug)]
pub(crate) struct FileTables {
    /// Steps: append only.
    pub(crate) steps: &'static [&'static str],
    /// Projections, with their own tables.
    pub(crate) projections: &'static [ProjectionDefinition],
}

/// What each kind of file holds.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// `platform.db`.
    pub(crate) platform: FileTables,
    /// Each tenant's file.
    pub(crate) tenant: FileTables,
}

/// Brings a file to this version's tables, all or nothing. Two connections may try at once.
pub(crate) fn migrate(connection: &mut Connection, path: &Path, tables: &FileTables) -> Result<(), StoreError> {
    let failed = |source| StoreError::Prepare {
        path: path.to_owned(),
        source,
    };
    let steps = tables.steps;
    if applied_steps(connection).map_err(failed)? == steps.len()
        && cursor::is_prepared(&Tx::new(connection), tables.projections)?
    {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    let found = applied_steps(&transaction).map_err(failed)?;
    let missing = steps.get(found..).ok_or(StoreError::Newer {
        path: path.to_owned(),
        found,
        known: steps.len(),
    })?;
    for step in missing {
        transaction.execute_batch(&ddl_for_sqlite(step)).map_err(failed)?;
    }
    transaction
        .pragma_update(None, "user_version", steps.len() as i64)
        .map_err(failed)?;
    cursor::prepare(&Tx::new(&transaction), tables.projections)?;
    transaction.commit().map_err(failed)
}

fn applied_steps(connection: &Connection) -> rusqlite::Result<usize> {
    let steps: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(usize::try_from(steps).unwrap_or(usize::MAX))
}
