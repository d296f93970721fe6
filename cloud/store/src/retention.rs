//! What is forgotten for its age: events and gaps, and audit entries, some at a time, behind everything that waits.
//!
//! The newest event and the newest entry always stay, for numbers go on from them. No event goes that a projection has
//! not read yet. What is left of an audit chain is as tight as before: where it begins now is noted with it.

use crate::{audit, db::OrgStore, error::StoreError, projection::cursor, projections::PROJECTIONS, value::SqlParam};
use protocol::Timestamp;

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
