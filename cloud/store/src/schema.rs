//! The tables, step by step: a file knows how many steps it has taken, and takes the rest when it is opened.
//!
//! A released step never changes; what must change is a further step at the end of its list.

use crate::statement::ddl_for_sqlite;
use crate::{
    accounts, audit, commands, devices, documents, edges, enrol, error::StoreError, events, idempotency, orgs, queue,
    registers,
};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Steps of `platform.db`: append only.
const PLATFORM: &[&str] = &[
    orgs::PLATFORM_DDL,
    edges::PLATFORM_DDL,
    enrol::PLATFORM_DDL,
    accounts::PLATFORM_DDL,
    audit::TABLES,
];

/// Steps of each tenant's file: append only.
const TENANT: &[&str] = &[
    orgs::TENANT_DDL,
    events::TENANT_DDL,
    devices::TENANT_DDL,
    commands::TENANT_DDL,
    documents::TENANT_DDL,
    audit::TABLES,
    idempotency::TENANT_DDL,
    queue::TENANT_DDL,
    registers::TENANT_DDL,
];

/// Which set of tables a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// Those of `platform.db`.
    Platform,
    /// Those of a tenant.
    Tenant,
}

impl Tables {
    fn steps(self) -> &'static [&'static str] {
        match self {
            Tables::Platform => PLATFORM,
            Tables::Tenant => TENANT,
        }
    }
}

/// Brings a file to this version's tables, all or nothing. Two connections may try at once.
pub(crate) fn migrate(connection: &mut Connection, path: &Path, tables: Tables) -> Result<(), StoreError> {
    let failed = |source| StoreError::Prepare {
        path: path.to_owned(),
        source,
    };
    let steps = tables.steps();
    if taken(connection).map_err(failed)? == steps.len() {
        return Ok(());
    }
    let tx = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    let found = taken(&tx).map_err(failed)?;
    let missing = steps.get(found..).ok_or(StoreError::Newer {
        path: path.to_owned(),
        found,
        known: steps.len(),
    })?;
    for step in missing {
        tx.execute_batch(&ddl_for_sqlite(step)).map_err(failed)?;
    }
    tx.pragma_update(None, "user_version", steps.len() as i64)
        .map_err(failed)?;
    tx.commit().map_err(failed)
}

fn taken(connection: &Connection) -> rusqlite::Result<usize> {
    let steps: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(usize::try_from(steps).unwrap_or(usize::MAX))
}
