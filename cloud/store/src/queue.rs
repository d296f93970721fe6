//! The queues of the sites, as their events tell of them: what became of each ticket, and the figures of reports.
//!
//! Only read here: what is read is the projection `projection`. While it is made anew, the answer is
//! [`StoreError::Rebuilding`], never half of it.

pub(crate) mod projection;
mod report;
mod ticket;

pub use protocol::queue::TicketPhase;
#[cfg(test)]
pub(crate) use report::report_up_to;
pub use report::{QueueReport, ReportGrouping, ReportPeriod, ReportRow, ReportSizeError, report};

use crate::{
    db::OrgStore,
    error::StoreError,
    projection::cursor,
    value::{SqlParam, SqlRow},
};
use projection::QueueTickets;
use protocol::{
    EdgeId, Lang, Timestamp,
    id::{BookingId, ServiceId, SpotId, TicketId},
    queue::{Day, Source, TicketNumber},
};
use ticket::source;

/// A ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketRecord {
    /// The edge that gave it out.
    pub edge: EdgeId,
    /// Which.
    pub id: TicketId,
    /// What stands on it.
    pub number: TicketNumber,
    /// The local day it counts for.
    pub day: Day,
    /// What its holder waits for, or waited for last.
    pub service: ServiceId,
    /// How it was taken.
    pub source: Source,
    /// The language its holder chose.
    pub lang: Lang,
    /// When it was given out, by the edge's clock.
    pub issued: Timestamp,
    /// The agreed time it was taken for.
    pub booking: Option<BookingId>,
    /// How it stands.
    pub state: TicketPhase,
    /// Since when, by the edge's clock.
    pub changed: Timestamp,
    /// The window it was called to last.
    pub window: Option<SpotId>,
    /// What stands above that window.
    pub window_number: Option<u16>,
    /// Until when it may come back, or is held.
    pub until: Option<Timestamp>,
    /// How its holder found the visit: 1 to 5.
    pub score: Option<u8>,
}

const COLUMNS: &str = "edge, id, number, day, service, source, lang, issued, booking, state, changed, window, \
                       window_number, until, score";

/// The ticket whose token has this SHA-256 (lower-case hex), at one edge.
pub async fn by_token(scope: &OrgStore, edge: EdgeId, token_hash: String) -> Result<Option<TicketRecord>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM ticket WHERE token_hash = $1 AND edge = $2");
    scope
        .read(move |tx| {
            cursor::require::<QueueTickets>(tx)?;
            tx.first(&sql, &[SqlParam::from(&token_hash), SqlParam::from(&edge)], read)
        })
        .await
}

/// How many wait for the same service at the same edge and were given out before this one: what the cloud can tell by
/// itself while the edge's own word is not there.
pub async fn ahead(scope: &OrgStore, ticket: &TicketRecord) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM ticket WHERE edge = $1 AND service = $2 AND state = 'waiting' AND issued < $3
               AND issued > $4";
    let (edge, service, issued) = (ticket.edge, ticket.service.clone(), ticket.issued);
    let a_day_before = Timestamp::from_millis(issued.as_millis() - 86_400_000);
    let counted = scope
        .read(move |tx| {
            cursor::require::<QueueTickets>(tx)?;
            let values = [
                SqlParam::from(&edge),
                SqlParam::from(service.as_str()),
                SqlParam::from(issued),
                SqlParam::from(a_day_before),
            ];
            tx.first(sql, &values, |row| row.count(0))
        })
        .await?;
    Ok(counted.unwrap_or(0))
}

/// Tickets given out from `from` (included) to `to` (not included), newest first, at most `limit`.
pub async fn list(
    scope: &OrgStore,
    edge: Option<EdgeId>,
    (from, to): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<TicketRecord>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ticket WHERE issued >= $1 AND issued < $2 AND ($3 IS NULL OR edge = $3)
         ORDER BY issued DESC, id DESC LIMIT $4"
    );
    scope
        .read(move |tx| {
            cursor::require::<QueueTickets>(tx)?;
            let values = [
                SqlParam::from(from),
                SqlParam::from(to),
                SqlParam::from(edge.as_ref()),
                SqlParam::from(limit),
            ];
            tx.rows(&sql, &values, read)
        })
        .await
}

fn read(row: &SqlRow<'_>) -> Result<TicketRecord, StoreError> {
    let narrow = |column: usize, expected: &'static str| {
        row.count_or_none(column)?
            .map(|number| u16::try_from(number).map_err(|_| StoreError::Column { column, expected }))
            .transpose()
    };
    let day = i32::try_from(row.int(3)?).map_err(|_| StoreError::Column {
        column: 3,
        expected: "day",
    })?;
    Ok(TicketRecord {
        edge: EdgeId::from_uuid(row.uuid(0)?),
        id: TicketId::from_uuid(row.uuid(1)?),
        number: row.parsed(2, "ticket number")?,
        day: Day { since_epoch: day },
        service: row.parsed(4, "service")?,
        source: source(&row.text(5)?).ok_or(StoreError::Column {
            column: 5,
            expected: "source",
        })?,
        lang: row.parsed(6, "language")?,
        issued: row.time(7)?,
        booking: row.uuid_or_none(8)?.map(BookingId::from_uuid),
        state: row.parsed(9, "ticket state")?,
        changed: row.time(10)?,
        window: row
            .text_or_none(11)?
            .map(|window| {
                window.parse().map_err(|_| StoreError::Column {
                    column: 11,
                    expected: "spot",
                })
            })
            .transpose()?,
        window_number: narrow(12, "window number")?,
        until: row.time_or_none(13)?,
        score: narrow(14, "score")?.and_then(|score| u8::try_from(score).ok()),
    })
}
