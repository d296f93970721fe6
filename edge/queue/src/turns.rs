//! Whose turn it is among the services of a profile: every one of them comes up, in proportion, and none starves.
//!
//! Counted in calls, never in minutes, so a clock has no say. Each profile counts its calls, and remembers for each
//! service at which of them it came up last, or began to have somebody waiting: since then it has been *passed*.
//!
//! 1. Level: the service's priority above the profile's lowest, one less for every [`AGEING`] calls it was passed.
//!    The lowest level goes first.
//! 2. Among equals, the earliest due: a service with weight `w` out of the `W` waiting at its priority is due `W / w`
//!    calls after it came up last. With all of them waiting that gives each its share.
//! 3. Then the ticket that was given out first.
//!
//! Bound: a service with somebody waiting comes up at the latest with call number
//! `max(⌈W / w⌉, AGEING × (priority − lowest)) + k` of its profile, `k` being the profile's services. For once passed that
//! often it is on the lowest level and due; another that is called now is due later than it, so each other comes
//! before it once at most. See [`bound`].

use protocol::{
    id::{ServiceId, TicketId},
    queue::Profile,
};
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, collections::BTreeMap};

/// Calls that lift a passed service by one level.
pub const AGEING: u64 = 4;

/// The calls of one profile.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Turns {
    count: u64,
    last: BTreeMap<ServiceId, u64>,
}

/// A service with somebody waiting.
#[derive(Debug, Clone)]
pub(crate) struct Candidate<'a> {
    pub(crate) service: &'a ServiceId,
    /// Who would be called.
    pub(crate) ticket: TicketId,
    /// When that one was given out.
    pub(crate) seq: u64,
    pub(crate) weight: u8,
    /// Above the profile's lowest.
    pub(crate) priority: u8,
}

impl Turns {
    /// A ticket of `service` was called.
    pub(crate) fn called(&mut self, service: &ServiceId) {
        self.count = self.count.saturating_add(1);
        self.last.insert(service.clone(), self.count);
    }
    /// Somebody waits for `service`, where nobody did.
    pub(crate) fn begun(&mut self, service: &ServiceId) {
        self.last.insert(service.clone(), self.count);
    }
    /// Services nobody has heard of for long.
    pub(crate) fn retain(&mut self, known: impl Fn(&ServiceId) -> bool) {
        self.last.retain(|service, _| known(service));
    }

    fn last(&self, service: &ServiceId) -> u64 {
        self.last.get(service).copied().unwrap_or(0)
    }

    /// Whose turn it is.
    pub(crate) fn choose<'c, 'a>(&self, candidates: &'c [Candidate<'a>]) -> Option<&'c Candidate<'a>> {
        candidates
            .iter()
            .min_by(|one, other| self.compare(one, other, candidates))
    }

    fn compare(&self, one: &Candidate<'_>, other: &Candidate<'_>, all: &[Candidate<'_>]) -> Ordering {
        let level = |of: &Candidate<'_>| {
            let passed = self.count.saturating_sub(self.last(of.service));
            u64::from(of.priority).saturating_sub(passed / AGEING)
        };
        // last + W / w as a fraction over w.
        let due = |of: &Candidate<'_>| {
            let peers = all.iter().filter(|peer| peer.priority == of.priority);
            let together: u64 = peers.map(|peer| u64::from(peer.weight)).sum();
            u128::from(self.last(of.service)) * u128::from(of.weight) + u128::from(together)
        };
        let (weight, others) = (u128::from(one.weight), u128::from(other.weight));
        level(one)
            .cmp(&level(other))
            .then_with(|| (due(one) * others).cmp(&(due(other) * weight)))
            .then_with(|| one.seq.cmp(&other.seq))
    }
}

/// The lowest priority number of a profile: what its services' priorities count from.
pub(crate) fn lowest(profile: &Profile) -> u8 {
    profile.serves.iter().map(|share| share.priority).min().unwrap_or(0)
}

/// Within how many calls of the profile's windows a service with somebody waiting comes up; none where the profile
/// does not serve it. The `n`th plain ticket of a line comes up within `n × 4` times as many: of four calls of a
/// service one is a plain ticket's, see [`PRECEDING`](crate::PRECEDING).
pub fn bound(profile: &Profile, service: &ServiceId) -> Option<u64> {
    let share = profile.serves.iter().find(|share| share.service == *service)?;
    let peers = profile.serves.iter().filter(|peer| peer.priority == share.priority);
    let together: u64 = peers.map(|peer| u64::from(peer.weight)).sum();
    let due = together.div_ceil(u64::from(share.weight.max(1)));
    let lifted = AGEING * u64::from(share.priority.saturating_sub(lowest(profile)));
    let services = u64::try_from(profile.serves.len()).unwrap_or(u64::MAX);
    Some(due.max(lifted).saturating_add(services))
}
