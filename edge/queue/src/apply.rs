//! Making it so: what each event changes. Never refuses, never looks at a clock or at the branch's settings.

mod call;
mod issue;
mod line_moves;

use crate::{
    service_record::ServiceRecord,
    state::{Desk, ENDED_KEPT, Queue},
    steady_clock::{self, ClockReading},
    ticket::{State, Ticket, TicketEnding},
};
use edge_app::App as _;
use protocol::{
    Event, Fact, Timestamp,
    fact::{OperatorChange, OperatorState},
    id::{ServiceId, TicketId},
};

/// Applies one event of the facts lane: those of the queue, and the clock's own.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "an app hears what it decides itself; the other facts are other apps'"
)]
pub fn apply(queue: &mut Queue, event: &Event) {
    if Queue::concerns(event) {
        queue.adjust_to_clock(event);
    }
    let at = event.at;
    match &event.fact {
        Fact::QueueIssued(issued) => queue.issued(issued, event),
        Fact::QueueCalled(called) => queue.called(called, at),
        Fact::QueueRecalled(called) => queue.recalled(called, at),
        Fact::QueueArrived(served) => queue.arrived(served, at),
        Fact::QueueServed(served) => queue.went_on(served, at),
        Fact::QueueDone(served) => queue.done(served, at),
        Fact::QueueNoShow(moved) => queue.no_show(moved, at),
        Fact::QueueReturned(moved) => queue.returned(moved, at),
        Fact::QueueHeld(moved) => queue.held(moved, at),
        Fact::QueueTransferred(transferred) => queue.transferred(transferred, at),
        Fact::QueueDelayed(delayed) => queue.delayed(delayed, at),
        Fact::QueueCancelled(moved) => queue.ticket_ended(moved, TicketEnding::Cancelled, at),
        Fact::QueueExpired(moved) => queue.ticket_ended(moved, TicketEnding::Expired, at),
        Fact::QueueOperator(change) => queue.desk_changed(change, at),
        Fact::QueueService(change) => queue.line(&change.service, at).turned = Some((change.open, at)),
        Fact::QueueFeedback(feedback) => {
            if let Some(ticket) = queue.stored.tickets.get_mut(&feedback.ticket) {
                ticket.score = Some(feedback.score);
            }
        }
        _ => {}
    }
}

impl Queue {
    /// Moves what is open along with a clock that jumped.
    fn adjust_to_clock(&mut self, event: &Event) {
        let jump = self.stored.heard.and_then(|heard| heard.jump_ms(event.at, event.clock));
        if let Some(by_ms) = jump {
            let open = self.stored.tickets.values_mut().filter(|ticket| !ticket.is_over());
            open.for_each(|ticket| ticket.move_along(by_ms));
            self.stored
                .desks
                .values_mut()
                .for_each(|desk| steady_clock::moved(&mut desk.since, by_ms));
            self.stored
                .calls
                .iter_mut()
                .for_each(|call| steady_clock::moved(&mut call.at, by_ms));
        }
        self.stored.heard = Some(ClockReading {
            at: event.at,
            clock: event.clock,
        });
    }

    /// A service's record, heard of at `at`.
    fn line(&mut self, service: &ServiceId, at: Timestamp) -> &mut ServiceRecord {
        let line = self.stored.lines.entry(service.clone()).or_default();
        line.last = at;
        line
    }

    fn desk_changed(&mut self, change: &OperatorChange, at: Timestamp) {
        let window = &change.window;
        match change.state {
            OperatorState::Closed => {
                self.stored.desks.remove(window);
            }
            OperatorState::Ready | OperatorState::Break => {
                let before = self.stored.desks.remove(window);
                let same = before.filter(|desk| desk.operator == change.operator);
                let (ticket, profile) = same.map_or((None, None), |desk| (desk.ticket, desk.profile));
                let desk = Desk {
                    operator: change.operator,
                    profile: change.profile.clone().or(profile),
                    state: change.state,
                    reason: change.reason.clone(),
                    since: at,
                    ticket,
                };
                self.stored.desks.insert(window.clone(), desk);
            }
        }
    }

    /// Puts a ticket in the line of its service, where its rank says.
    fn enqueue(&mut self, id: TicketId) {
        let Some(ticket) = self.stored.tickets.get(&id) else {
            return;
        };
        if !self.index.orders.contains_key(&ticket.service) {
            for turns in self.stored.turns.values_mut() {
                turns.begun(&ticket.service);
            }
        }
        self.index.insert(ticket);
    }

    /// Takes a ticket out of its line, or away from its window.
    fn take_out(&mut self, id: TicketId) -> Option<&mut Ticket> {
        let ticket = self.stored.tickets.get_mut(&id)?;
        if ticket.state == State::Waiting {
            self.index.remove(ticket);
        }
        let desk = ticket
            .state
            .window()
            .and_then(|window| self.stored.desks.get_mut(window));
        if let Some(desk) = desk.filter(|desk| desk.ticket == Some(id)) {
            desk.ticket = None;
        }
        Some(ticket)
    }

    /// Ends a visit, and forgets the oldest ended ones.
    fn end(&mut self, id: TicketId, how: TicketEnding, at: Timestamp) {
        let Some(ticket) = self.take_out(id).filter(|ticket| !ticket.is_over()) else {
            return;
        };
        ticket.enter(State::Ended { how }, at);
        ticket.only = None;
        ticket.back = None;
        self.stored.ended.push_back(id);
        if self.stored.ended.len() > ENDED_KEPT
            && let Some(oldest) = self.stored.ended.pop_front()
        {
            self.forget(oldest);
        }
    }

    fn forget(&mut self, id: TicketId) {
        if let Some(ticket) = self.stored.tickets.remove(&id) {
            self.index.tokens.remove(&ticket.token_hash);
        }
    }
}
