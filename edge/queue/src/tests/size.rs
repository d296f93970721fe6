//! A day of ten thousand tickets: replayed it is the same, and what is kept of it stays small.

use super::{
    sample_branch::{person, ticket},
    script::QueueScript,
};
use crate::{ENDED_KEPT, Moment, Queue, QueueSetup, Request, apply, decide};
use protocol::{Actor, Event, EventId, Fact, Lang, SpotId, id::ServiceId, queue::Source};
use std::time::Duration;

const TICKETS: u32 = 10_000;
/// How many wait at most times.
const CROWD: u32 = 400;
const WINDOWS: [(&str, &str); 3] = [("w1", "ali"), ("w2", "bek"), ("w3", "zarina")];

/// A branch on a day when more people come than it has chairs.
struct BusyBranch {
    queue: Queue,
    setup: QueueSetup,
    events: Vec<Event>,
    now: Moment,
}

impl BusyBranch {
    fn morning() -> Self {
        let mut play = QueueScript::default();
        play.script("in ali w1; in bek w2; in zarina w3");
        let QueueScript {
            queue,
            setup,
            events,
            now,
            ..
        } = play;
        Self {
            queue,
            setup,
            events,
            now,
        }
    }

    fn ask(&mut self, request: &Request) {
        for fact in decide(&self.queue, &self.setup, request, self.now).unwrap_or_default() {
            let event = Event {
                id: EventId::new(self.now.at, [1; 10]),
                fact,
                v: 1,
                at: self.now.at,
                clock: self.now.clock,
                boot: 1,
                up_ms: 0,
                actor: Actor::Edge,
                subj: None,
                corr: None,
                replay: false,
                origin: None,
                pii: 0,
            };
            apply(&mut self.queue, &event);
            self.events.push(event);
        }
    }

    fn comes(&mut self, number: u32) {
        let service = if number.is_multiple_of(3) { "loans" } else { "cash" };
        self.ask(&Request::Issue {
            ticket: ticket(&format!("t{number}")),
            service: service.parse().expect("a service"),
            source: Source::Kiosk,
            lang: Lang::Ru,
            token_hash: format!("{number:064x}").into(),
            booking_code_hash: None,
        });
    }

    fn is_served(&mut self, window: &str, operator: &str) {
        let (window, operator): (SpotId, _) = (window.parse().expect("a window"), person(operator));
        self.ask(&Request::CallNext {
            window: window.clone(),
            operator,
        });
        self.ask(&Request::Arrived {
            window: window.clone(),
            operator,
        });
        let loan = self
            .queue
            .at_window(&window)
            .filter(|ticket| ticket.service.as_str() == "loans");
        let outcome = loan.map(|_| "signed".parse::<ServiceId>().expect("a code"));
        self.ask(&Request::Finish {
            window,
            operator,
            outcome,
            next: None,
        });
    }
}

#[test]
fn ten_thousand_tickets_are_replayed_and_stay_small() {
    let mut day = BusyBranch::morning();
    for number in 1..=TICKETS + CROWD {
        day.now.at = day.now.at.plus(Duration::from_millis(700));
        if number <= TICKETS {
            day.comes(number);
        }
        if let Some((window, operator)) = WINDOWS.get(number as usize % 3).filter(|_| number > CROWD) {
            day.is_served(window, operator);
        }
    }
    let done = day
        .events
        .iter()
        .filter(|event| matches!(event.fact, Fact::QueueDone(_)))
        .count();
    assert!(done >= 9_000, "{done} visits are over");
    let replayed = day.events.iter().fold(Queue::default(), |mut queue, event| {
        apply(&mut queue, event);
        queue
    });
    assert_eq!(replayed, day.queue);
    assert_eq!(replayed.ended().count(), ENDED_KEPT);
    let kept = serde_json::to_vec(&replayed).expect("a queue is JSON").len();
    assert!(kept < 2_000_000, "{kept} bytes are kept");
}
