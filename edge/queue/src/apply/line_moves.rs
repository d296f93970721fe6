//! Tickets that leave the line, or change their place in it, and those that come back.

use crate::{
    rank::Rank,
    state::Queue,
    ticket::{State, TicketEnding},
};
use protocol::{
    Timestamp,
    fact::{TicketChange, TicketDelay},
};

/// A ticket that was called and is let wait again stands behind so many others.
const RECYCLED_BEHIND: usize = 3;

impl Queue {
    pub(super) fn no_show(&mut self, moved: &TicketChange, at: Timestamp) {
        self.line(&moved.service, at).today.no_shows += 1;
        let until = moved.until.unwrap_or(at);
        if let Some(ticket) = self.take_out(moved.ticket).filter(|ticket| !ticket.is_over()) {
            ticket.enter(State::NoShow { until }, at);
        }
    }

    pub(super) fn held(&mut self, moved: &TicketChange, at: Timestamp) {
        let until = moved.until.unwrap_or(at);
        if let Some(ticket) = self.take_out(moved.ticket).filter(|ticket| !ticket.is_over()) {
            ticket.enter(State::Held { until }, at);
        }
    }

    /// From where it was put aside to the place it had; from a window to behind the next few.
    pub(super) fn returned(&mut self, moved: &TicketChange, at: Timestamp) {
        let aside = |state: &State| !matches!(state, State::Waiting | State::Ended { .. });
        let Some(ticket) = self
            .stored
            .tickets
            .get(&moved.ticket)
            .filter(|ticket| aside(&ticket.state))
        else {
            return;
        };
        let recycled = match &ticket.state {
            State::Called { .. } => self.index.orders.get(&ticket.service).and_then(|line| {
                let ahead = line.keys().take(RECYCLED_BEHIND).next_back()?;
                Some(Rank::behind(line, *ahead, ticket.seq))
            }),
            State::Waiting
            | State::Serving { .. }
            | State::Held { .. }
            | State::NoShow { .. }
            | State::Ended { .. } => None,
        };
        let Some(ticket) = self.take_out(moved.ticket) else {
            return;
        };
        ticket.rank = recycled.unwrap_or(ticket.rank);
        ticket.enter(State::Waiting, at);
        self.enqueue(moved.ticket);
    }

    pub(super) fn delayed(&mut self, delayed: &TicketDelay, at: Timestamp) {
        let Some(ahead) = self.stored.tickets.get(&delayed.behind).map(|ahead| ahead.rank) else {
            return;
        };
        let Some(ticket) = self.stored.tickets.get_mut(&delayed.ticket) else {
            return;
        };
        ticket.delayed_at = Some(at);
        let line = self.index.orders.get_mut(&ticket.service);
        if let Some(line) = line.filter(|line| ticket.state == State::Waiting && line.contains_key(&ahead)) {
            line.remove(&ticket.rank);
            ticket.rank = Rank::behind(line, ahead, ticket.seq);
            line.insert(ticket.rank, ticket.id);
        }
    }

    pub(super) fn ticket_ended(&mut self, moved: &TicketChange, how: TicketEnding, at: Timestamp) {
        let today = &mut self.line(&moved.service, at).today;
        match how {
            TicketEnding::Cancelled => today.cancelled += 1,
            TicketEnding::Expired => today.expired += 1,
            TicketEnding::Done => {}
        }
        self.end(moved.ticket, how, at);
    }
}
