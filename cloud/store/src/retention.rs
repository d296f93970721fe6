//! What is forgotten for its age: events and gaps, what was made of them, commands, and audit entries; some at a time,
//! behind everything that waits.
//!
//! The newest event and the newest entry always stay, for numbers go on from them. No event goes that a projection has
//! not read yet. What is left of an audit chain is as tight as before: where it begins now is noted with it.

use crate::{
    audit,
    db::{OrgStore, PlatformStore},
    error::StoreError,
    projection::cursor,
    projections::PROJECTIONS,
    tx::Tx,
    value::SqlParam,
};
use protocol::{CommandId, Timestamp};

/// Rows of one commit.
const PIECE: u32 = 1_000;
/// About how many bytes that writes, as the writer weighs bulk.
const PIECE_BYTES: usize = 1 << 19;

/// Forgets events that happened before, and gaps that were noticed before; gives how many events.
pub async fn forget_events(scope: &OrgStore, before: Timestamp) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    loop {
        let piece = scope.write_bulk(
            PIECE_BYTES,
            move |tx| {
                if !cursor::read(tx, PROJECTIONS)?.is_current() {
                    return Ok(0);
                }
                let limits = [SqlParam::from(before), SqlParam::from(PIECE)];
                let sql = "DELETE FROM event WHERE id IN (
                               SELECT id FROM event WHERE at < $1 AND id < (SELECT max(id) FROM event)
                               ORDER BY at LIMIT $2)";
                let events = tx.execute(sql, &limits)?;
                tx.execute("DELETE FROM event_gap WHERE noticed < $1", &limits[..1])?;
                Ok(events as u64)
            },
            |_| {},
        );
        let events = piece.await?;
        forgotten += events;
        if events < u64::from(PIECE) {
            return Ok(forgotten);
        }
    }
}

/// By what a row is old.
#[derive(Debug, Clone, Copy)]
enum RowAge {
    /// By a time.
    Time,
    /// By the time in a command's id.
    CommandId,
}

/// What goes with the events that it was made of, or at the same age; `$1` is that age.
const WITH_EVENTS: [(&str, &str, RowAge); 5] = [
    ("command", "created < $1", RowAge::Time),
    ("command_outcome", "command < $1", RowAge::CommandId),
    (
        "ticket",
        "issued < $1 OR (issued IS NULL AND changed < $1)",
        RowAge::Time,
    ),
    ("ticket_turn", "at < $1", RowAge::Time),
    // An hour is old once all of it is.
    ("event_hour", "hour < $1 - 3600000", RowAge::Time),
];

/// Forgets commands of before with their outcomes, tickets, turns and hourly counts; gives how many rows.
pub async fn forget_records(scope: &OrgStore, before: Timestamp) -> Result<u64, StoreError> {
    let least = CommandId::new(before, [0; 10]);
    let mut forgotten = 0;
    for (table, old, by) in WITH_EVENTS {
        let sql = format!("DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE {old} LIMIT $2)");
        loop {
            let sql = sql.clone();
            let work = move |tx: &Tx<'_>| {
                if !cursor::read(tx, PROJECTIONS)?.is_current() {
                    return Ok(0);
                }
                let age = match by {
                    RowAge::Time => SqlParam::from(before),
                    RowAge::CommandId => SqlParam::from(&least),
                };
                Ok(tx.execute(&sql, &[age, SqlParam::from(PIECE)])? as u64)
            };
            let rows = scope.write_bulk(PIECE_BYTES, work, |_| {}).await?;
            forgotten += rows;
            if rows < u64::from(PIECE) {
                break;
            }
        }
    }
    Ok(forgotten)
}

/// Forgets entries of the platform's audit; gives how many.
pub async fn forget_platform_audit(platform: &PlatformStore, before: Timestamp) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    loop {
        let entries = platform.write(move |tx| audit::forget(tx, before, PIECE)).await?;
        forgotten += entries;
        if entries < u64::from(PIECE) {
            return Ok(forgotten);
        }
    }
}

/// Forgets audit entries of before; gives how many.
pub async fn forget_audit(scope: &OrgStore, before: Timestamp) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    loop {
        let piece = scope.write_bulk(PIECE_BYTES, move |tx| audit::forget(tx, before, PIECE), |_| {});
        let entries = piece.await?;
        forgotten += entries;
        if entries < u64::from(PIECE) {
            return Ok(forgotten);
        }
    }
}
