//! How long it takes until somebody is called, honestly: a range from what was observed lately, or nothing.
//!
//! Whole numbers only. At least: everybody ahead is quick (the 20th of a hundred service times). At most: everybody
//! ahead and one more is slow (the 80th). Divided by the windows that serve it now, each counted by the part of its
//! calls that goes to this service among those with somebody waiting.

use crate::{Queue, QueueSetup, next_ticket, state::Desk};
use protocol::{
    fact::OperatorState,
    id::{ServiceId, TicketId},
    queue::{Branch, WaitRange},
};

/// Nobody is told they wait longer than ten hours.
const MOST_MIN: u64 = 600;

impl Queue {
    /// How long somebody who comes now waits; none under five samples, or while nobody serves it.
    pub fn estimate(&self, setup: &QueueSetup, service: &ServiceId) -> Option<WaitRange> {
        self.estimate_behind(setup, service, self.waiting(service))
    }

    /// How long a waiting ticket goes on to wait.
    pub fn estimate_of(&self, setup: &QueueSetup, ticket: &TicketId) -> Option<WaitRange> {
        let service = &self.ticket(ticket)?.service;
        self.estimate_behind(setup, service, self.position(ticket)?)
    }

    pub(crate) fn estimate_behind(&self, setup: &QueueSetup, service: &ServiceId, ahead: u32) -> Option<WaitRange> {
        let (quick_s, slow_s) = self.stored.lines.get(service)?.usual_s()?;
        let branch = setup.branch.as_deref()?;
        let permille: u64 = self.open_desks().map(|desk| self.part(branch, desk, service)).sum();
        let lo_s = (u64::from(ahead).saturating_mul(quick_s).saturating_mul(1000)).checked_div(permille)?;
        let places = u64::from(ahead).saturating_add(1);
        let hi_s = places.saturating_mul(slow_s).saturating_mul(1000).div_ceil(permille);
        let minutes = |minutes: u64| u16::try_from(minutes.min(MOST_MIN)).unwrap_or(u16::MAX);
        Some(WaitRange {
            lo_min: minutes(lo_s / 60),
            hi_min: minutes(hi_s.div_ceil(60)),
        })
    }

    /// How many windows call tickets of a service now.
    pub fn open_windows(&self, setup: &QueueSetup, service: &ServiceId) -> u32 {
        let Some(branch) = setup.branch.as_deref() else {
            return 0;
        };
        let serving = self.open_desks().filter(|desk| self.part(branch, desk, service) > 0);
        u32::try_from(serving.count()).unwrap_or(u32::MAX)
    }

    fn open_desks(&self) -> impl Iterator<Item = &Desk> {
        let open = |desk: &&Desk| desk.state == OperatorState::Ready;
        self.stored.desks.values().filter(open)
    }

    /// How much of a desk's work goes to a service, in a thousand.
    fn part(&self, branch: &Branch, desk: &Desk, service: &ServiceId) -> u64 {
        let Ok(profile) = next_ticket::profile(branch, desk) else {
            return 0;
        };
        let Some(share) = profile.serves.iter().find(|share| share.service == *service) else {
            return 0;
        };
        let counts = |other: &ServiceId| other == service || self.waiting(other) > 0;
        let together = profile.serves.iter().filter(|other| counts(&other.service));
        let together: u64 = together.map(|other| u64::from(other.weight)).sum();
        (u64::from(share.weight) * 1000)
            .checked_div(together)
            .unwrap_or(0)
            .max(1)
    }
}
