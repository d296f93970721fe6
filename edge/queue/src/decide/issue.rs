//! Giving out a ticket: its number, its place, and the right an agreed time gives.

use super::{Case, Decided};
use crate::{Refusal, Request, hours::Status, rank::Rank};
use protocol::{
    ClockState, Fact, Timestamp,
    fact::Issued,
    id::{BookingId, ServiceId},
    queue::{Booking, Day, Source},
};
use std::time::Duration;

/// A booking that a ticket is taken for, and the time the ticket goes by.
type Right = (BookingId, Option<Timestamp>);

impl Case<'_> {
    pub(super) fn issue(&self, request: &Request) -> Decided {
        let Request::Issue {
            ticket,
            service,
            source,
            lang,
            token_hash,
            booking_code_hash,
        } = request
        else {
            return Ok(Vec::new());
        };
        if self.queue.ticket(ticket).is_some() {
            return Ok(Vec::new());
        }
        let known = self.service(service)?;
        if let Status::Closed { opens_at } = self.queue.status(self.setup, service, self.now) {
            return Err(Refusal::Closed { opens: opens_at });
        }
        let most = self.branch()?.draft().rules.tickets_waiting();
        if self.queue.index.waiting >= usize::from(most) {
            return Err(Refusal::TooManyWaiting { most });
        }
        if self.queue.by_token(token_hash).is_some() {
            return Err(Refusal::TokenTaken);
        }
        let right = booking_code_hash
            .as_deref()
            .map(|code| self.right(code, service))
            .transpose()?;
        let prefix = match source {
            Source::Online => known.online_prefix.unwrap_or(known.prefix),
            Source::Kiosk | Source::WalkIn | Source::Booking => known.prefix,
        };
        let (day, number) = self.queue.kept.numbers.next(self.now, prefix);
        let booked_at = right.and_then(|(_, at)| at);
        let ahead = self.before(service, booked_at);
        Ok(vec![Fact::QueueIssued(Issued {
            ticket: *ticket,
            number,
            day,
            service: service.clone(),
            source: *source,
            lang: *lang,
            token_hash: token_hash.clone(),
            ahead,
            wait: self.queue.estimate_behind(self.setup, service, ahead),
            booking: right.map(|(booking, _)| booking),
            booked_at,
        })])
    }

    /// How many a new ticket finds before it.
    fn before(&self, service: &ServiceId, booked_at: Option<Timestamp>) -> u32 {
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
    fn right(&self, code: &str, service: &ServiceId) -> Result<Right, Refusal> {
        let mut found = self.setup.booked(code).peekable();
        let first = found.peek().ok_or(Refusal::UnknownBooking)?;
        let booked = first.service.clone();
        let mut found = found.filter(|booking| booking.service == *service).peekable();
        if found.peek().is_none() {
            return Err(Refusal::OtherService { booked });
        }
        let distance = |booking: &&Booking| booking.at.as_millis().abs_diff(self.now.at.as_millis());
        let unused = |booking: &&Booking| !self.queue.kept.used.contains_key(&booking.id);
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
