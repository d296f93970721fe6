//! Giving out a ticket: its number, its place, and the right an agreed time gives.

use super::{QueueResult, RequestContext};
use crate::{Refusal, hours::ServiceStatus, rank::Rank};
use protocol::{
    ClockState, Fact, Lang, Timestamp,
    fact::TicketIssue,
    id::{BookingId, ServiceId, TicketId},
    queue::{Booking, Day, Service, Source},
    text::{CodeHash, TicketTokenHash},
};
use std::time::Duration;

/// A booking that a ticket is taken for, and the time the ticket goes by.
type BookingClaim = (BookingId, Option<Timestamp>);

/// A ticket somebody asks for.
pub(super) struct IssueRequest<'r> {
    pub(super) ticket: TicketId,
    pub(super) service: &'r ServiceId,
    pub(super) source: Source,
    pub(super) lang: Lang,
    pub(super) token_hash: &'r TicketTokenHash,
    /// Of an agreed time.
    pub(super) code_hash: Option<&'r CodeHash>,
}

impl RequestContext<'_> {
    pub(super) fn issue(&self, wanted: &IssueRequest<'_>) -> QueueResult {
        if self.queue.ticket(&wanted.ticket).is_some() {
            return Ok(Vec::new());
        }
        let service = self.service(wanted.service)?;
        self.takes_tickets(service, wanted.source)?;
        if self.queue.by_token(wanted.token_hash).is_some() {
            return Err(Refusal::TokenTaken);
        }
        let right = wanted.code_hash.map(|code| self.claim_booking(code, service));
        let right = right.transpose()?;
        let prefix = match wanted.source {
            Source::Online => service.online_prefix.unwrap_or(service.prefix),
            Source::Kiosk | Source::WalkIn | Source::Booking => service.prefix,
        };
        let (day, number) = self.queue.stored.numbers.next(self.now, prefix);
        let booked_at = right.and_then(|(_, at)| at);
        let ahead = self.count_ahead(&service.id, booked_at);
        Ok(vec![Fact::QueueIssued(TicketIssue {
            ticket: wanted.ticket,
            number,
            day,
            service: service.id.clone(),
            source: wanted.source,
            lang: wanted.lang,
            token_hash: wanted.token_hash.clone(),
            ahead,
            wait: self.queue.estimate_behind(self.setup, &service.id, ahead),
            booking: right.map(|(booking, _)| booking),
            booked_at,
        })])
    }

    fn takes_tickets(&self, service: &Service, source: Source) -> Result<(), Refusal> {
        if let ServiceStatus::Closed { opens_at } = self.queue.status(self.setup, &service.id, self.now) {
            return Err(Refusal::Closed { opens: opens_at });
        }
        let most = self.branch()?.draft().rules.tickets_waiting();
        if self.queue.index.waiting >= usize::from(most) {
            return Err(Refusal::TooManyWaiting { most });
        }
        let online = self.branch()?.draft().rules.online_tickets_waiting();
        if source == Source::Online && self.queue.index.waiting_online >= usize::from(online) {
            return Err(Refusal::TooManyOnline { most: online });
        }
        Ok(())
    }

    /// How many a new ticket finds before it.
    fn count_ahead(&self, service: &ServiceId, booked_at: Option<Timestamp>) -> u32 {
        let order = self.queue.index.orders.get(service);
        let before = order.map_or(0, |order| match booked_at {
            Some(at) => order.range(..Rank::booked(at, u64::MAX)).count(),
            None => order.len(),
        });
        u32::try_from(before).unwrap_or(u32::MAX)
    }

    /// What a code gives a right to. Where several bookings have the code, the unused one that is nearest.
    ///
    /// Within the early and late windows the ticket goes before those without an agreed time, by its own. Earlier it
    /// is refused. Later on the same day it is a ticket like any other; on a later day it is refused. A clock that is
    /// not trusted refuses nobody: out of the windows by such a clock the ticket is like any other.
    fn claim_booking(&self, code: &CodeHash, service: &Service) -> Result<BookingClaim, Refusal> {
        let mut found = self.setup.booked(code).peekable();
        let first = found.peek().ok_or(Refusal::UnknownBooking)?;
        let booked = first.service.clone();
        let mut found = found.filter(|booking| booking.service == service.id).peekable();
        if found.peek().is_none() {
            return Err(Refusal::OtherService { booked });
        }
        let distance = |booking: &&Booking| booking.at.as_millis().abs_diff(self.now.at.as_millis());
        let unused = |booking: &&Booking| !self.queue.stored.used.contains_key(&booking.id);
        let booking = found.filter(unused).min_by_key(distance).ok_or(Refusal::AlreadyUsed)?;
        Ok((booking.id, self.precedence(booking.at)?))
    }

    fn precedence(&self, at: Timestamp) -> Result<Option<Timestamp>, Refusal> {
        let rules = &self.branch()?.draft().rules;
        let from = Timestamp::from_millis(at.as_millis().saturating_sub(i64::from(rules.early_min()) * 60_000));
        let until = at.plus(Duration::from_secs(u64::from(rules.late_min()) * 60));
        let now = self.now.at;
        let same_day = Day::at(at, self.now.offset_seconds) == self.now.day();
        match self.now.clock {
            _ if (from..=until).contains(&now) => Ok(Some(at)),
            ClockState::Estimated => Ok(None),
            ClockState::Synced if now < from => Err(Refusal::TooEarly { from }),
            ClockState::Synced if same_day => Ok(None),
            ClockState::Synced => Err(Refusal::TooLate { until }),
        }
    }
}
