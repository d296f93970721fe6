//! What screens ask of the queue: cheap looks at the state. Nothing here decides anything.

use crate::{
    Moment, Queue,
    service_record::DayTotals,
    state::{Desk, TicketCall},
    ticket::{State, Ticket},
};
use protocol::{
    PersonId, SpotId,
    id::{ServiceId, TicketId},
    queue::{Day, TicketNumber},
    text::TicketTokenHash,
};

impl Queue {
    /// A ticket: one that is not over, or among the last of today that are.
    pub fn ticket(&self, id: &TicketId) -> Option<&Ticket> {
        self.stored.tickets.get(id)
    }
    /// The ticket with this token (SHA-256, lower-case hex).
    pub fn by_token(&self, hash: &TicketTokenHash) -> Option<&Ticket> {
        self.index.tokens.get(hash).and_then(|id| self.ticket(id))
    }
    /// The newest ticket with this number.
    pub fn by_number(&self, number: TicketNumber) -> Option<&Ticket> {
        let tickets = self.stored.tickets.values();
        tickets
            .filter(|ticket| ticket.number == number)
            .max_by_key(|ticket| ticket.seq)
    }
    /// Every ticket that is not over, in the order they were given out.
    pub fn open(&self) -> Vec<&Ticket> {
        let mut open: Vec<&Ticket> = self
            .stored
            .tickets
            .values()
            .filter(|ticket| !ticket.is_over())
            .collect();
        open.sort_unstable_by_key(|ticket| ticket.seq);
        open
    }
    /// Visits that are over, today's newest first, [`ENDED_KEPT`](crate::ENDED_KEPT) at most.
    pub fn ended(&self) -> impl Iterator<Item = &Ticket> {
        self.stored.ended.iter().rev().filter_map(|id| self.ticket(id))
    }
    /// Visits that are over and were at this window, newest first.
    pub fn previous<'q>(&'q self, window: &'q SpotId) -> impl Iterator<Item = &'q Ticket> {
        let here = |ticket: &&Ticket| ticket.periods.iter().any(|period| period.spot.as_ref() == Some(window));
        self.ended().filter(here)
    }

    /// How many are called before a waiting ticket, of those who wait for the same; none for one that does not wait.
    pub fn position(&self, id: &TicketId) -> Option<u32> {
        let ticket = self.ticket(id).filter(|ticket| ticket.state == State::Waiting)?;
        let order = self.index.orders.get(&ticket.service)?;
        u32::try_from(order.range(..ticket.rank).count()).ok()
    }
    /// How many wait for a service.
    pub fn waiting(&self, service: &ServiceId) -> u32 {
        let order = self.index.orders.get(service);
        order.map_or(0, |order| u32::try_from(order.len()).unwrap_or(u32::MAX))
    }
    /// How many wait for anything.
    pub fn all_waiting(&self) -> u32 {
        u32::try_from(self.index.waiting).unwrap_or(u32::MAX)
    }

    /// Who sits where, by window.
    pub fn windows(&self) -> impl Iterator<Item = (&SpotId, &Desk)> {
        self.stored.desks.iter()
    }
    /// Who sits at a window.
    pub fn desk(&self, window: &SpotId) -> Option<&Desk> {
        self.stored.desks.get(window)
    }
    /// Where somebody sits.
    pub fn window_of(&self, operator: PersonId) -> Option<&SpotId> {
        let mut seated = self.windows().filter(|(_, desk)| desk.operator == operator);
        seated.next().map(|(window, _)| window)
    }
    /// The ticket called to a window or served there.
    pub fn at_window(&self, window: &SpotId) -> Option<&Ticket> {
        self.ticket(&self.desk(window)?.ticket?)
    }
    /// The last calls, newest first, one for each ticket, whatever became of it since.
    pub fn calls(&self) -> impl Iterator<Item = &TicketCall> {
        self.stored.calls.iter().rev()
    }

    /// The day a ticket given out now counts for.
    pub fn today(&self, now: Moment) -> Day {
        self.stored.numbers.day(now)
    }
    /// What today brought for a service.
    pub fn tally(&self, service: &ServiceId, now: Moment) -> DayTotals {
        let line = self.stored.lines.get(service).filter(|_| self.is_today(now));
        line.map(|line| line.today).unwrap_or_default()
    }
    /// What today brought in all.
    pub fn tally_of_all(&self, now: Moment) -> DayTotals {
        let mut all = DayTotals::default();
        let lines = self.stored.lines.values().filter(|_| self.is_today(now));
        lines.for_each(|line| all.add(&line.today));
        all
    }
    /// Today's tallies begin with its first ticket.
    fn is_today(&self, now: Moment) -> bool {
        self.stored.numbers.current() == Some(self.today(now))
    }
}
