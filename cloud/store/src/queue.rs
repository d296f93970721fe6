//! The queues of the sites, as their events tell of them: what became of each ticket, and the figures of reports.
//!
//! Only events write here. A ticket's state goes by (epoch, seq), so an event that arrives late never undoes a newer one;
//! what was waited and served is added up whenever it comes.

mod report;
mod step;

#[cfg(test)]
pub(crate) use report::report_up_to;
pub use report::{Grain, Line, Period, Report, TooMany, report};
pub(crate) use step::{TicketStep, apply};

use crate::{
    db::Scope,
    error::StoreError,
    value::{Row, V},
};
use protocol::{
    EdgeId, Lang, Timestamp,
    id::{BookingId, ServiceId, SpotId, TicketId},
    queue::{Day, Source, TicketNumber},
};

/// Tables in each tenant's file.
pub(crate) const TENANT_DDL: &str = "
    CREATE TABLE ticket (
        edge {uuid} NOT NULL, id {uuid} NOT NULL, number TEXT NOT NULL, day BIGINT NOT NULL, service TEXT NOT NULL,
        source TEXT NOT NULL, lang TEXT NOT NULL, token_hash TEXT NOT NULL, issued {time} NOT NULL,
        booking {uuid}, state TEXT NOT NULL, changed {time} NOT NULL, window TEXT, window_number BIGINT,
        until {time}, score BIGINT, epoch BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (edge, id));
    CREATE INDEX ticket_token ON ticket (token_hash);
    CREATE INDEX ticket_issued ON ticket (issued);
    CREATE TABLE ticket_turn (
        edge {uuid} NOT NULL, ticket {uuid} NOT NULL, service TEXT NOT NULL, window TEXT NOT NULL,
        operator {uuid} NOT NULL, at {time} NOT NULL, wait_s BIGINT NOT NULL, serve_s BIGINT NOT NULL, outcome TEXT);
    CREATE INDEX ticket_turn_at ON ticket_turn (at);
";

/// How a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketState {
    /// It waits.
    Waiting,
    /// It is called to a window.
    Called,
    /// It is served.
    Serving,
    /// It is put aside for a while.
    Held,
    /// Nobody came; it may come back for a while.
    NoShow,
    /// The visit is over.
    Done,
    /// It was given up.
    Cancelled,
    /// It was not ended in time.
    Expired,
}

impl TicketState {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            TicketState::Waiting => "waiting",
            TicketState::Called => "called",
            TicketState::Serving => "serving",
            TicketState::Held => "held",
            TicketState::NoShow => "no_show",
            TicketState::Done => "done",
            TicketState::Cancelled => "cancelled",
            TicketState::Expired => "expired",
        }
    }
    /// Whether nothing more becomes of it.
    pub const fn is_over(self) -> bool {
        match self {
            TicketState::Done | TicketState::Cancelled | TicketState::Expired => true,
            TicketState::Waiting
            | TicketState::Called
            | TicketState::Serving
            | TicketState::Held
            | TicketState::NoShow => false,
        }
    }
}

impl std::str::FromStr for TicketState {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [
            Self::Waiting,
            Self::Called,
            Self::Serving,
            Self::Held,
            Self::NoShow,
            Self::Done,
            Self::Cancelled,
            Self::Expired,
        ];
        all.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// A ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
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
    pub state: TicketState,
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
pub async fn by_token(scope: &Scope, edge: EdgeId, token_hash: String) -> Result<Option<Ticket>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM ticket WHERE token_hash = $1 AND edge = $2");
    scope
        .read(move |tx| tx.first(&sql, &[V::from(&token_hash), V::from(&edge)], read))
        .await
}

/// How many wait for the same service at the same edge and were given out before this one: what the cloud can tell by
/// itself while the edge's own word is not there.
pub async fn ahead(scope: &Scope, ticket: &Ticket) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM ticket WHERE edge = $1 AND service = $2 AND state = 'waiting' AND issued < $3
               AND issued > $4";
    let (edge, service, issued) = (ticket.edge, ticket.service.clone(), ticket.issued);
    let a_day_before = Timestamp::from_millis(issued.as_millis() - 86_400_000);
    let counted = scope
        .read(move |tx| {
            let values = [
                V::from(&edge),
                V::from(service.as_str()),
                V::from(issued),
                V::from(a_day_before),
            ];
            tx.first(sql, &values, |row| row.count(0))
        })
        .await?;
    Ok(counted.unwrap_or(0))
}

/// Tickets given out from `from` (included) to `to` (not included), newest first, at most `limit`.
pub async fn list(
    scope: &Scope,
    edge: Option<EdgeId>,
    (from, to): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<Ticket>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ticket WHERE issued >= $1 AND issued < $2 AND ($3 IS NULL OR edge = $3)
         ORDER BY issued DESC, id DESC LIMIT $4"
    );
    scope
        .read(move |tx| {
            let values = [V::from(from), V::from(to), V::from(edge.as_ref()), V::from(limit)];
            tx.rows(&sql, &values, read)
        })
        .await
}

fn read(row: &Row<'_>) -> Result<Ticket, StoreError> {
    let narrow = |column: usize, expected: &'static str| {
        row.count_or_none(column)?
            .map(|number| u16::try_from(number).map_err(|_| StoreError::Column { column, expected }))
            .transpose()
    };
    let day = i32::try_from(row.int(3)?).map_err(|_| StoreError::Column {
        column: 3,
        expected: "day",
    })?;
    Ok(Ticket {
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

/// As stored and shown.
pub(crate) const fn source_name(source: Source) -> &'static str {
    match source {
        Source::Kiosk => "kiosk",
        Source::Online => "online",
        Source::WalkIn => "walk_in",
        Source::Booking => "booking",
    }
}

fn source(text: &str) -> Option<Source> {
    [Source::Kiosk, Source::Online, Source::WalkIn, Source::Booking]
        .into_iter()
        .find(|source| source_name(*source) == text)
}
