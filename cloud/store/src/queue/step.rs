//! What each event of a queue changes here.

use super::{TicketState, source_name};
use crate::{devices::Place, error::StoreError, tx::Tx, value::V};
use protocol::{
    Fact, PersonId, Timestamp,
    fact::{Issued, Served},
    id::{ServiceId, SpotId, TicketId},
};

/// One event's effect on a ticket.
#[derive(Debug)]
pub(crate) enum TicketStep {
    /// It was given out.
    Issued(Box<Issued>),
    /// It stands otherwise, and perhaps a turn at a window is over.
    Moved {
        ticket: TicketId,
        to: TicketState,
        /// The service it is for from now on, where that changed.
        service: Option<ServiceId>,
        window: Option<(SpotId, Option<u16>)>,
        until: Option<Timestamp>,
        turn: Option<Turn>,
    },
    /// Its holder said how it was.
    Scored { ticket: TicketId, score: u8 },
}

/// A turn at a window.
#[derive(Debug)]
pub(crate) struct Turn {
    service: ServiceId,
    window: SpotId,
    operator: PersonId,
    wait_s: u64,
    serve_s: u64,
    outcome: Option<String>,
}

impl TicketStep {
    /// The effect of a fact; none of one that is not about a ticket.
    #[expect(clippy::wildcard_enum_match_arm, reason = "other facts are not about tickets")]
    pub(crate) fn of(fact: Fact) -> Option<Self> {
        let moved = |ticket, to| Self::Moved {
            ticket,
            to,
            service: None,
            window: None,
            until: None,
            turn: None,
        };
        Some(match fact {
            Fact::QueueIssued(issued) => Self::Issued(Box::new(issued)),
            Fact::QueueCalled(called) | Fact::QueueRecalled(called) => Self::Moved {
                ticket: called.ticket,
                to: TicketState::Called,
                service: None,
                window: Some((called.window, Some(called.window_number))),
                until: None,
                turn: None,
            },
            Fact::QueueArrived(served) => moved(served.ticket, TicketState::Serving),
            Fact::QueueServed(served) => Self::turned(served, TicketState::Waiting),
            Fact::QueueDone(served) => Self::turned(served, TicketState::Done),
            Fact::QueueTransferred(transferred) => Self::Moved {
                ticket: transferred.ticket,
                to: TicketState::Waiting,
                service: Some(transferred.to),
                window: None,
                until: None,
                // What it waited before stands in no fact; the time at the window counts.
                turn: Some(Turn {
                    service: transferred.from,
                    window: transferred.left,
                    operator: transferred.operator,
                    wait_s: 0,
                    serve_s: transferred.serve_s,
                    outcome: Some("transferred".to_owned()),
                }),
            },
            Fact::QueueNoShow(left) => Self::left(left.ticket, TicketState::NoShow, left.until),
            Fact::QueueHeld(left) => Self::left(left.ticket, TicketState::Held, left.until),
            Fact::QueueReturned(left) => moved(left.ticket, TicketState::Waiting),
            Fact::QueueCancelled(left) => moved(left.ticket, TicketState::Cancelled),
            Fact::QueueExpired(left) => moved(left.ticket, TicketState::Expired),
            Fact::QueueFeedback(feedback) => Self::Scored {
                ticket: feedback.ticket,
                score: feedback.score,
            },
            _ => return None,
        })
    }

    fn turned(served: Served, to: TicketState) -> Self {
        Self::Moved {
            ticket: served.ticket,
            to,
            service: served.next,
            window: None,
            until: None,
            turn: Some(Turn {
                service: served.service,
                window: served.window,
                operator: served.operator,
                wait_s: served.wait_s,
                serve_s: served.serve_s,
                outcome: served.outcome,
            }),
        }
    }

    fn left(ticket: TicketId, to: TicketState, until: Option<Timestamp>) -> Self {
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

/// Makes it so.
pub(crate) fn apply(tx: &Tx<'_>, place: Place, step: &TicketStep) -> Result<(), StoreError> {
    match step {
        TicketStep::Issued(issued) => insert(tx, place, issued),
        TicketStep::Moved {
            ticket,
            to,
            service,
            window,
            until,
            turn,
        } => {
            if let Some(turn) = turn {
                insert_turn(tx, place, *ticket, turn)?;
            }
            let sql = "UPDATE ticket SET state = $3, changed = $4, service = coalesce($5, service),
                       window = coalesce($6, window), window_number = coalesce($7, window_number), until = $8,
                       epoch = $9, seq = $10
                       WHERE edge = $1 AND id = $2 AND (epoch < $9 OR (epoch = $9 AND seq < $10))";
            let (window, number) = match window {
                Some((window, number)) => (Some(window.as_str()), number.map(u32::from)),
                None => (None, None),
            };
            let values = [
                V::from(&place.edge),
                V::from(ticket.as_uuid()),
                V::from(to.as_str()),
                V::from(place.at),
                V::from(service.as_ref().map(ServiceId::as_str)),
                V::from(window),
                V::from(number),
                V::from(*until),
                V::from(place.epoch),
                V::from(place.seq),
            ];
            tx.execute(sql, &values).map(|_| ())
        }
        TicketStep::Scored { ticket, score } => {
            let sql = "UPDATE ticket SET score = $3 WHERE edge = $1 AND id = $2";
            let values = [
                V::from(&place.edge),
                V::from(ticket.as_uuid()),
                V::from(u32::from(*score)),
            ];
            tx.execute(sql, &values).map(|_| ())
        }
    }
}

fn insert(tx: &Tx<'_>, place: Place, issued: &Issued) -> Result<(), StoreError> {
    let sql = "INSERT INTO ticket (edge, id, number, day, service, source, lang, token_hash, issued, booking, state,
                                   changed, epoch, seq)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting', $9, $11, $12)
               ON CONFLICT (edge, id) DO NOTHING";
    let number = issued.number.to_string();
    let values = [
        V::from(&place.edge),
        V::from(issued.ticket.as_uuid()),
        V::from(&number),
        V::from(i64::from(issued.day.since_epoch)),
        V::from(issued.service.as_str()),
        V::from(source_name(issued.source)),
        V::from(issued.lang.tag()),
        V::from(&issued.token_hash),
        V::from(place.at),
        V::from(issued.booking.as_ref().map(|booking| booking.as_uuid())),
        V::from(place.epoch),
        V::from(place.seq),
    ];
    tx.execute(sql, &values).map(|_| ())
}

fn insert_turn(tx: &Tx<'_>, place: Place, ticket: TicketId, turn: &Turn) -> Result<(), StoreError> {
    let sql = "INSERT INTO ticket_turn (edge, ticket, service, window, operator, at, wait_s, serve_s, outcome)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = [
        V::from(&place.edge),
        V::from(ticket.as_uuid()),
        V::from(turn.service.as_str()),
        V::from(turn.window.as_str()),
        V::from(turn.operator.as_uuid()),
        V::from(place.at),
        V::from(turn.wait_s),
        V::from(turn.serve_s),
        V::from(turn.outcome.as_deref()),
    ];
    tx.execute(sql, &values).map(|_| ())
}
