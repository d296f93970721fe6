//! The rows of the register `bookings` on the disk of an edge that does not run, read and changed behind its back.
//!
//! Only what the journal itself offers: its tables. The edge is not asked.

use anyhow::{Context as _, Result, ensure};
use edge_journal::{Journal, JournalOptions, Table};
use protocol::{
    Epoch,
    register::{RegisterHash, RowKey, StoredRow},
};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};
use tests_site::edge::Edge;

/// The journal that a box begins with.
const FIRST: Epoch = Epoch(1);
/// Before a row's key in the journal's table.
const PREFIX: &str = "bookings\0";

/// Rows by key, which is the booking's id.
pub(crate) type Rows = BTreeMap<String, StoredRow>;

/// Every row there is.
pub(crate) fn rows(edge: &Edge) -> Result<Rows> {
    let journal = open(edge.state())?;
    let all = journal.scan(Table::Registers)?;
    let rows = all
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(PREFIX)?, value)));
    rows.map(|(key, value)| {
        let row: StoredRow = serde_json::from_slice(value).context("reading a row")?;
        let body: Value = serde_json::from_str(&row.body).context("reading a booking")?;
        ensure!(
            body.get("id").and_then(Value::as_str) == Some(key),
            "{key} is another booking's"
        );
        Ok((key.to_owned(), row))
    })
    .collect()
}

/// The hash of rows, counted anew.
pub(crate) fn hash(rows: &Rows) -> Result<String> {
    let mut hash = RegisterHash::default();
    for (key, row) in rows {
        hash = hash.with(&key.parse::<RowKey>()?, row.version, &row.body);
    }
    Ok(hash.to_string())
}

/// Replaces the whole table by these rows, and lets how far the edge believes to be as it is.
pub(crate) fn replace(edge: &Edge, rows: &Rows) -> Result<()> {
    let mut journal = open(edge.state())?;
    for (key, _) in journal.scan(Table::Registers)? {
        if key.starts_with(PREFIX) {
            journal.remove(Table::Registers, &key);
        }
    }
    for (key, row) in rows {
        journal.put(Table::Registers, &format!("{PREFIX}{key}"), serde_json::to_vec(row)?);
    }
    journal.checkpoint(&[]).context("writing the rows")
}

fn open(state: &Path) -> Result<Journal> {
    let options = JournalOptions::new(state.join("journal"), FIRST);
    Ok(Journal::open(options).context("opening the edge's journal")?.0)
}
