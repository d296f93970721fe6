//! Random histories: no ticket is lost, none is in two places, and a replay gives the same state byte for byte.

use super::play::{Play, ticket};
use crate::{Phase, Queue, apply};
use proptest::prelude::*;
use protocol::{
    Event, Fact, SpotId,
    id::{BookingId, TicketId},
    queue::{Day, TicketNumber},
};
use std::collections::{BTreeMap, BTreeSet};

const SERVICES: [&str; 3] = ["cash", "loans", "cards"];
const WINDOWS: [&str; 3] = ["w1", "w2", "w3"];
const OPERATORS: [&str; 3] = ["ali", "bek", "zarina"];

fn one_of<const N: usize>(words: [&'static str; N]) -> impl Strategy<Value = &'static str> {
    (0..N).prop_map(move |at| words[at])
}

fn step() -> impl Strategy<Value = String> {
    let known = 1..40u32;
    let (service, window, operator) = (|| one_of(SERVICES), || one_of(WINDOWS), || one_of(OPERATORS));
    prop_oneof![
        12 => (known.clone(), service()).prop_map(|(ticket, service)| format!("take t{ticket} {service}")),
        2 => (known.clone(), 1..5u8).prop_map(|(ticket, code)| format!("take t{ticket} cash code b{code}")),
        6 => (operator(), window()).prop_map(|(operator, window)| format!("in {operator} {window}")),
        1 => (operator(), window()).prop_map(|(operator, window)| format!("out {operator} {window}")),
        1 => (operator(), window()).prop_map(|(operator, window)| format!("pause {operator} {window} lunch")),
        2 => (operator(), window()).prop_map(|(operator, window)| format!("ready {operator} {window}")),
        14 => window().prop_map(|window| format!("next {window}")),
        12 => window().prop_map(|window| format!("here {window}")),
        12 => (window(), one_of(["", "code signed", "then cards", "code signed then cash"]))
            .prop_map(|(window, how)| format!("done {window} {how}")),
        3 => (window(), one_of(["gone", "recycle", "recall"])).prop_map(|(window, what)| format!("{what} {window}")),
        4 => (window(), service(), one_of(["", "to w2", "with ali", "front", "end", "back", "to w3 front back"]))
            .prop_map(|(window, service, how)| format!("send {window} {service} {how}")),
        3 => (known.clone(), one_of(["", "ali", "zarina"])).prop_map(|(ticket, by)| format!("hold t{ticket} 5 {by}")),
        3 => known.clone().prop_map(|ticket| format!("resume t{ticket}")),
        3 => known.clone().prop_map(|ticket| format!("delay t{ticket}")),
        2 => known.clone().prop_map(|ticket| format!("cancel t{ticket}")),
        3 => (known.clone(), window()).prop_map(|(ticket, window)| format!("call t{ticket} {window} because")),
        1 => known.prop_map(|ticket| format!("rate t{ticket} 4")),
        1 => one_of(["open cards", "close cash", "hours cash", "rules auto_next true", "rules auto_next false"]).prop_map(str::to_owned),
        6 => (0..1200u32).prop_map(|seconds| format!("wait {seconds}")),
        1 => (0..30u32).prop_map(|hours| format!("minutes {}", hours * 60)),
        2 => one_of(["clock 1970-01-01T10:00:00+05:00", "clock 2026-11-23T11:00:00+05:00", "clock 2026-11-24T10:00:00+05:00",
            "clock 2027-11-23T10:00:00+05:00", "clock 2026-11-22T23:59:00+05:00"]).prop_map(str::to_owned),
        2 => one_of(["unsure", "sure", "trust", "restart"]).prop_map(str::to_owned),
    ]
}

/// What the facts alone say, by rules of its own.
#[derive(Default)]
struct Ledger {
    phases: BTreeMap<TicketId, Phase>,
    windows: BTreeMap<SpotId, TicketId>,
    numbers: BTreeSet<(Day, TicketNumber)>,
    bookings: BTreeSet<BookingId>,
    delayed: BTreeSet<TicketId>,
}

impl Ledger {
    #[expect(clippy::wildcard_enum_match_arm, reason = "other facts move no ticket")]
    fn hear(&mut self, fact: &Fact) {
        use Phase::{Called, Cancelled, Done, Expired, Held, NoShow, Serving, Waiting};
        match fact {
            Fact::QueueIssued(issued) => {
                assert_eq!(self.phases.insert(issued.ticket, Waiting), None, "issued twice");
                assert!(
                    self.numbers.insert((issued.day, issued.number)),
                    "{} twice",
                    issued.number
                );
                let booking = issued.booking;
                assert!(
                    booking.is_none_or(|booking| self.bookings.insert(booking)),
                    "a booking used twice"
                );
            }
            Fact::QueueCalled(called) => {
                self.turn(called.ticket, &[Waiting], Called);
                let taken = self.windows.insert(called.window.clone(), called.ticket);
                assert_eq!(taken, None, "two at a window");
            }
            Fact::QueueRecalled(called) => self.turn(called.ticket, &[Called], Called),
            Fact::QueueArrived(served) => self.turn(served.ticket, &[Called], Serving),
            Fact::QueueServed(served) => self.leave(served.ticket, &[Serving], Waiting),
            Fact::QueueDone(served) => self.leave(served.ticket, &[Serving], Done),
            Fact::QueueNoShow(moved) => self.leave(moved.ticket, &[Called], NoShow),
            Fact::QueueReturned(moved) => self.leave(moved.ticket, &[Called, Held, NoShow], Waiting),
            Fact::QueueHeld(moved) => self.leave(moved.ticket, &[Waiting, Serving], Held),
            Fact::QueueTransferred(sent) => self.leave(sent.ticket, &[Serving], Waiting),
            Fact::QueueDelayed(delayed) => {
                self.turn(delayed.ticket, &[Waiting], Waiting);
                assert!(self.delayed.insert(delayed.ticket), "delayed twice");
            }
            Fact::QueueCancelled(moved) => self.leave(moved.ticket, &[Waiting, Called, Held, NoShow], Cancelled),
            Fact::QueueExpired(moved) => self.leave(moved.ticket, &[Waiting, Called, Serving, Held, NoShow], Expired),
            _ => {}
        }
    }

    fn turn(&mut self, ticket: TicketId, from: &[Phase], to: Phase) {
        let before = self.phases.insert(ticket, to).expect("a ticket that was given out");
        assert!(from.contains(&before), "{before} → {to}");
    }

    fn leave(&mut self, ticket: TicketId, from: &[Phase], to: Phase) {
        self.turn(ticket, from, to);
        self.windows.retain(|_, at| *at != ticket);
    }

    /// Whether a step takes a ticket by the id of one that ended on another day: nobody asks again so late.
    fn has_forgotten(&self, step: &str, queue: &Queue) -> bool {
        let name = step.strip_prefix("take ").and_then(|rest| rest.split(' ').next());
        let id = name.map(ticket);
        id.is_some_and(|id| self.phases.contains_key(&id) && queue.ticket(&id).is_none())
    }

    fn agrees_with(&self, queue: &Queue) {
        let is_over = |phase: &Phase| matches!(phase, Phase::Done | Phase::Cancelled | Phase::Expired);
        let open = self.phases.iter().filter(|(_, phase)| !is_over(phase));
        let open: BTreeMap<TicketId, Phase> = open.map(|(id, phase)| (*id, *phase)).collect();
        let known = queue
            .open()
            .into_iter()
            .map(|ticket| (ticket.id, ticket.phase()))
            .collect();
        assert_eq!(open, known, "a ticket was lost");
        let seated = queue
            .windows()
            .filter_map(|(window, desk)| Some((window.clone(), desk.ticket?)))
            .collect();
        assert_eq!(self.windows, seated);
        let waiting = open.values().filter(|phase| **phase == Phase::Waiting).count();
        assert_eq!(usize::try_from(queue.all_waiting()), Ok(waiting));
    }
}

fn bytes(queue: &Queue) -> Vec<u8> {
    serde_json::to_vec(queue).expect("a queue is JSON")
}

fn replayed(queue: Queue, events: &[Event]) -> Queue {
    events.iter().fold(queue, |mut queue, event| {
        apply(&mut queue, event);
        queue
    })
}

proptest! {
    #[test]
    fn nothing_is_lost_and_a_replay_is_the_same(
        steps in prop::collection::vec(step(), 1..200), cut: prop::sample::Index
    ) {
        let (mut play, mut ledger, mut heard) = (Play::default(), Ledger::default(), 0);
        let cut = cut.index(steps.len());
        let mut snapshot = (Vec::new(), 0);
        for (at, step) in steps.iter().enumerate() {
            if at == cut {
                snapshot = (bytes(&play.queue), play.events.len());
            }
            let expected = step.strip_prefix("next ").and_then(|window| {
                let window = window.parse().expect("a window");
                play.queue.upcoming(&play.setup, &window, 1).first().map(|ticket| ticket.id)
            });
            if ledger.has_forgotten(step, &play.queue) {
                continue;
            }
            play.step(step);
            for event in &play.events[heard..] {
                ledger.hear(&event.fact);
                if let (Some(expected), Fact::QueueCalled(called)) = (expected, &event.fact) {
                    prop_assert_eq!(called.ticket, expected, "what a desk shows as next is next");
                }
            }
            heard = play.events.len();
            ledger.agrees_with(&play.queue);
        }
        let whole = replayed(Queue::default(), &play.events);
        prop_assert_eq!(bytes(&whole), bytes(&play.queue));
        prop_assert_eq!(&whole, &play.queue);
        let (snapshot, at) = snapshot;
        let later = replayed(serde_json::from_slice(&snapshot).expect("as written"), &play.events[at..]);
        prop_assert_eq!(bytes(&later), bytes(&play.queue));
    }
}
