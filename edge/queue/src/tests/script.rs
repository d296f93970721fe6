//! Plays a script: one step per `;`, one line of what happened per fact, refusal or question.

use super::{
    fact_lines::tell,
    sample_branch::{MORNING, bookings, branch, id, person, ticket},
};
use crate::{
    Canceller, Moment, Queue, QueueSetup, Request, TransferDestination, TransferReturn, apply, decide,
    state::TicketIndex, tick,
};
use expect_test::Expect;
use protocol::{
    Actor, ClockState, Event, EventId, Fact, Lang, PersonId, SpotId, Timestamp,
    fact::{ClockChange, Place, ServiceAvailability},
    id::ServiceId,
    queue::{BranchDraft, Source},
};
use serde_json::json;
use std::{fmt::Write as _, str::FromStr, sync::Arc, time::Duration};

const TASHKENT: i32 = 5 * 3600;

/// Plays `script` in the branch of [`branch`] and compares what happened.
pub(super) fn check(script: &str, expected: &Expect) {
    let mut play = QueueScript::default();
    play.script(script);
    expected.assert_eq(&play.said);
}

/// A queue, a clock turned by hand, and what was said and happened so far.
pub(super) struct QueueScript {
    pub(super) queue: Queue,
    pub(super) setup: QueueSetup,
    pub(super) now: Moment,
    pub(super) said: String,
    pub(super) events: Vec<Event>,
}

impl Default for QueueScript {
    fn default() -> Self {
        Self {
            queue: Queue::default(),
            setup: QueueSetup {
                branch: Some(Arc::new(branch(&json!({})))),
                bookings: Arc::new(bookings().bookings.into_iter().map(|one| (one.id, one)).collect()),
                ..QueueSetup::default()
            },
            now: Moment {
                at: Timestamp::from_millis(MORNING),
                clock: ClockState::Synced,
                offset_seconds: TASHKENT,
            },
            said: String::new(),
            events: Vec::new(),
        }
    }
}

impl QueueScript {
    pub(super) fn script(&mut self, script: &str) {
        for step in script.split(';').map(str::trim).filter(|step| !step.is_empty()) {
            self.step(step);
        }
    }

    pub(super) fn step(&mut self, step: &str) {
        let words: Vec<&str> = step.split_whitespace().collect();
        match words[..] {
            ["wait", seconds] => self.turn(i64::from_str(seconds).expect("seconds") * 1000),
            ["minutes", minutes] => self.turn(i64::from_str(minutes).expect("minutes") * 60_000),
            ["clock", at] => self.now.at = Timestamp::from_rfc3339(at).expect("a time"),
            ["trust"] => self.now.clock = ClockState::Synced,
            ["unsure"] => self.now.clock = ClockState::Estimated,
            ["sure"] => {
                self.now.clock = ClockState::Synced;
                let (state, jump_ms) = (ClockState::Synced, 0);
                self.happens(Fact::ClockChanged(ClockChange { state, jump_ms }));
            }
            ["rules", key, value] => {
                let value: serde_json::Value = serde_json::from_str(value).expect("a value");
                self.setup.branch = Some(Arc::new(branch(&json!({ key: value }))));
            }
            ["without", name] => self.change(|draft| draft.operators.retain(|one| one.id != person(name))),
            ["unbuilt", window] => self.change(|draft| draft.windows.retain(|one| one.id != id(window))),
            ["restart"] => self.restart(),
            ["line", service] => self.tell_line(service),
            ["upcoming", window] => self.tell_upcoming(window),
            ["ahead", name] => self.say(format!("{name} ahead {:?}", self.queue.position(&ticket(name)))),
            ["estimate", service] => self.say(format!("{:?}", self.queue.estimate(&self.setup, &id(service)))),
            ["status", service] => {
                let status = self.queue.status(&self.setup, &id(service), self.now);
                self.say(format!("{service} {status:?}"));
            }
            ["tallies"] => self.tell_tallies(),
            ["calls"] => self.tell_calls(),
            ["previous", window] => self.tell_previous(window),
            ["periods", name] => self.tell_periods(name),
            _ => self.ask(&words),
        }
    }

    pub(super) fn say(&mut self, line: impl AsRef<str>) {
        writeln!(self.said, "{}", line.as_ref()).expect("a string");
    }

    /// Time passes, and does what it does by itself.
    fn turn(&mut self, ms: i64) {
        self.now.at = self
            .now
            .at
            .plus(Duration::from_millis(u64::try_from(ms).expect("forward")));
        for fact in tick(&self.queue, &self.setup, self.now) {
            self.happens(fact);
        }
    }

    /// Takes somebody off the branch.
    fn change(&mut self, change: impl FnOnce(&mut BranchDraft)) {
        let mut draft = self.setup.branch.as_ref().expect("a branch").draft().clone();
        change(&mut draft);
        self.setup.branch = Some(Arc::new(draft.try_into().expect("a branch")));
    }

    fn restart(&mut self) {
        let text = serde_json::to_string(&self.queue).expect("a queue is JSON");
        self.queue = serde_json::from_str(&text).expect("as written");
        assert_eq!(serde_json::to_string(&self.queue).expect("a queue is JSON"), text);
    }

    pub(super) fn happens(&mut self, fact: Fact) {
        if let Some(line) = tell(&fact) {
            self.say(line);
        }
        let event = Event {
            id: EventId::new(self.now.at, [0; 10]),
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
        assert_eq!(
            self.queue.index,
            TicketIndex::of(&self.queue.stored),
            "the index follows the tickets"
        );
    }

    fn ask(&mut self, words: &[&str]) {
        let request = self.request(words);
        self.make(&request);
    }

    pub(super) fn make(&mut self, request: &Request) {
        let decided = decide(&self.queue, &self.setup, request, self.now);
        match decided {
            Ok(facts) => {
                if facts.is_empty() {
                    self.say("already so");
                }
                facts.into_iter().for_each(|fact| self.happens(fact));
            }
            Err(refusal) => self.say(format!("refused: {} ({refusal})", refusal.word())),
        }
    }

    fn tell_line(&mut self, service: &str) {
        let line = self.queue.line_of(&id(service));
        let numbers: Vec<String> = line.iter().map(|ticket| ticket.number.to_string()).collect();
        self.say(format!("{service}: {}", numbers.join(" ")));
    }

    fn tell_upcoming(&mut self, window: &str) {
        let window: SpotId = id(window);
        let upcoming = self.queue.upcoming(&self.setup, &window, 99);
        let numbers: Vec<String> = upcoming.iter().map(|ticket| ticket.number.to_string()).collect();
        self.say(format!("{window} next: {}", numbers.join(" ")));
    }

    fn tell_periods(&mut self, name: &str) {
        let ticket = self.queue.ticket(&ticket(name)).expect("a ticket").clone();
        for period in ticket.periods.iter().chain([&ticket.present()]) {
            let spot = period.spot.as_ref().map_or(String::new(), |spot| format!(" at {spot}"));
            let from = period.from.since(ticket.issued_at).as_secs();
            let to = period
                .to
                .map_or("…".to_owned(), |to| to.since(ticket.issued_at).as_secs().to_string());
            self.say(format!("  {} {}{spot} {from}–{to} s", period.state, period.service));
        }
    }

    fn tell_tallies(&mut self) {
        let all = self.queue.tally_of_all(self.now);
        let average = (all.average_wait_s(), all.average_serve_s());
        let open = self.queue.open_windows(&self.setup, &id("cash"));
        self.say(format!("{all:?}, averages {average:?}, {open} windows for cash"));
    }

    fn tell_calls(&mut self) {
        let calls = self.queue.calls();
        let calls: Vec<String> = calls
            .map(|call| format!("{} → {}", call.number, call.window_number))
            .collect();
        self.say(calls.join(", "));
    }

    fn tell_previous(&mut self, window: &str) {
        let window: SpotId = id(window);
        let previous = self.queue.previous(&window);
        let previous: Vec<String> = previous
            .map(|ticket| format!("{} {}", ticket.number, ticket.phase()))
            .collect();
        self.say(previous.join(", "));
    }

    fn sitting(&self, window: &str) -> (SpotId, PersonId) {
        let window = id(window);
        let desk = self.queue.desk(&window);
        let operator = desk.map_or(person("nobody"), |desk| desk.operator);
        (window, operator)
    }

    fn request(&self, words: &[&str]) -> Request {
        let service = |text: &str| id::<ServiceId>(text);
        match *words {
            ["take", name, wanted, ref how @ ..] => Request::Issue {
                ticket: ticket(name),
                service: service(wanted),
                source: match how {
                    ["online"] => Source::Online,
                    ["code", _] => Source::Booking,
                    _ => Source::Kiosk,
                },
                lang: Lang::UzLatn,
                token_hash: format!("token of {name}").into(),
                booking_code_hash: match how {
                    ["code", code] => Some((*code).into()),
                    _ => None,
                },
            },
            ["in", name, window, ref profile @ ..] => Request::SignIn {
                operator: person(name),
                window: id(window),
                profile: profile.first().map(|profile| id(profile)),
            },
            ["out", name, window] => Request::SignOut {
                operator: person(name),
                window: id(window),
            },
            ["pause", name, window, reason] => Request::Pause {
                operator: person(name),
                window: id(window),
                reason: reason.to_owned(),
            },
            ["ready", name, window] => Request::Ready {
                operator: person(name),
                window: id(window),
            },
            ["open", wanted] => Request::SetService {
                service: service(wanted),
                open: ServiceAvailability::Open,
            },
            ["close", wanted] => Request::SetService {
                service: service(wanted),
                open: ServiceAvailability::Closed,
            },
            ["hours", wanted] => Request::SetService {
                service: service(wanted),
                open: ServiceAvailability::ByHours,
            },
            ["rate", name, score] => Request::Feedback {
                ticket: ticket(name),
                score: score.parse().expect("a score"),
            },
            ["help"] => Request::Help {
                screen: id("kiosk-1"),
                lang: Lang::Ru,
            },
            _ => self.of_a_ticket(words),
        }
    }

    fn of_a_ticket(&self, words: &[&str]) -> Request {
        match *words {
            ["hold", name, minutes, ref by @ ..] => Request::Hold {
                ticket: ticket(name),
                operator: by.first().map(|name| person(name)),
                window: None,
                minutes: minutes.parse().expect("minutes"),
                reason: None,
            },
            ["resume", name, ref by @ ..] => Request::Resume {
                ticket: ticket(name),
                operator: by.first().map(|name| person(name)),
            },
            ["cancel", name, ref by @ ..] => Request::Cancel {
                ticket: ticket(name),
                by: match by {
                    [] => Canceller::Holder,
                    ["screen", ..] => Canceller::Screen,
                    [name, ..] => Canceller::Operator(person(name)),
                },
                reason: None,
            },
            ["delay", name] => Request::Delay { ticket: ticket(name) },
            ["call", name, window, ref reason @ ..] => {
                let (window, operator) = self.sitting(window);
                let reason = reason.join(" ");
                Request::Call {
                    ticket: ticket(name),
                    window,
                    operator,
                    reason,
                }
            }
            _ => self.at_a_window(words),
        }
    }

    fn at_a_window(&self, words: &[&str]) -> Request {
        let [verb, window, ref rest @ ..] = *words else {
            panic!("no step: {words:?}")
        };
        let (window, operator) = self.sitting(window);
        let after = |key: &str| rest.iter().skip_while(|word| **word != key).nth(1).copied();
        match verb {
            "next" => Request::CallNext { window, operator },
            "recall" => Request::Recall { window, operator },
            "recycle" => Request::Recycle { window, operator },
            "here" => Request::Arrived { window, operator },
            "gone" => Request::NoShow { window, operator },
            "done" => {
                let (outcome, next) = (after("code").map(id), after("then").map(id));
                Request::Finish {
                    window,
                    operator,
                    outcome,
                    next,
                }
            }
            "send" => Request::Transfer {
                window,
                operator,
                to: TransferDestination {
                    service: id(rest[0]),
                    window: after("to").map(id),
                    person: after("with").map(person),
                },
                place: match () {
                    () if rest.contains(&"front") => Place::Front,
                    () if rest.contains(&"end") => Place::End,
                    () => Place::ByAge,
                },
                back: if rest.contains(&"back") {
                    TransferReturn::ComesBack
                } else {
                    TransferReturn::Stays
                },
            },
            _ => panic!("no step: {words:?}"),
        }
    }
}
