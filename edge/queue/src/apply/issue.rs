//! A ticket comes into being, and with the first of a day yesterday is tidied away.

use crate::{
    rank::Rank,
    state::Queue,
    ticket::{State, Ticket},
};
use protocol::{Event, Timestamp, fact::TicketIssue, id::BookingId, queue::Day};
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// Bookings remembered as used: more than the eight days of them that a busy branch has.
const USED_KEPT: usize = 10_000;
/// So many are forgotten at once when there are more.
const USED_AT_ONCE: usize = 500;
/// A service nobody has heard of for so long is forgotten.
const LINE_KEPT: Duration = Duration::from_secs(60 * 24 * 3600);

impl Queue {
    pub(super) fn issued(&mut self, issued: &TicketIssue, event: &Event) {
        if self.stored.tickets.contains_key(&issued.ticket) {
            return;
        }
        if self.stored.numbers.current() != Some(issued.day) {
            self.begin_day(issued.day, event.at);
        }
        self.stored.numbers.given(issued.day, issued.number, event.clock);
        self.stored.seq += 1;
        let seq = self.stored.seq;
        if let Some(booking) = issued.booking {
            self.stored.used.insert(booking, issued.booked_at.unwrap_or(event.at));
            forget_oldest(&mut self.stored.used);
        }
        let ticket = Ticket {
            id: issued.ticket,
            number: issued.number,
            day: issued.day,
            service: issued.service.clone(),
            source: issued.source,
            lang: issued.lang,
            token_hash: issued.token_hash.clone(),
            booking: issued.booking,
            booked_at: issued.booked_at,
            issued_at: event.at,
            state: State::Waiting,
            since: event.at,
            periods: Vec::new(),
            only: None,
            back: None,
            delayed_at: None,
            served: Vec::new(),
            score: None,
            rank: issued
                .booked_at
                .map_or_else(|| Rank::plain(seq, seq), |at| Rank::booked(at, seq)),
            seq,
            waited_ms: 0,
            served_ms: 0,
        };
        self.index.tokens.insert(ticket.token_hash.clone(), ticket.id);
        self.stored.tickets.insert(ticket.id, ticket);
        self.enqueue(issued.ticket);
        self.line(&issued.service, event.at).today.issued += 1;
    }

    /// Forgets what only yesterday was worth knowing.
    fn begin_day(&mut self, day: Day, at: Timestamp) {
        let tickets = &self.stored.tickets;
        let of_today = |id: &_| tickets.get(id).is_some_and(|ticket| ticket.day == day);
        let (kept, over): (VecDeque<_>, VecDeque<_>) = self.stored.ended.iter().copied().partition(of_today);
        self.stored.ended = kept;
        over.into_iter().for_each(|id| self.forget(id));

        let orders = &self.index.orders;
        self.stored
            .lines
            .retain(|service, line| orders.contains_key(service) || at.since(line.last) < LINE_KEPT);
        for line in self.stored.lines.values_mut() {
            line.today = Default::default();
        }
        let (desks, lines) = (&self.stored.desks, &self.stored.lines);
        self.stored
            .turns
            .retain(|profile, _| desks.values().any(|desk| desk.profile.as_ref() == Some(profile)));
        for turns in self.stored.turns.values_mut() {
            turns.retain(|service| lines.contains_key(service));
        }
    }
}

fn forget_oldest(used: &mut BTreeMap<BookingId, Timestamp>) {
    if used.len() <= USED_KEPT {
        return;
    }
    let mut oldest: Vec<(Timestamp, BookingId)> = used.iter().map(|(id, at)| (*at, *id)).collect();
    oldest.sort_unstable();
    for (_, booking) in oldest.iter().take(USED_AT_ONCE) {
        used.remove(booking);
    }
}
