//! Whose turn it is among the services of a profile: every one of them comes up, in proportion, and none starves.
//!
//! Counted in calls, never in minutes, so a clock has no say. Each profile counts its calls, and remembers for each
//! service at which of them it came up lately, or began to have somebody waiting: since the last of them it was *passed*.
//!
//! 1. Level: the service's priority above the profile's lowest, one less for every [`AGEING`] calls it was passed.
//!    The lowest level goes first.
//! 2. Among equals, the earliest due: a service with weight `w` out of the `W` waiting at its priority is due every
//!    `W / w` calls, as long as it is called not more than one such share too early or too late. With all of them
//!    waiting each has its share.
//! 3. Then the one that was passed longest, then the ticket that was given out first.
//!
//! Bound: a service with somebody waiting comes up at the latest with call number
//! `max(⌈2 W / w⌉, AGEING × (priority − lowest)) + k` of its profile, `k` being the profile's services. For it is due two
//! shares after its last call at the latest. Once passed that often it is on the lowest level and due; another that is
//! called now is not due before now and was passed less, so each other comes before it once at most. See [`bound`].

use protocol::{
    id::{ServiceId, TicketId},
    queue::Profile,
};
use serde::{Deserialize, Serialize};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, VecDeque},
};

/// Calls that lift a passed service by one level.
pub const AGEING: u64 = 4;

/// Calls of a service that are remembered, so that parts of a call add up.
const REMEMBERED: usize = 16;

/// The calls of one profile.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct FairSchedule {
    count: u64,
    /// Numbers of the calls each service came up with, the newest last; the first may be when it began.
    came_up: BTreeMap<ServiceId, VecDeque<u64>>,
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

impl FairSchedule {
    /// A ticket of `service` was called.
    pub(crate) fn called(&mut self, service: &ServiceId) {
        self.count = self.count.saturating_add(1);
        let came_up = self.came_up.entry(service.clone()).or_default();
        came_up.push_back(self.count);
        if came_up.len() > REMEMBERED {
            came_up.pop_front();
        }
    }
    /// Somebody waits for `service`, where nobody did.
    pub(crate) fn begun(&mut self, service: &ServiceId) {
        self.came_up.insert(service.clone(), VecDeque::from([self.count]));
    }
    /// Services nobody has heard of for long.
    pub(crate) fn retain(&mut self, known: impl Fn(&ServiceId) -> bool) {
        self.came_up.retain(|service, _| known(service));
    }

    fn last(&self, service: &ServiceId) -> u64 {
        let last = self.came_up.get(service).and_then(VecDeque::back);
        last.copied().unwrap_or(0)
    }

    /// When a service with `weight` out of `together` is due, in calls times its weight.
    fn due(&self, service: &ServiceId, weight: u8, together: u128) -> u128 {
        let mut came_up = self.came_up.get(service).into_iter().flatten();
        let times_weight = |call: &u64| u128::from(*call) * u128::from(weight);
        let first = came_up.next().map_or(0, times_weight);
        came_up.map(times_weight).fold(first + together, |due, call| {
            due.clamp(call.saturating_sub(together), call + together) + together
        })
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
        let due = |of: &Candidate<'_>| {
            let peers = all.iter().filter(|peer| peer.priority == of.priority);
            let together = peers.map(|peer| u128::from(peer.weight)).sum();
            self.due(of.service, of.weight, together)
        };
        let (weight, others) = (u128::from(one.weight), u128::from(other.weight));
        level(one)
            .cmp(&level(other))
            .then_with(|| (due(one) * others).cmp(&(due(other) * weight)))
            .then_with(|| self.last(one.service).cmp(&self.last(other.service)))
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
    let due = (2 * together).div_ceil(u64::from(share.weight.max(1)));
    let lifted = AGEING * u64::from(share.priority.saturating_sub(lowest(profile)));
    let services = u64::try_from(profile.serves.len()).unwrap_or(u64::MAX);
    Some(due.max(lifted).saturating_add(services))
}
