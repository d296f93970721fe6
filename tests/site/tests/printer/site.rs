//! One printer driven as the edge drives it, with everything written down that reaches the outlet.
//!
//! The line is the edge's own, over real sockets.

use adapter_printer::ADAPTER;
use adapter_sdk::{Ask, Clock, Context, DriverError, Line, Outlet, State, Told, Wants};
use edge_devices::{http::HttpLine, socket::TcpDial};
use protocol::{
    CommandId, Fact, Outcome, PrintId, Timestamp,
    command::{Action, PrintOrder},
    print::{Align, Block, Sheet, SheetKind, Size},
};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tests_world::clock;
use tokio::{sync::mpsc, task::JoinHandle, time::Instant};

/// Nothing here takes longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// What the QR code of the ticket says.
pub(crate) const CODE: &str = "https://q.ostona.uz/t/8f3kd92mzq71cmx0v5ptw4";

/// One printer driven.
pub(crate) struct Site {
    pub(crate) notes: Arc<Mutex<Vec<String>>>,
    asks: mpsc::Sender<Ask>,
    pub(crate) driver: JoinHandle<DriverError>,
}

#[derive(Debug)]
struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        clock::Clock::Real.now()
    }
    fn offset_seconds(&self) -> i32 {
        5 * 3600
    }
}

impl Site {
    pub(crate) fn start(settings: &Value) -> Self {
        let plan = ADAPTER.plan(settings).unwrap();
        let line = if let Wants::Tcp(target) = &plan.wants {
            Line::Socket(Arc::new(TcpDial::new(target.clone())))
        } else if let Wants::Http(target) = &plan.wants {
            // Nobody does TLS here; installed twice, the first stays.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let roots = Arc::new(rustls::RootCertStore::empty());
            Line::Http(Arc::new(HttpLine::open(target, &roots).unwrap()))
        } else {
            panic!("it wants {:?}", plan.wants)
        };
        let (outlet, told) = Outlet::new(8);
        let (asks, asks_in) = mpsc::channel(8);
        let context = Context {
            device: "lobby-printer".parse().unwrap(),
            line,
            asks: asks_in,
            outlet,
            clock: Arc::new(Wall),
            pushes: mpsc::channel(1).1,
            push_url: None,
            calls: mpsc::channel(1).1,
            mark: None,
        };
        let notes = Arc::default();
        tokio::spawn(write_down(told, Arc::clone(&notes)));
        let driver = tokio::spawn(async move { (plan.drive)(context).await });
        Self { notes, asks, driver }
    }

    /// What the driver said, a line each.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }

    pub(crate) async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !done(self) {
            assert!(!self.driver.is_finished(), "the driver ended before {what}");
            assert!(
                Instant::now() < deadline,
                "not within {LIMIT:?}: {what}; {:?}",
                self.notes()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Until it said how it is, in this way.
    pub(crate) async fn says(&self, note: &str) {
        self.until(note, |site| site.notes().last().is_some_and(|last| last == note))
            .await;
    }

    pub(crate) async fn print(&self, order: PrintOrder) -> String {
        let action = match order.sheet.kind {
            SheetKind::Badge => Action::PrintBadge(order),
            SheetKind::Report => Action::PrintReport(order),
            SheetKind::Ticket | SheetKind::Test => Action::PrintTicket(order),
        };
        self.ask(action).await
    }

    pub(crate) async fn ask(&self, action: Action) -> String {
        let now = clock::Clock::Real.now();
        let within = Duration::from_secs(120);
        let (ask, outcome) = Ask::new(
            CommandId::new(now, entropy()),
            action,
            now.plus(within),
            Instant::now() + within,
        );
        self.asks.send(ask).await.unwrap();
        words(&outcome.await.unwrap())
    }

    /// Ends it as the edge does when it stops, and waits for that.
    pub(crate) async fn stop(self) {
        drop(self.asks);
        let end = tokio::time::timeout(LIMIT, self.driver)
            .await
            .expect("it ends")
            .unwrap();
        assert!(matches!(end, DriverError::Outlet(_)), "{end:?}");
    }
}

async fn write_down(mut told: mpsc::Receiver<Told>, notes: Arc<Mutex<Vec<String>>>) {
    while let Some(told) = told.recv().await {
        let note = match told {
            Told::Alive => continue,
            Told::State(State::Online { .. }) => "online".to_owned(),
            Told::State(State::Degraded { reason }) => format!("degraded {reason}"),
            Told::Facts(observation) => {
                let facts = observation.seen.into_iter().map(|seen| {
                    let Fact::PrinterChanged(state) = seen.fact else {
                        return seen.fact.name().to_owned();
                    };
                    let error = state.error.map(|error| format!(" {error}")).unwrap_or_default();
                    format!("paper {:?}, cover {:?}{error}", state.paper, state.cover)
                });
                let facts: Vec<String> = facts.collect();
                // A driver that ended meanwhile does not care.
                let _ = observation.done.send(Ok(()));
                facts.join("; ")
            }
        };
        notes.lock().unwrap().push(note);
    }
}

fn words(outcome: &Outcome) -> String {
    let more = |detail: &Option<String>| detail.as_ref().map(|detail| format!(" {detail}")).unwrap_or_default();
    match outcome {
        Outcome::Ok { detail } => format!("ok{}", more(detail)),
        Outcome::Failed { reason, detail } => format!("failed {reason:?}{}", more(detail)),
        Outcome::Expired => "expired".to_owned(),
        Outcome::Rejected { reason, detail } => format!("rejected {reason:?}{}", more(detail)),
    }
}

fn entropy() -> [u8; 10] {
    let mut entropy = [0; 10];
    getrandom::fill(&mut entropy).unwrap();
    entropy
}

fn line(text: &str, size: Size, align: Align) -> Block {
    let text = text.to_owned();
    Block::Line { text, size, align }
}

/// A ticket in the three languages and both scripts of the region.
pub(crate) fn ticket() -> PrintOrder {
    let pair = |left: &str, right: &str| Block::Pair {
        left: left.to_owned(),
        right: right.to_owned(),
    };
    let blocks = vec![
        line("Chilonzor filiali", Size::Body, Align::Middle),
        line("Кассага навбат", Size::Title, Align::Middle),
        Block::Number {
            text: "K-001".to_owned(),
        },
        pair("20.11.2026", "14:05"),
        pair("Олдингизда", "12 киши"),
        pair("Please wait", "15 min"),
        Block::Qr { text: CODE.to_owned() },
        line("Сохраните талон до конца", Size::Body, Align::Middle),
        line("Chiptani saqlang, oʻtib ketmang", Size::Body, Align::Middle),
    ];
    of(SheetKind::Ticket, blocks)
}

/// A visitor's badge.
pub(crate) fn badge() -> PrintOrder {
    let blocks = vec![
        line("Registon Tower", Size::Body, Align::Middle),
        line("Ғайрат Ўрозов", Size::Title, Align::Middle),
        line("Guest of Malika Karimova", Size::Body, Align::Middle),
        Block::Qr { text: CODE.to_owned() },
    ];
    of(SheetKind::Badge, blocks)
}

fn of(kind: SheetKind, blocks: Vec<Block>) -> PrintOrder {
    PrintOrder {
        print: PrintId::new(clock::Clock::Real.now(), entropy()),
        sheet: Sheet { kind, blocks },
        copy: false,
    }
}
