//! A day of ten thousand tickets: replayed it is the same, and what is kept of it stays small.

use super::play::{Play, person, ticket};
use crate::{ENDED_KEPT, Queue, Request, apply, decide};
use protocol::{Actor, Event, EventId, Fact, Lang, SpotId, queue::Source};
use std::time::Duration;

const TICKETS: u32 = 10_000;
const WINDOWS: [(&str, &str); 3] = [("w1", "ali"), ("w2", "bek"), ("w3", "zarina")];

/// A day with up to `crowd` tickets waiting.
fn day(crowd: u32) -> (Queue, Vec<Event>) {
    let mut play = Play::default();
    play.script("in ali w1; in bek w2; in zarina w3");
    let (mut queue, mut events) = (play.queue, play.events);
    let mut now = play.now;
    let mut ask = |request: &Request, queue: &mut Queue, now| {
        for fact in decide(queue, &play.setup, request, now).unwrap_or_default() {
            let event = Event {
                fact,
                at: now.at,
                id: EventId::new(now.at, [1; 10]),
                v: 1,
                clock: now.clock,
                boot: 1,
                up_ms: 0,
                actor: Actor::Edge,
                subj: None,
                corr: None,
                replay: false,
                origin: None,
                pii: 0,
            };
            apply(queue, &event);
            events.push(event);
        }
    };
    for number in 1..=TICKETS + crowd {
        now.at = now.at.plus(Duration::from_millis(700));
        if number <= TICKETS {
            let service = ["cash", "loans", "cash"][number as usize % 3];
            let take = Request::Issue {
                ticket: ticket(&format!("t{number}")),
                service: service.parse().expect("a service"),
                source: Source::Kiosk,
                lang: Lang::Ru,
                token_hash: format!("{number:064x}"),
                booking_code_hash: None,
            };
            ask(&take, &mut queue, now);
        }
        if number > crowd {
            let (window, operator) = WINDOWS[number as usize % 3];
            let (window, operator): (SpotId, _) = (window.parse().expect("a window"), person(operator));
            ask(
                &Request::CallNext {
                    window: window.clone(),
                    operator,
                },
                &mut queue,
                now,
            );
            ask(
                &Request::Arrived {
                    window: window.clone(),
                    operator,
                },
                &mut queue,
                now,
            );
            let loan = queue.at_window(&window).filter(|at| at.service.as_str() == "loans");
            let outcome = loan.and_then(|_| "signed".parse().ok());
            ask(
                &Request::Finish {
                    window,
                    operator,
                    outcome,
                    next: None,
                },
                &mut queue,
                now,
            );
        }
    }
    (queue, events)
}

#[test]
fn ten_thousand_tickets_are_replayed_and_stay_small() {
    let (queue, events) = day(400);
    let done = events
        .iter()
        .filter(|event| matches!(event.fact, Fact::QueueDone(_)))
        .count();
    assert!(done >= 9_000, "{done} visits are over");
    let replayed = events.iter().fold(Queue::default(), |mut queue, event| {
        apply(&mut queue, event);
        queue
    });
    assert_eq!(replayed, queue);
    assert_eq!(queue.ended().count(), ENDED_KEPT);
    let kept = serde_json::to_vec(&queue).expect("a queue is JSON").len();
    assert!(kept < 2_000_000, "{kept} bytes are kept");
}
