//! A day of ten thousand tickets, replayed: what an edge does with its journal before a branch can go on.
//!
//! The day itself is decided by the queue's own rules, never made up here.

use crate::{
    bench_dir::BenchDir,
    figures::Samples,
    section::{Section, row},
    timing::ms,
};
use anyhow::{Context as _, Result, ensure};
use edge_queue::{Moment, Queue, QueueSetup, Request, apply, decide};
use protocol::{
    Actor, ClockState, Event, EventId, Fact, Lang, SpotId, Timestamp,
    id::{ServiceId, TicketId},
    queue::{Branch, Source},
};
use std::{sync::Arc, time::Duration};
use tests_site::branch::BranchSpec;
use tokio::time::Instant;

const TICKETS: u32 = 10_000;
const WINDOWS: u16 = 10;
/// How many wait at most times.
const CROWD: u32 = 100;
const ROUNDS: usize = 20;
/// A Monday morning in Tashkent.
const MORNING: i64 = 1_795_410_000_000;
const TASHKENT: i32 = 5 * 3600;
/// Between two people at the kiosks: ten hours in all.
const BETWEEN: Duration = Duration::from_millis(3600);
const SERVICES: [&str; 3] = ["service-k", "service-c", "service-v"];

/// Measures and tells.
pub(crate) async fn run(_: &BenchDir) -> Result<Section> {
    let mut section = Section::new("A day of 10,000 tickets, replayed")?;
    let day = tokio::task::spawn_blocking(day).await.context("playing a day")??;
    let written = day.events.iter().map(Event::encode).collect::<Result<Vec<_>, _>>();
    let written = written.context("writing the day")?;
    let (mut applied, mut read) = (Samples::default(), Samples::default());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut queue = Queue::default();
        day.events.iter().for_each(|event| apply(&mut queue, event));
        applied.add(ms(began.elapsed()));
        ensure!(queue == day.queue, "a replay made another queue");
        let began = Instant::now();
        let mut queue = Queue::default();
        for body in &written {
            apply(&mut queue, &Event::decode(body).context("reading an event")?);
        }
        read.add(ms(began.elapsed()));
        ensure!(queue == day.queue, "a replay of what was written made another queue");
    }
    section.says(&format!(
        "{TICKETS} tickets of three services, {WINDOWS} windows, about {CROWD} waiting: {} events, each ticket issued, \
         called, served and done. {ROUNDS} replays of each kind in this process; median (smallest … largest).",
        day.events.len()
    ));
    let rows = [
        row!["applied to an empty queue, ms", applied, "< 1,000"],
        row![
            "read from JSON, as the journal holds them, and applied, ms",
            read,
            "< 1,000"
        ],
    ];
    section.table(&["what", "figure", "aim"], &rows);
    Ok(section)
}

/// A branch at work.
struct BranchDay {
    queue: Queue,
    setup: QueueSetup,
    events: Vec<Event>,
    now: Moment,
}

fn day() -> Result<BranchDay> {
    let branch: Branch =
        serde_json::from_value(BranchSpec::bank(WINDOWS).document("-")).context("reading the branch")?;
    let mut day = BranchDay {
        queue: Queue::default(),
        setup: QueueSetup::settled(Arc::new(branch)),
        events: Vec::new(),
        now: Moment {
            at: Timestamp::from_millis(MORNING),
            clock: ClockState::Synced,
            offset_seconds: TASHKENT,
        },
    };
    for number in 1..=WINDOWS {
        day.ask(&Request::SignIn {
            operator: BranchSpec::operator(number),
            window: window(number)?,
            profile: None,
        })?;
    }
    for number in 1..=TICKETS + CROWD {
        day.now.at = day.now.at.plus(BETWEEN);
        if number <= TICKETS {
            day.comes(number)?;
        }
        if number > CROWD {
            let turn = u16::try_from(number % u32::from(WINDOWS)).context("counting windows")?;
            day.serves(turn + 1)?;
        }
    }
    let done = day
        .events
        .iter()
        .filter(|event| matches!(event.fact, Fact::QueueDone(_)));
    let done = done.count();
    ensure!(done == TICKETS as usize, "{done} visits are over");
    Ok(day)
}

fn window(number: u16) -> Result<SpotId> {
    format!("window-{number}").parse().context("naming a window")
}

impl BranchDay {
    fn ask(&mut self, request: &Request) -> Result<()> {
        let facts = decide(&self.queue, &self.setup, request, self.now);
        for fact in facts.with_context(|| format!("{request:?}"))? {
            let event = Event {
                id: EventId::new(self.now.at, [1; 10]),
                subj: None,
                pii: fact.personal(),
                fact,
                v: 1,
                at: self.now.at,
                clock: self.now.clock,
                boot: 1,
                up_ms: 0,
                actor: Actor::Edge,
                corr: None,
                replay: false,
                origin: None,
            };
            apply(&mut self.queue, &event);
            self.events.push(event);
        }
        Ok(())
    }

    fn comes(&mut self, number: u32) -> Result<()> {
        let mut entropy = [0; 10];
        entropy
            .iter_mut()
            .zip(number.to_be_bytes())
            .for_each(|(byte, of)| *byte = of);
        let service = SERVICES.get(number as usize % SERVICES.len()).context("no service")?;
        let service: ServiceId = service.parse().context("naming a service")?;
        self.ask(&Request::Issue {
            ticket: TicketId::new(self.now.at, entropy),
            service,
            source: Source::Kiosk,
            lang: Lang::Ru,
            token_hash: format!("{number:064x}").into(),
            booking_code_hash: None,
        })
    }

    fn serves(&mut self, number: u16) -> Result<()> {
        let (window, operator) = (window(number)?, BranchSpec::operator(number));
        self.ask(&Request::CallNext {
            window: window.clone(),
            operator,
        })?;
        self.ask(&Request::Arrived {
            window: window.clone(),
            operator,
        })?;
        self.ask(&Request::Finish {
            window,
            operator,
            outcome: None,
            next: None,
        })
    }
}
