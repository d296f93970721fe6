//! How long the writer is held up: answers to a tiny decision while 200 readers, snapshots of a large state and a console
//! read at once. Run it on a machine left alone: `cargo run --release -p edge-kernel --example holdup`.
//!
//! One asker at a time, on a real directory, so an answer's time is what the writer needs plus one commit. "quiet" is the
//! same without readers and snapshots.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a tool for developers"
)]

use edge_journal::{Journal, JournalOptions};
use edge_kernel::{
    EdgeClock, KernelHandle, Port, Trust,
    queue::{Queue, Request, SetupChange},
};
use protocol::{
    Actor, ClockState, Epoch, Lang, Timestamp,
    id::TicketId,
    queue::{Branch, Source},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

const TICKETS: u32 = 10_000;
const READERS: usize = 200;
const MEASURE: Duration = Duration::from_secs(10);

/// Uptime runs a thousand times as fast where snapshots are to be due all the time.
#[derive(Debug)]
struct FastClock {
    begun: Instant,
    speed: AtomicU64,
}

impl EdgeClock for FastClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + self.begun.elapsed().as_millis() as i64)
    }
    fn state(&self) -> ClockState {
        ClockState::Synced
    }
    fn up_ms(&self) -> u64 {
        self.begun.elapsed().as_millis() as u64 * self.speed.load(Ordering::Relaxed)
    }
}

fn branch() -> Branch {
    serde_json::from_value(serde_json::json!({
        "name": {"en": "Main"},
        "services": [{"id": "cash", "prefix": "K", "name": {"en": "Cash"}, "minutes": 10, "target_wait": 15}],
        "profiles": [{"id": "all", "name": {"en": "All"}, "serves": [{"service": "cash"}]}],
        "windows": [{"id": "window-1", "number": 1}],
        "operators": [],
        "rules": {"tickets_waiting": TICKETS / 2},
    }))
    .unwrap_or_else(|error| fail(&error))
}

fn fail(error: &dyn std::fmt::Display) -> ! {
    eprintln!("{error}");
    std::process::exit(1)
}

fn ticket(number: u32) -> TicketId {
    let mut id = [0; 10];
    id[..4].copy_from_slice(&number.to_be_bytes());
    TicketId::new(Timestamp::from_millis(1_790_000_000_000), id)
}

fn hold(number: u32) -> Request {
    Request::Hold {
        ticket: ticket(number),
        operator: None,
        window: None,
        minutes: 240,
        reason: None,
    }
}

fn issue(number: u32) -> Request {
    Request::Issue {
        ticket: ticket(number),
        service: "cash".parse().unwrap_or_else(|error| fail(&error)),
        source: Source::Kiosk,
        lang: Lang::En,
        token_hash: format!("{number:064x}").into(),
        booking_code_hash: None,
    }
}

/// The tiny decision: a service that is opened and left to its hours again.
fn tiny(turn: u64) -> Request {
    Request::SetService {
        service: "cash".parse().unwrap_or_else(|error| fail(&error)),
        open: if turn.is_multiple_of(2) {
            protocol::fact::ServiceAvailability::Open
        } else {
            protocol::fact::ServiceAvailability::ByHours
        },
    }
}

async fn ask(port: &Port, request: Request) {
    if let Err(refusal) = port.decide::<Queue>(Actor::Edge, request).await {
        fail(&refusal);
    }
}

/// What a screen does with the queue: looks through all of it.
async fn look(port: &Port) -> usize {
    match port.read::<Queue>().await {
        Ok(view) => view.state.open().len(),
        Err(refusal) => fail(&refusal),
    }
}

/// What a console does: takes the whole state apart.
async fn console(port: &Port) -> usize {
    match port.read::<Queue>().await {
        Ok(view) => serde_json::to_vec(&*view.state).map_or(0, |bytes| bytes.len()),
        Err(refusal) => fail(&refusal),
    }
}

async fn measure(port: &Port, name: &str) {
    let mut took = Vec::new();
    let end = Instant::now() + MEASURE;
    let mut turn = 0;
    while Instant::now() < end {
        let begun = Instant::now();
        ask(port, tiny(turn)).await;
        took.push(begun.elapsed());
        turn += 1;
    }
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 1000).copied().unwrap_or_default();
    println!(
        "{name}: {} answers, p50 {:?}, p99 {:?}, p99.9 {:?}, longest {:?}",
        took.len(),
        at(500),
        at(990),
        at(999),
        took.last().copied().unwrap_or_default(),
    );
}

/// Half of the tickets wait, half are put aside: more must not wait at once.
async fn fill(port: &Port) {
    for half in 0..2 {
        let numbers = (0..TICKETS / 2).map(|number| half * (TICKETS / 2) + number);
        each(port, numbers.clone().map(issue)).await;
        if half == 0 {
            each(port, numbers.map(hold)).await;
        }
    }
}

/// Asks all of it, a hundred at a time.
async fn each(port: &Port, requests: impl Iterator<Item = Request>) {
    let requests: Vec<_> = requests.collect();
    for some in requests.chunks(100) {
        let asking: Vec<_> = some
            .iter()
            .cloned()
            .map(|request| {
                let port = port.clone();
                tokio::spawn(async move { ask(&port, request).await })
            })
            .collect();
        for one in asking {
            let _ = one.await;
        }
    }
}

#[tokio::main]
async fn main() {
    let dir = tempfile::tempdir().unwrap_or_else(|error| fail(&error));
    let options = JournalOptions::new(dir.path().join("journal"), Epoch(1));
    let (journal, recovery) = Journal::open(options).unwrap_or_else(|error| fail(&error));
    let clock = Arc::new(FastClock {
        begun: Instant::now(),
        speed: AtomicU64::new(1),
    });
    let started = edge_kernel::start(edge_kernel::KernelOptions {
        journal,
        recovery,
        clock: clock.clone(),
        trust: Trust::default(),
        entropy: [7; 16],
        version: "holdup".into(),
        limits: Default::default(),
        runtime: tokio::runtime::Handle::current(),
    });
    let KernelHandle { port, .. } = started.unwrap_or_else(|error| fail(&error));
    let branch = SetupChange::Settled(Some(Arc::new(branch())));
    port.configure::<Queue>(branch)
        .await
        .unwrap_or_else(|error| fail(&error));
    fill(&port).await;
    measure(&port, "quiet").await;
    for reader in 0..READERS {
        let port = port.clone();
        tokio::spawn(async move {
            loop {
                look(&port).await;
                tokio::time::sleep(Duration::from_millis(900 + reader as u64)).await;
            }
        });
    }
    tokio::spawn({
        let port = port.clone();
        async move {
            loop {
                console(&port).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    });
    tokio::spawn({
        let port = port.clone();
        // Snapshots are due every 300 s of uptime: here every second or so.
        clock.speed.store(400, Ordering::Relaxed);
        async move {
            while port.tick().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    });
    measure(&port, "with readers, console and snapshots").await;
    port.stop().await;
}
