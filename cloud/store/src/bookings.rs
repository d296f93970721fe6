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
    queue::{Booking, Bookings},
    register::{RegisterKind, Row, RowKey},
};

/// The document they travelled in.
const DOCUMENT: &str = "bookings/branch";

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
    Yes(Booking),
    /// The branch keeps as many as it can.
    Full,
}

/// Every booking that is kept, in no order.
pub async fn list(scope: &OrgStore, edge: EdgeId) -> Result<Vec<Booking>, StoreError> {
    scope.read(move |tx| kept(tx, edge).map(|kept| kept.bookings)).await
}

/// Makes a booking, with its audit line.
pub async fn add(scope: &OrgStore, new: NewBooking, entry: audit::AuditEntry) -> Result<BookingResult, StoreError> {
    scope
        .write(move |tx| {
            let StoredBookings { bookings, place } = kept(tx, new.edge)?;
            let (good, old): (Vec<_>, Vec<_>) = bookings.into_iter().partition(|one| one.at >= new.forget_before);
            let free = |one: &&Booking| !good.iter().any(|other| other.code_hash == one.code_hash);
            let made = new.candidates.iter().find(free);
            let (Some(made), true) = (made, good.len() < new.most) else {
                return Ok(BookingResult::Full);
            };
            let mut changes = Vec::new();
            match place {
                BookingStorage::Register => changes.extend(old.iter().map(removal).collect::<Result<Vec<_>, _>>()?),
                BookingStorage::Document => changes.extend(good.iter().map(row).collect::<Result<Vec<_>, _>>()?),
            }
            changes.push(row(made)?);
            registers::write_rows(tx, new.edge, &RegisterKind::Bookings.id(), &changes)?;
            audit::append(tx, &entry)?;
            Ok(BookingResult::Yes(made.clone()))
        })
        .await
}

/// The bookings, and where they are.
struct StoredBookings {
    bookings: Vec<Booking>,
    place: BookingStorage,
}

enum BookingStorage {
    Register,
    Document,
}

fn kept(tx: &Tx<'_>, edge: EdgeId) -> Result<StoredBookings, StoreError> {
    let register = RegisterKind::Bookings.id();
    if registers::find(tx, edge, &register)?.is_some() {
        let rows = registers::live(tx, edge, &register)?;
        let bookings = rows.iter().map(read).collect::<Result<_, _>>()?;
        let place = BookingStorage::Register;
        return Ok(StoredBookings { bookings, place });
    }
    let sql = "SELECT withdrawn, body FROM document WHERE edge = $1 AND id = $2 ORDER BY version DESC LIMIT 1";
    let document = tx.first(sql, &[SqlParam::from(&edge), SqlParam::from(DOCUMENT)], |row| {
        if row.flag(0)? {
            return Ok(Vec::new());
        }
        row.json::<Bookings>(1).map(|body| body.bookings)
    })?;
    Ok(StoredBookings {
        bookings: document.unwrap_or_default(),
        place: BookingStorage::Document,
    })
}

fn read(row: &Row) -> Result<Booking, StoreError> {
    serde_json::from_str(row.body().unwrap_or("null")).map_err(unreadable)
}

fn row(booking: &Booking) -> Result<RowChange, StoreError> {
    let body = serde_json::to_string(booking).map_err(unreadable)?;
    let body = Some(body);
    Ok(RowChange {
        body,
        ..removal(booking)?
    })
}

fn removal(booking: &Booking) -> Result<RowChange, StoreError> {
    let key = booking.id.to_string().parse::<RowKey>();
    let key = key.map_err(|_| StoreError::Column {
        column: 0,
        expected: "row key",
    })?;
    Ok(RowChange { key, body: None })
}

fn unreadable(source: serde_json::Error) -> StoreError {
    StoreError::Json {
        what: "a booking",
        source,
    }
}
