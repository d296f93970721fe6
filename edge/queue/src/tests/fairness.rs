//! Nobody starves: every service comes up within its bound, every ticket within its own.

use super::{
    sample_branch::{branch, id, ticket},
    script::QueueScript,
};
use crate::{PRECEDING, bound};
use proptest::prelude::*;
use protocol::{
    Fact, Timestamp,
    fact::TicketIssue,
    id::ServiceId,
    queue::{Branch, Day, Profile, Service, Share, Source},
};
use std::{collections::BTreeMap, sync::Arc};

/// A branch with one profile over so many services.
fn with_shares(shares: &[(u8, u8)]) -> (Branch, Profile) {
    let mut draft = branch(&serde_json::json!({})).draft().clone();
    let pattern = draft.services[0].clone();
    let named = |at: usize| id::<ServiceId>(&format!("s{at}"));
    draft.services = (0..shares.len())
        .map(|at| Service {
            id: named(at),
            ..pattern.clone()
        })
        .collect();
    let serves = shares.iter().enumerate().map(|(at, (weight, priority))| Share {
        service: named(at),
        weight: *weight,
        priority: *priority,
    });
    let profile = Profile {
        id: id("teller"),
        name: pattern.name,
        serves: serves.collect(),
    };
    draft.profiles = vec![profile.clone()];
    draft.operators.retain(|operator| operator.profile == profile.id);
    (draft.try_into().expect("a branch"), profile)
}

/// Counts calls, and how long everybody was passed.
struct CallCounts {
    play: QueueScript,
    profile: Profile,
    taken: u32,
    calls: u64,
    /// By service: the call since which somebody has waited and none was called.
    since: BTreeMap<ServiceId, u64>,
    /// By ticket: the call by which it is due.
    due: BTreeMap<protocol::id::TicketId, u64>,
}

impl CallCounts {
    fn new(shares: &[(u8, u8)]) -> Self {
        let (branch, profile) = with_shares(shares);
        let mut play = QueueScript::default();
        play.setup.branch = Some(Arc::new(branch));
        play.script("in ali w1; in bek w2");
        let (taken, calls) = (0, 0);
        Self {
            play,
            profile,
            taken,
            calls,
            since: BTreeMap::new(),
            due: BTreeMap::new(),
        }
    }

    fn arrives(&mut self, service: usize, booked: bool) {
        let service = self.profile.serves[service].service.clone();
        self.taken += 1;
        let name = ticket(&format!("t{}", self.taken));
        let line = self.play.queue.line_of(&service);
        let plain = line.iter().filter(|other| other.booked_at.is_none()).count() as u64 + 1;
        if line.is_empty() {
            self.since.insert(service.clone(), self.calls);
        }
        if !booked {
            let of_service = bound(&self.profile, &service).expect("a bound");
            self.due
                .insert(name, self.calls + plain * (u64::from(PRECEDING) + 1) * of_service);
        }
        self.play.happens(Fact::QueueIssued(TicketIssue {
            ticket: name,
            number: format!("K-{:03}", self.taken).parse().expect("a number"),
            day: Day { since_epoch: 20_000 },
            service,
            source: Source::Kiosk,
            lang: protocol::Lang::Ru,
            token_hash: self.taken.to_string().into(),
            ahead: 0,
            wait: None,
            booking: None,
            booked_at: booked.then(|| Timestamp::from_millis(i64::from(self.taken) * 1000)),
        }));
    }

    /// The next one is called at one of two windows, and is not there.
    fn next(&mut self, window: &str) -> Result<Option<ServiceId>, TestCaseError> {
        let from = self.play.events.len();
        self.play.script(&format!("next {window}; gone {window}"));
        let Some(Fact::QueueCalled(called)) = self.play.events.get(from).map(|event| event.fact.clone()) else {
            return Ok(None);
        };
        self.calls += 1;
        if let Some(due) = self.due.remove(&called.ticket) {
            prop_assert!(
                self.calls <= due,
                "{} was called with call {}, due by {due}",
                called.number,
                self.calls
            );
        }
        for (service, since) in &self.since {
            let most = bound(&self.profile, service).expect("a bound");
            prop_assert!(
                self.calls - since <= most,
                "{service} was passed {} times of {most}",
                self.calls - since
            );
        }
        if self.play.queue.waiting(&called.service) > 0 {
            self.since.insert(called.service.clone(), self.calls);
        } else {
            self.since.remove(&called.service);
        }
        Ok(Some(called.service))
    }
}

fn shares() -> impl Strategy<Value = Vec<(u8, u8)>> {
    let weight = prop_oneof![1..4u8, 1..=100u8];
    let priority = prop_oneof![Just(0), 0..3u8, 0..20u8];
    prop::collection::vec((weight, priority), 1..7)
}

proptest! {
    #[test]
    fn every_service_and_every_ticket_comes_up_within_its_bound(
        shares in shares(),
        steps in prop::collection::vec((any::<prop::sample::Index>(), 0..5u8), 1..250)
    ) {
        let mut watch = CallCounts::new(&shares);
        for (service, what) in steps {
            match what {
                0 => watch.arrives(service.index(shares.len()), true),
                1 | 2 => watch.arrives(service.index(shares.len()), false),
                3 => drop(watch.next("w1")?),
                _ => drop(watch.next("w2")?),
            }
        }
        while watch.next("w1")?.is_some() {}
        prop_assert!(watch.due.is_empty());
    }

    /// With all of them waiting all the time.
    #[test]
    fn services_of_one_priority_share_by_weight(weights in prop::collection::vec(1..12u8, 2..6)) {
        let shares: Vec<(u8, u8)> = weights.iter().map(|weight| (*weight, 3)).collect();
        let mut watch = CallCounts::new(&shares);
        (0..2 * shares.len()).for_each(|ticket| watch.arrives(ticket % shares.len(), false));
        let together: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
        let rounds = 120_u64.div_ceil(together);
        let mut called: BTreeMap<ServiceId, u64> = BTreeMap::new();
        for _ in 0..rounds * together {
            let service = watch.next("w1")?.expect("somebody waits");
            *called.entry(service.clone()).or_default() += 1;
            let at = watch.profile.serves.iter().position(|share| share.service == service).expect("a share");
            watch.arrives(at, false);
        }
        for (at, weight) in weights.iter().enumerate() {
            let had = called.get(&id(&format!("s{at}"))).copied().unwrap_or(0) as f64;
            let fair = (rounds * u64::from(*weight)) as f64;
            prop_assert!((had - fair).abs() <= fair * 0.05 + 1.0, "{at} of {weights:?} had {had}, fair is {fair}");
        }
    }
}
