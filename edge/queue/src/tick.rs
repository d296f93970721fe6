//! What time does by itself: holds end, return windows pass, visits expire, empty desks of a changed branch close.

use crate::{
    Moment, Queue, QueueSetup,
    decide::change,
    steady_clock,
    ticket::{State, Ticket},
};
use protocol::{
    Fact, Timestamp,
    fact::{OperatorState, TicketChange},
    queue::Branch,
};
use std::time::Duration;

/// A visit that has not ended by then never will.
const LONGEST_VISIT: Duration = Duration::from_secs(24 * 3600);
/// Facts of one tick at most; the rest is the next one's.
const AT_ONCE: usize = 500;

/// What has become due by `now`. Harmless to ask often: once applied it is not due any more.
pub fn tick(queue: &Queue, setup: &QueueSetup, now: Moment) -> Vec<Fact> {
    let steady = steady_clock::steady(queue.stored.heard, now);
    let tickets = queue.stored.tickets.values();
    let due = tickets.filter_map(|ticket| due(ticket, steady));
    let left = setup
        .branch
        .as_deref()
        .into_iter()
        .flat_map(|branch| stale_desks(queue, branch));
    due.chain(left).take(AT_ONCE).collect()
}

fn due(ticket: &Ticket, now: Timestamp) -> Option<Fact> {
    let moved = |reason: &str| TicketChange {
        ticket: ticket.id,
        service: ticket.service.clone(),
        window: ticket.state.window().cloned(),
        operator: None,
        reason: Some(reason.into()),
        until: None,
    };
    let old = now.since(ticket.issued_at) >= LONGEST_VISIT;
    match ticket.state {
        State::Ended { .. } => None,
        State::NoShow { until } if until < now => Some(Fact::QueueExpired(moved("no_show"))),
        State::Waiting | State::Called { .. } | State::Serving { .. } | State::Held { .. } | State::NoShow { .. }
            if old =>
        {
            Some(Fact::QueueExpired(moved("age")))
        }
        State::Held { until } if until <= now => Some(Fact::QueueReturned(moved("timer"))),
        State::Waiting | State::Called { .. } | State::Serving { .. } | State::Held { .. } | State::NoShow { .. } => {
            None
        }
    }
}

/// Desks whose window or operator the branch no longer has, once nobody is there.
fn stale_desks<'a>(queue: &'a Queue, branch: &'a Branch) -> impl Iterator<Item = Fact> + 'a {
    let gone = queue.windows().filter(|(window, desk)| {
        let known = branch.window(window).is_some() && branch.operator(&desk.operator).is_some();
        !known && desk.ticket.is_none()
    });
    gone.map(|(window, desk)| {
        let mut change = change(desk.operator, window, OperatorState::Closed);
        change.reason = Some("removed".into());
        Fact::QueueOperator(change)
    })
}
