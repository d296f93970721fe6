//! Agreed times of an edge's branch: one row each of the register `bookings`.
//!
//! Before there was that register they travelled in the document `bookings/branch`. Its bookings become rows with the
//! first booking that is made after the upgrade, in the same transaction; until then they are read where they are.

use crate::{
    audit,
    db::OrgStore,
    error::StoreError,
    registers::{self, RowChange},
    tx::Tx,
    value::SqlParam,
};
use protocol::{
    EdgeId, Timestamp,
    id::BookingId,
    queue::{Booking, Bookings},
    register::{RegisterKind, Row, RowKey},
};

/// The document they travelled in.
const DOCUMENT: &str = "bookings/branch";
/// Rows that are bookings of the edge `$1`: in the words of the indexes, so that they are used.
const LIVE: &str = "edge = $1 AND register = 'bookings' AND body IS NOT NULL";

/// Indexes in each tenant's file: one booking among thousands is made without reading the others.
pub(crate) const TENANT_DDL: &str = "
    CREATE INDEX booking_code ON register_row (edge, (body ->> 'code_hash'))
        WHERE register = 'bookings' AND body IS NOT NULL;
    CREATE INDEX booking_at ON register_row (edge, (CAST(body ->> 'at' AS BIGINT)))
        WHERE register = 'bookings' AND body IS NOT NULL;
";

/// A booking to be made.
#[derive(Debug, Clone)]
pub struct NewBooking {
    /// For which edge's branch.
    pub edge: EdgeId,
    /// One booking per code that may be given; the first whose code nobody has is made.
    pub candidates: Vec<Booking>,
    /// Bookings for a time before this are forgotten.
    pub forget_before: Timestamp,
    /// How many a branch keeps at most.
    pub most: usize,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum BookingResult {
    /// It was made; this is it.
    Booked(Booking),
    /// The branch keeps as many as it can.
    Full,
}

/// What became of a withdrawal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// The booking is gone.
    Done,
    /// There is no such booking.
    Unknown,
}

/// Every booking that is kept, in no order.
pub async fn list(scope: &OrgStore, edge: EdgeId) -> Result<Vec<Booking>, StoreError> {
    scope
        .read(move |tx| match in_document(tx, edge)? {
            Some(bookings) => Ok(bookings),
            None => {
                let rows = registers::live(tx, edge, &RegisterKind::Bookings.id())?;
                rows.iter().map(read).collect()
            }
        })
        .await
}

/// Makes a booking, with its audit line.
pub async fn add(scope: &OrgStore, new: NewBooking, entry: audit::AuditEntry) -> Result<BookingResult, StoreError> {
    scope
        .write(move |tx| {
            let edge = new.edge;
            move_document(tx, edge)?;
            let over = over(tx, edge, new.forget_before)?;
            let kept = count(tx, edge)?.saturating_sub(over.len() as u64);
            let free = first_free(tx, edge, &new)?.filter(|_| kept < new.most as u64);
            let Some(made) = free else {
                return Ok(BookingResult::Full);
            };
            let mut changes: Vec<_> = over.into_iter().map(|key| RowChange { key, body: None }).collect();
            changes.push(row(made)?);
            registers::write_rows(tx, edge, &RegisterKind::Bookings.id(), &changes)?;
            audit::append(tx, &entry)?;
            Ok(BookingResult::Booked(made.clone()))
        })
        .await
}

/// Withdraws a booking, with its audit line.
pub async fn withdraw(
    scope: &OrgStore,
    edge: EdgeId,
    booking: BookingId,
    entry: audit::AuditEntry,
) -> Result<Withdrawal, StoreError> {
    scope
        .write(move |tx| {
            move_document(tx, edge)?;
            let key = row_key(booking)?;
            let sql = format!("SELECT key FROM register_row WHERE {LIVE} AND key = $2");
            if tx
                .first(&sql, &[SqlParam::from(&edge), SqlParam::from(key.as_str())], |_| Ok(()))?
                .is_none()
            {
                return Ok(Withdrawal::Unknown);
            }
            let gone = RowChange { key, body: None };
            registers::write_rows(tx, edge, &RegisterKind::Bookings.id(), &[gone])?;
            audit::append(tx, &entry)?;
            Ok(Withdrawal::Done)
        })
        .await
}

/// The bookings of the document, where they are there still; none: they are rows.
fn in_document(tx: &Tx<'_>, edge: EdgeId) -> Result<Option<Vec<Booking>>, StoreError> {
    if registers::find(tx, edge, &RegisterKind::Bookings.id())?.is_some() {
        return Ok(None);
    }
    let sql = "SELECT withdrawn, body FROM document WHERE edge = $1 AND id = $2 ORDER BY version DESC LIMIT 1";
    let document = tx.first(sql, &[SqlParam::from(&edge), SqlParam::from(DOCUMENT)], |row| {
        if row.flag(0)? {
            return Ok(Vec::new());
        }
        row.json::<Bookings>(1).map(|body| body.bookings)
    })?;
    Ok(Some(document.unwrap_or_default()))
}

/// Makes rows of the bookings of the document.
fn move_document(tx: &Tx<'_>, edge: EdgeId) -> Result<(), StoreError> {
    let bookings = in_document(tx, edge)?.unwrap_or_default();
    let rows = bookings.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    registers::write_rows(tx, edge, &RegisterKind::Bookings.id(), &rows).map(|_| ())
}

/// The bookings whose time is over.
fn over(tx: &Tx<'_>, edge: EdgeId, before: Timestamp) -> Result<Vec<RowKey>, StoreError> {
    let sql = format!("SELECT key FROM register_row WHERE {LIVE} AND CAST(body ->> 'at' AS BIGINT) < $2");
    tx.rows(&sql, &[SqlParam::from(&edge), SqlParam::from(before)], |row| {
        row.parsed(0, "row key")
    })
}

fn count(tx: &Tx<'_>, edge: EdgeId) -> Result<u64, StoreError> {
    let sql = format!("SELECT COUNT(*) FROM register_row WHERE {LIVE}");
    let count = tx.first(&sql, &[SqlParam::from(&edge)], |row| row.count(0))?;
    Ok(count.unwrap_or_default())
}

/// The first candidate whose code nobody has whose time is still to come.
fn first_free<'n>(tx: &Tx<'_>, edge: EdgeId, new: &'n NewBooking) -> Result<Option<&'n Booking>, StoreError> {
    let sql = format!(
        "SELECT key FROM register_row
         WHERE {LIVE} AND body ->> 'code_hash' = $2 AND CAST(body ->> 'at' AS BIGINT) >= $3 LIMIT 1"
    );
    for candidate in &new.candidates {
        let hash = candidate.code_hash.to_string();
        let code = [
            SqlParam::from(&edge),
            SqlParam::from(&hash),
            SqlParam::from(new.forget_before),
        ];
        if tx.first(&sql, &code, |_| Ok(()))?.is_none() {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

fn read(row: &Row) -> Result<Booking, StoreError> {
    serde_json::from_str(row.body().unwrap_or("null")).map_err(unreadable)
}

fn row(booking: &Booking) -> Result<RowChange, StoreError> {
    let body = serde_json::to_string(booking).map_err(unreadable)?;
    Ok(RowChange {
        key: row_key(booking.id)?,
        body: Some(body),
    })
}

fn row_key(booking: BookingId) -> Result<RowKey, StoreError> {
    booking.to_string().parse().map_err(|_| StoreError::Column {
        column: 0,
        expected: "row key",
    })
}

fn unreadable(source: serde_json::Error) -> StoreError {
    StoreError::Json {
        what: "a booking",
        source,
    }
}
