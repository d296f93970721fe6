//! Tickets and turns at windows as a projection.
//!
//! A ticket's row may begin with any event of the ticket: what its issue says is missing until that has come.

use super::{TicketPhase, ticket::source_name};
use crate::{
    error::StoreError,
    projection::{EventPosition, EventView, ProjectedEvent, Projection, ProjectionTable, newest_wins},
    tx::Tx,
    value::SqlParam,
};
use protocol::{
    Fact, PersonId, Timestamp,
    fact::{ServiceSession, TicketIssue},
    id::{ServiceId, SpotId, TicketId},
};
use std::sync::LazyLock;

/// The projection of the queues.
#[derive(Debug)]
pub(crate) struct QueueTickets;

/// What one event changes of a ticket.
#[derive(Debug)]
pub(crate) enum TicketStep {
    /// It was given out.
    Issued(Box<TicketIssue>),
    /// It stands otherwise, and perhaps a turn at a window is over.
    Moved {
        ticket: TicketId,
        to: TicketPhase,
        /// The service it is for from now on, where that changed.
        service: Option<ServiceId>,
        window: Option<(SpotId, u16)>,
        until: Option<Timestamp>,
        turn: Option<WindowTurn>,
    },
    /// Its holder said how it was.
    Scored { ticket: TicketId, score: u8 },
}

/// A turn at a window.
#[derive(Debug)]
pub(crate) struct WindowTurn {
    service: ServiceId,
    window: SpotId,
    operator: PersonId,
    wait_s: u64,
    serve_s: u64,
    outcome: Option<String>,
}

impl TicketStep {
    /// What a fact changes; none: it is not about a ticket.
    #[expect(clippy::wildcard_enum_match_arm, reason = "other facts are not about tickets")]
    fn of(fact: &Fact) -> Option<Self> {
        let moved = |ticket, to| Self::Moved {
            ticket,
            to,
            service: None,
            window: None,
            until: None,
            turn: None,
        };
        Some(match fact {
            Fact::QueueIssued(issued) => Self::Issued(Box::new(issued.clone())),
            Fact::QueueCalled(called) | Fact::QueueRecalled(called) => Self::Moved {
                ticket: called.ticket,
                to: TicketPhase::Called,
                service: None,
                window: Some((called.window.clone(), called.window_number)),
                until: None,
                turn: None,
            },
            Fact::QueueArrived(served) => moved(served.ticket, TicketPhase::Serving),
            Fact::QueueServed(served) => Self::turned(served, TicketPhase::Waiting),
            Fact::QueueDone(served) => Self::turned(served, TicketPhase::Done),
            Fact::QueueTransferred(transferred) => Self::Moved {
                ticket: transferred.ticket,
                to: TicketPhase::Waiting,
                service: Some(transferred.to.clone()),
                window: None,
                until: None,
                // What it waited before stands in no fact; the time at the window counts.
                turn: Some(WindowTurn {
                    service: transferred.from.clone(),
                    window: transferred.left.clone(),
                    operator: transferred.operator,
                    wait_s: 0,
                    serve_s: transferred.serve_s,
                    outcome: Some("transferred".to_owned()),
                }),
            },
            Fact::QueueNoShow(left) => Self::left(left.ticket, TicketPhase::NoShow, left.until),
            Fact::QueueHeld(left) => Self::left(left.ticket, TicketPhase::Held, left.until),
            Fact::QueueReturned(left) => moved(left.ticket, TicketPhase::Waiting),
            Fact::QueueCancelled(left) => moved(left.ticket, TicketPhase::Cancelled),
            Fact::QueueExpired(left) => moved(left.ticket, TicketPhase::Expired),
            Fact::QueueFeedback(feedback) => Self::Scored {
                ticket: feedback.ticket,
                score: feedback.score,
            },
            _ => return None,
        })
    }

    fn turned(served: &ServiceSession, to: TicketPhase) -> Self {
        Self::Moved {
            ticket: served.ticket,
            to,
            service: served.next.clone(),
            window: None,
            until: None,
            turn: Some(WindowTurn {
                service: served.service.clone(),
                window: served.window.clone(),
                operator: served.operator,
                wait_s: served.wait_s,
                serve_s: served.serve_s,
                outcome: served.outcome.clone().map(String::from),
            }),
        }
    }

    fn left(ticket: TicketId, to: TicketPhase, until: Option<Timestamp>) -> Self {
        Self::Moved {
            ticket,
            to,
            service: None,
            window: None,
            until,
            turn: None,
        }
    }
}

impl Projection for QueueTickets {
    type Step = TicketStep;
    const NAME: &'static str = "queue";
    const VERSION: u32 = 1;
    const TABLES: &'static [ProjectionTable] = &[
        ProjectionTable {
            name: "ticket",
            ddl: "CREATE TABLE ticket (
                edge {uuid} NOT NULL, id {uuid} NOT NULL, number TEXT, day BIGINT, source TEXT, lang TEXT,
                token_hash TEXT, issued {time}, booking {uuid}, issued_pos {bytes},
                service TEXT, service_pos {bytes}, state TEXT, changed {time}, until {time}, state_pos {bytes},
                window TEXT, window_number BIGINT, window_pos {bytes}, score BIGINT, score_pos {bytes},
                PRIMARY KEY (edge, id));
                CREATE INDEX ticket_token ON ticket (token_hash);
                CREATE INDEX ticket_issued ON ticket (issued);",
        },
        ProjectionTable {
            name: "ticket_turn",
            ddl: "CREATE TABLE ticket_turn (
                edge {uuid} NOT NULL, pos {bytes} NOT NULL, ticket {uuid} NOT NULL, service TEXT NOT NULL,
                window TEXT NOT NULL, operator {uuid} NOT NULL, at {time} NOT NULL, wait_s BIGINT NOT NULL,
                serve_s BIGINT NOT NULL, outcome TEXT, PRIMARY KEY (edge, pos));
                CREATE INDEX ticket_turn_at ON ticket_turn (at);",
        },
    ];

    fn reads(name: &str) -> bool {
        name.starts_with("queue.")
    }

    fn step(event: &EventView<'_>) -> Option<TicketStep> {
        TicketStep::of(event.fact?)
    }

    fn apply(tx: &Tx<'_>, events: &[ProjectedEvent<'_, TicketStep>]) -> Result<(), StoreError> {
        for event in events {
            let position = event.position;
            match event.step {
                TicketStep::Issued(issued) => issue(tx, position, issued)?,
                TicketStep::Moved {
                    ticket,
                    to,
                    service,
                    window,
                    until,
                    turn,
                } => {
                    if let Some(turn) = turn {
                        insert_turn(tx, position, *ticket, turn)?;
                    }
                    let columns = MovedColumns {
                        to: *to,
                        service: service.as_ref(),
                        window: window.as_ref(),
                        until: *until,
                    };
                    advance(tx, position, *ticket, columns)?;
                }
                TicketStep::Scored { ticket, score } => rate(tx, position, *ticket, *score)?,
            }
        }
        Ok(())
    }
}

static ISSUE: LazyLock<String> = LazyLock::new(|| {
    let set = newest_wins(
        "ticket",
        &[
            &[
                "issued_pos",
                "number",
                "day",
                "source",
                "lang",
                "token_hash",
                "issued",
                "booking",
            ],
            &["service_pos", "service"],
            &["state_pos", "state", "changed", "until"],
        ],
    );
    format!(
        "INSERT INTO ticket (edge, id, number, day, source, lang, token_hash, issued, booking, issued_pos,
                             service, service_pos, state, changed, state_pos)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, 'waiting', $8, $10)
         ON CONFLICT (edge, id) DO UPDATE SET {set}"
    )
});

fn issue(tx: &Tx<'_>, position: EventPosition, issued: &TicketIssue) -> Result<(), StoreError> {
    let (number, order) = (issued.number.to_string(), position.order());
    let values = [
        SqlParam::from(&position.edge),
        SqlParam::from(issued.ticket.as_uuid()),
        SqlParam::from(&number),
        SqlParam::from(i64::from(issued.day.since_epoch)),
        SqlParam::from(source_name(issued.source)),
        SqlParam::from(issued.lang.tag()),
        SqlParam::from(issued.token_hash.as_str()),
        SqlParam::from(position.at),
        SqlParam::from(issued.booking.as_ref().map(|booking| booking.as_uuid())),
        SqlParam::from(&order),
        SqlParam::from(issued.service.as_str()),
    ];
    tx.execute(&ISSUE, &values).map(|_| ())
}

/// What a move sets.
#[derive(Debug, Clone, Copy)]
struct MovedColumns<'a> {
    to: TicketPhase,
    service: Option<&'a ServiceId>,
    window: Option<&'a (SpotId, u16)>,
    until: Option<Timestamp>,
}

static ADVANCE: LazyLock<String> = LazyLock::new(|| {
    let set = newest_wins(
        "ticket",
        &[
            &["service_pos", "service"],
            &["state_pos", "state", "changed", "until"],
            &["window_pos", "window", "window_number"],
        ],
    );
    format!(
        "INSERT INTO ticket (edge, id, state, changed, until, state_pos, service, service_pos,
                             window, window_number, window_pos)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (edge, id) DO UPDATE SET {set}"
    )
});

fn advance(tx: &Tx<'_>, position: EventPosition, ticket: TicketId, moved: MovedColumns<'_>) -> Result<(), StoreError> {
    let order = position.order();
    let pos = SqlParam::from(&order);
    let service = moved.service.map(ServiceId::as_str);
    let window = moved.window;
    let values = [
        SqlParam::from(&position.edge),
        SqlParam::from(ticket.as_uuid()),
        SqlParam::from(moved.to.as_str()),
        SqlParam::from(position.at),
        SqlParam::from(moved.until),
        pos,
        SqlParam::from(service),
        service.map_or(SqlParam::Null, |_| pos),
        SqlParam::from(window.map(|(window, _)| window.as_str())),
        SqlParam::from(window.map(|(_, number)| u32::from(*number))),
        window.map_or(SqlParam::Null, |_| pos),
    ];
    tx.execute(&ADVANCE, &values).map(|_| ())
}

static RATE: LazyLock<String> = LazyLock::new(|| {
    let set = newest_wins("ticket", &[&["score_pos", "score"]]);
    format!(
        "INSERT INTO ticket (edge, id, score, score_pos) VALUES ($1, $2, $3, $4)
         ON CONFLICT (edge, id) DO UPDATE SET {set}"
    )
});

fn rate(tx: &Tx<'_>, position: EventPosition, ticket: TicketId, score: u8) -> Result<(), StoreError> {
    let order = position.order();
    let values = [
        SqlParam::from(&position.edge),
        SqlParam::from(ticket.as_uuid()),
        SqlParam::from(u32::from(score)),
        SqlParam::from(&order),
    ];
    tx.execute(&RATE, &values).map(|_| ())
}

fn insert_turn(tx: &Tx<'_>, position: EventPosition, ticket: TicketId, turn: &WindowTurn) -> Result<(), StoreError> {
    let order = position.order();
    let sql = "INSERT INTO ticket_turn (edge, pos, ticket, service, window, operator, at, wait_s, serve_s, outcome)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (edge, pos) DO NOTHING";
    let values = [
        SqlParam::from(&position.edge),
        SqlParam::from(&order),
        SqlParam::from(ticket.as_uuid()),
        SqlParam::from(turn.service.as_str()),
        SqlParam::from(turn.window.as_str()),
        SqlParam::from(turn.operator.as_uuid()),
        SqlParam::from(position.at),
        SqlParam::from(turn.wait_s),
        SqlParam::from(turn.serve_s),
        SqlParam::from(turn.outcome.as_deref()),
    ];
    tx.execute(sql, &values).map(|_| ())
}
