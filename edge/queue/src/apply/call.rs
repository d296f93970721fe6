//! What happens between a ticket and a window: called, here, served, gone on.

use crate::{
    rank::{Class, Rank},
    state::{Queue, TicketCall},
    ticket::{ExclusiveCaller, ReturnPlace, State, TicketEnding},
};
use protocol::{
    Timestamp,
    fact::{Place, ServiceSession, TicketTransfer, WindowCall},
};

/// Calls that displays may show.
const CALLS_KEPT: usize = 12;

impl Queue {
    pub(super) fn called(&mut self, called: &WindowCall, at: Timestamp) {
        let waits = |id| {
            self.stored
                .tickets
                .get(id)
                .is_some_and(|ticket| ticket.state == State::Waiting)
        };
        if !waits(&called.ticket) {
            return;
        }
        let Some(ticket) = self.take_out(called.ticket) else {
            return;
        };
        let (rank, service) = (ticket.rank, ticket.service.clone());
        ticket.enter(state(called, at), at);
        let order = self.index.orders.get(&service);
        let others_wait = order
            .and_then(|order| order.last_key_value())
            .is_some_and(|(last, _)| last.class == Class::Plain);
        let line = self.line(&service, at);
        line.in_a_row = match rank.class {
            Class::Front | Class::Booked if others_wait => line.in_a_row.saturating_add(1),
            Class::Front | Class::Booked | Class::Plain => 0,
        };
        if let Some(desk) = self.stored.desks.get_mut(&called.window) {
            desk.ticket = Some(called.ticket);
            if let Some(profile) = &desk.profile {
                self.stored.turns.entry(profile.clone()).or_default().called(&service);
            }
        }
        self.show(called, at);
    }

    pub(super) fn recalled(&mut self, called: &WindowCall, at: Timestamp) {
        let Some(ticket) = self.stored.tickets.get_mut(&called.ticket) else {
            return;
        };
        if matches!(ticket.state, State::Called { .. }) {
            ticket.state = state(called, at);
            self.show(called, at);
        }
    }

    fn show(&mut self, called: &WindowCall, at: Timestamp) {
        self.stored.calls.retain(|call| call.ticket != called.ticket);
        self.stored.calls.push_back(TicketCall {
            ticket: called.ticket,
            number: called.number,
            service: called.service.clone(),
            window: called.window.clone(),
            window_number: called.window_number,
            attempt: called.attempt,
            at,
        });
        if self.stored.calls.len() > CALLS_KEPT {
            self.stored.calls.pop_front();
        }
    }

    pub(super) fn arrived(&mut self, served: &ServiceSession, at: Timestamp) {
        let Some(ticket) = self.stored.tickets.get_mut(&served.ticket) else {
            return;
        };
        if matches!(ticket.state, State::Called { .. }) {
            let (window, operator) = (served.window.clone(), served.operator);
            ticket.enter(State::Serving { window, operator }, at);
        }
    }

    pub(super) fn done(&mut self, served: &ServiceSession, at: Timestamp) {
        if let Some(ticket) = self.stored.tickets.get_mut(&served.ticket) {
            ticket.served.push((served.service.clone(), served.window.clone()));
        }
        self.line(&served.service, at).served(served.wait_s, served.serve_s);
        self.end(served.ticket, TicketEnding::Done, at);
    }

    /// One service of the visit is done, and it goes on with the next, or back where it came from.
    pub(super) fn went_on(&mut self, served: &ServiceSession, at: Timestamp) {
        self.line(&served.service, at).served(served.wait_s, served.serve_s);
        let order = self.stored.seq + 1;
        let Some(ticket) = self.take_out(served.ticket).filter(|ticket| !ticket.is_over()) else {
            return;
        };
        ticket.served.push((served.service.clone(), served.window.clone()));
        ticket.enter(State::Waiting, at);
        let next = served.next.clone().unwrap_or_else(|| served.service.clone());
        ticket.begin(next);
        match ticket.back.take() {
            Some(ReturnPlace { window, service }) if service == ticket.service => {
                ticket.only = Some(ExclusiveCaller {
                    window: Some(window),
                    person: None,
                });
                ticket.rank = Rank::front(order, ticket.seq);
            }
            back => {
                ticket.back = back;
                ticket.rank = Rank::plain(ticket.seq, ticket.seq);
            }
        }
        self.stored.seq = order;
        self.enqueue(served.ticket);
    }

    pub(super) fn transferred(&mut self, transferred: &TicketTransfer, at: Timestamp) {
        let order = self.stored.seq + 1;
        let Some(ticket) = self.take_out(transferred.ticket).filter(|ticket| !ticket.is_over()) else {
            return;
        };
        ticket.enter(State::Waiting, at);
        ticket.begin(transferred.to.clone());
        let (window, person) = (transferred.window.clone(), transferred.person);
        ticket.only = (window.is_some() || person.is_some()).then_some(ExclusiveCaller { window, person });
        if let Some(window) = transferred.back_to.clone() {
            let service = transferred.from.clone();
            ticket.back = Some(ReturnPlace { window, service });
        }
        ticket.rank = match transferred.place {
            Place::Front => Rank::front(order, ticket.seq),
            Place::ByAge => Rank::plain(ticket.seq, ticket.seq),
            Place::End => Rank::plain(order, ticket.seq),
        };
        self.stored.seq = order;
        self.enqueue(transferred.ticket);
    }
}

fn state(called: &WindowCall, at: Timestamp) -> State {
    State::Called {
        window: called.window.clone(),
        window_number: called.window_number,
        operator: called.operator,
        attempt: called.attempt,
        last: at,
    }
}
