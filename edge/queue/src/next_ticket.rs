//! Who is called next at a window: which service's turn it is, and who of its line may be called there.
//!
//! A ticket that was sent to a window or a person waits for that one as long as somebody is there; then anybody whose
//! profile has the service may call it. Within a line those sent to the front or here for an agreed time go first, but
//! never more than [`PRECEDING`] in a row while others wait.

use crate::{
    Queue, QueueSetup, Refusal,
    fair_schedule::{self, Candidate, FairSchedule},
    rank::{Class, Rank},
    state::Desk,
    ticket::{ExclusiveCaller, Ticket},
};
use protocol::{
    PersonId, SpotId,
    id::ServiceId,
    queue::{Branch, Profile},
};

/// So many are called before their turn in a row; then one who only waited is.
pub const PRECEDING: u8 = 3;

/// Who calls.
#[derive(Clone, Copy)]
struct CallingDesk<'a> {
    queue: &'a Queue,
    window: &'a SpotId,
    operator: PersonId,
}

/// A service a caller calls from.
struct CallableService<'a> {
    service: &'a ServiceId,
    weight: u8,
    priority: u8,
    tickets: CallableTickets,
}

/// Which tickets of a line a caller calls.
#[derive(Clone, Copy)]
enum CallableTickets {
    /// The profile has the service: all that were not sent to somebody else.
    Shared,
    /// It has not: those that were sent here.
    Sent,
}

/// Who is called next by whoever sits at `window`.
pub(crate) fn next<'q>(
    queue: &'q Queue,
    branch: &'q Branch,
    window: &'q SpotId,
    desk: &Desk,
) -> Result<Option<&'q Ticket>, Refusal> {
    let profile = profile(branch, desk)?;
    let caller = CallingDesk::at(queue, window, desk);
    let offers = caller.offers(profile);
    let heads = offers.iter().filter_map(|offer| Some(offer.with(caller.head(offer)?)));
    let candidates: Vec<Candidate<'_>> = heads.collect();
    let none = FairSchedule::default();
    let turns = queue.stored.turns.get(&profile.id).unwrap_or(&none);
    let chosen = turns.choose(&candidates);
    Ok(chosen.and_then(|chosen| queue.ticket(&chosen.ticket)))
}

/// The profile somebody works by: the one chosen when signing in, or their own where that is gone.
pub(crate) fn profile<'b>(branch: &'b Branch, desk: &Desk) -> Result<&'b Profile, Refusal> {
    let chosen = desk.profile.as_ref().and_then(|chosen| branch.profile(chosen));
    let own = || branch.profile(&branch.operator(&desk.operator)?.profile);
    chosen.or_else(own).ok_or(Refusal::UnknownOperator)
}

impl Queue {
    /// Who is called at a window from now on, in order, `most` of them, as if nobody else came or called.
    pub fn upcoming<'q>(&'q self, setup: &'q QueueSetup, window: &'q SpotId, most: usize) -> Vec<&'q Ticket> {
        let seated = setup.branch.as_deref().zip(self.desk(window));
        let Some((profile, desk)) = seated.and_then(|(branch, desk)| Some((profile(branch, desk).ok()?, desk))) else {
            return Vec::new();
        };
        let caller = CallingDesk::at(self, window, desk);
        let offers = caller.offers(profile);
        let lines = offers
            .iter()
            .map(|offer| (offer, caller.line(offer).into_iter().peekable()));
        let mut lines: Vec<_> = lines.collect();
        let mut turns = self.stored.turns.get(&profile.id).cloned().unwrap_or_default();
        let mut upcoming = Vec::new();
        while upcoming.len() < most {
            let heads = lines
                .iter_mut()
                .filter_map(|(offer, line)| Some(offer.with(line.peek().copied()?)));
            let candidates: Vec<Candidate<'_>> = heads.collect();
            let Some(chosen) = turns.choose(&candidates).map(|chosen| chosen.service) else {
                break;
            };
            turns.called(chosen);
            let line = lines.iter_mut().find(|(offer, _)| offer.service == chosen);
            upcoming.extend(line.and_then(|(_, line)| line.next()));
        }
        upcoming
    }

    /// The line of a service in the order it is called in, whoever calls.
    pub fn line_of(&self, service: &ServiceId) -> Vec<&Ticket> {
        self.merged(service, |_| true)
    }

    /// Those of a line who fit: with precedence first, but not more in a row than may be.
    fn merged(&self, service: &ServiceId, fits: impl Fn(&Ticket) -> bool) -> Vec<&Ticket> {
        let waiting = self.waiting_by_rank(service).filter(|(_, ticket)| fits(ticket));
        let (preceding, plain): (Vec<_>, Vec<_>) = waiting.partition(|(rank, _)| rank.class != Class::Plain);
        let (mut preceding, mut plain) = (preceding.into_iter().peekable(), plain.into_iter().peekable());
        let mut in_a_row = self.in_a_row(service);
        let mut merged = Vec::new();
        loop {
            let others_wait = plain.peek().is_some();
            let precedes = preceding.peek().is_some() && !(others_wait && in_a_row >= PRECEDING);
            in_a_row = if precedes && others_wait {
                in_a_row.saturating_add(1)
            } else {
                0
            };
            match if precedes { preceding.next() } else { plain.next() } {
                Some((_, ticket)) => merged.push(ticket),
                None => return merged,
            }
        }
    }

    fn waiting_by_rank(&self, service: &ServiceId) -> impl Iterator<Item = (Rank, &Ticket)> {
        let order = self.index.orders.get(service).into_iter().flatten();
        order.filter_map(|(rank, id)| Some((*rank, self.ticket(id)?)))
    }

    fn in_a_row(&self, service: &ServiceId) -> u8 {
        self.stored.lines.get(service).map_or(0, |line| line.in_a_row)
    }
}

impl<'a> CallingDesk<'a> {
    fn at(queue: &'a Queue, window: &'a SpotId, desk: &Desk) -> Self {
        Self {
            queue,
            window,
            operator: desk.operator,
        }
    }

    /// The profile's services, and those of tickets that were sent here whatever the profile.
    fn offers(self, profile: &'a Profile) -> Vec<CallableService<'a>> {
        let lowest = fair_schedule::lowest(profile);
        let own = profile.serves.iter().map(|share| CallableService {
            service: &share.service,
            weight: share.weight,
            priority: share.priority.saturating_sub(lowest),
            tickets: CallableTickets::Shared,
        });
        let mut offers: Vec<CallableService<'a>> = own.collect();
        let sent = self.queue.index.exclusive.iter().filter_map(|id| self.queue.ticket(id));
        for ticket in sent.filter(|ticket| self.was_sent(ticket)) {
            if offers.iter().all(|offer| *offer.service != ticket.service) {
                offers.push(CallableService {
                    service: &ticket.service,
                    weight: 1,
                    priority: 0,
                    tickets: CallableTickets::Sent,
                });
            }
        }
        offers
    }

    /// Who of a line is called first: what [`line`](Self::line) begins with, without putting all of it in order.
    fn head(self, offer: &CallableService<'_>) -> Option<&'a Ticket> {
        let queue = self.queue;
        let mut waiting = queue
            .waiting_by_rank(offer.service)
            .filter(|(_, ticket)| self.calls(ticket, offer.tickets));
        let (first, ticket) = waiting.next()?;
        if first.class == Class::Plain || queue.in_a_row(offer.service) < PRECEDING {
            return Some(ticket);
        }
        let plain = waiting.find(|(rank, _)| rank.class == Class::Plain);
        Some(plain.map_or(ticket, |(_, plain)| plain))
    }

    fn line(self, offer: &CallableService<'_>) -> Vec<&'a Ticket> {
        let whose = offer.tickets;
        self.queue.merged(offer.service, |ticket| self.calls(ticket, whose))
    }

    fn calls(self, ticket: &Ticket, whose: CallableTickets) -> bool {
        match whose {
            CallableTickets::Shared => self.was_sent(ticket) || !self.is_expected(ticket),
            CallableTickets::Sent => self.was_sent(ticket),
        }
    }

    /// Whether a ticket was sent to this window or person.
    fn was_sent(self, ticket: &Ticket) -> bool {
        ticket
            .only
            .as_ref()
            .is_some_and(|only| only.is(self.window, self.operator))
    }

    /// Whether a ticket was sent to somebody who is there.
    fn is_expected(self, ticket: &Ticket) -> bool {
        let there = |only: &ExclusiveCaller| {
            self.queue
                .windows()
                .any(|(window, desk)| only.is(window, desk.operator))
        };
        ticket.only.as_ref().is_some_and(there)
    }
}

impl<'a> CallableService<'a> {
    fn with(&self, head: &Ticket) -> Candidate<'a> {
        Candidate {
            service: self.service,
            ticket: head.id,
            seq: head.seq,
            weight: self.weight,
            priority: self.priority,
        }
    }
}

impl ExclusiveCaller {
    fn is(&self, window: &SpotId, person: PersonId) -> bool {
        let here = self.window.as_ref().is_none_or(|named| named == window);
        here && self.person.is_none_or(|named| named == person)
    }
}
