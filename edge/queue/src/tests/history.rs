//! Random histories: no ticket is lost, none is in two places, and a replay gives the same state byte for byte.

use super::{sample_branch::ticket, script::QueueScript};
use crate::{Queue, TicketPhase, apply};
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

/// What may happen and how often; `T` is a ticket, `S` a service, `W` a window, `O` an operator, `N` a number.
const MOVES: &[(usize, &str)] = &[
    (12, "take T S"),
    (1, "take T cash code b1"),
    (1, "take T cash code b2"),
    (1, "take T loans code b4"),
    (6, "in O W"),
    (1, "out O W"),
    (1, "pause O W lunch"),
    (2, "ready O W"),
    (14, "next W"),
    (12, "here W"),
    (5, "done W"),
    (5, "done W code signed"),
    (2, "done W then cards"),
    (1, "done W code signed then cash"),
    (1, "gone W"),
    (1, "recycle W"),
    (1, "recall W"),
    (1, "send W S"),
    (1, "send W S to w2 front"),
    (1, "send W S with ali end"),
    (2, "send W S back"),
    (2, "hold T 5"),
    (1, "hold T 5 O"),
    (3, "resume T"),
    (3, "delay T"),
    (2, "cancel T"),
    (1, "cancel T O"),
    (3, "call T W because"),
    (1, "rate T 4"),
    (1, "open cards"),
    (1, "close S"),
    (1, "hours S"),
    (1, "rules auto_next true"),
    (1, "rules auto_next false"),
    (6, "wait N"),
    (1, "minutes N"),
    (1, "clock 1970-01-01T10:00:00+05:00"),
    (1, "clock 2026-11-22T23:59:00+05:00"),
    (1, "clock 2026-11-23T11:00:00+05:00"),
    (1, "clock 2026-11-24T10:00:00+05:00"),
    (1, "clock 2027-11-23T10:00:00+05:00"),
    (1, "unsure"),
    (1, "sure"),
    (1, "trust"),
    (1, "restart"),
];

/// A step as four dice throw it.
fn step(dice: [u8; 4]) -> String {
    let [move_, which, window, who] = dice.map(usize::from);
    let moves: Vec<&str> = MOVES
        .iter()
        .flat_map(|(often, text)| std::iter::repeat_n(*text, *often))
        .collect();
    let words = moves[move_ % moves.len()].split(' ').map(|word| match word {
        "T" => format!("t{}", which % 40 + 1),
        "N" => (which * 7).to_string(),
        "W" => WINDOWS[window % 3].to_owned(),
        "S" => SERVICES[who % 3].to_owned(),
        "O" => OPERATORS[who % 3].to_owned(),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What the facts alone say, by rules of its own.
#[derive(Default)]
struct Ledger {
    phases: BTreeMap<TicketId, TicketPhase>,
    windows: BTreeMap<SpotId, TicketId>,
    numbers: BTreeSet<(Day, TicketNumber)>,
    bookings: BTreeSet<BookingId>,
    delayed: BTreeSet<TicketId>,
}

impl Ledger {
    #[expect(clippy::wildcard_enum_match_arm, reason = "other facts move no ticket")]
    fn hear(&mut self, fact: &Fact) {
        use TicketPhase::{Called, Cancelled, Done, Expired, Held, NoShow, Serving, Waiting};
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

    fn turn(&mut self, ticket: TicketId, from: &[TicketPhase], to: TicketPhase) {
        let before = self.phases.insert(ticket, to).expect("a ticket that was given out");
        assert!(from.contains(&before), "{before} → {to}");
    }

    fn leave(&mut self, ticket: TicketId, from: &[TicketPhase], to: TicketPhase) {
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
        let is_over =
            |phase: &TicketPhase| matches!(phase, TicketPhase::Done | TicketPhase::Cancelled | TicketPhase::Expired);
        let open = self.phases.iter().filter(|(_, phase)| !is_over(phase));
        let open: BTreeMap<TicketId, TicketPhase> = open.map(|(id, phase)| (*id, *phase)).collect();
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
        let waiting = open.values().filter(|phase| **phase == TicketPhase::Waiting).count();
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

/// Plays a history and holds it against the promises; at `cut` a snapshot is taken that everything later is replayed on.
fn keeps_its_promises(steps: &[String], cut: usize) {
    let (mut play, mut ledger, mut heard) = (QueueScript::default(), Ledger::default(), 0);
    let mut snapshot = (bytes(&play.queue), 0);
    for (at, step) in steps.iter().enumerate() {
        if at == cut {
            snapshot = (bytes(&play.queue), play.events.len());
        }
        if ledger.has_forgotten(step, &play.queue) {
            continue;
        }
        let expected = step.strip_prefix("next ").and_then(|window| {
            let window = window.parse().expect("a window");
            play.queue
                .upcoming(&play.setup, &window, 1)
                .first()
                .map(|ticket| ticket.id)
        });
        play.step(step);
        for event in &play.events[heard..] {
            ledger.hear(&event.fact);
            if let (Some(expected), Fact::QueueCalled(called)) = (expected, &event.fact) {
                assert_eq!(called.ticket, expected, "what a desk shows as next is next");
            }
        }
        heard = play.events.len();
        ledger.agrees_with(&play.queue);
    }
    let whole = replayed(Queue::default(), &play.events);
    assert_eq!(bytes(&whole), bytes(&play.queue));
    assert_eq!(whole, play.queue);
    let (snapshot, at) = snapshot;
    let later = replayed(
        serde_json::from_slice(&snapshot).expect("as written"),
        &play.events[at..],
    );
    assert_eq!(bytes(&later), bytes(&play.queue));
}

proptest! {
    #[test]
    fn nothing_is_lost_and_a_replay_is_the_same(
        dice in prop::collection::vec(any::<[u8; 4]>(), 1..200), cut: prop::sample::Index
    ) {
        let steps: Vec<String> = dice.iter().map(|dice| step(*dice)).collect();
        keeps_its_promises(&steps, cut.index(steps.len()));
    }
}

#[test]
fn fuzz_a_history_keeps_its_promises() {
    bolero::check!().for_each(|bytes| {
        let dice = bytes.chunks_exact(4).take(200).filter_map(|dice| dice.try_into().ok());
        let steps: Vec<String> = dice.map(step).collect();
        keeps_its_promises(&steps, steps.len() / 2);
    });
}

#[test]
fn fuzz_a_snapshot_is_read_or_refused() {
    bolero::check!().for_each(|written| {
        if let Ok(queue) = serde_json::from_slice::<Queue>(written) {
            let again: Queue = serde_json::from_slice(&bytes(&queue)).expect("as written");
            assert_eq!(again, queue);
        }
    });
}
