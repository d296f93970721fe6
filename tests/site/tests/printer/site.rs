//! One printer driven as the edge drives it, with everything written down that it reports.
//!
//! The line is the edge's own, over real sockets.

use adapter_printer::ADAPTER;
use adapter_sdk::{Line, LineSpec, State};
use edge_devices::{http::HttpLine, socket::TcpDial};
use protocol::{
    Fact, Outcome, PrintId,
    command::{Action, PrintOrder},
    print::{Align, Block, Sheet, SheetKind, Size},
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tests_site::driver::{DriverRun, Report};
use tests_world::clock;

/// What the QR code of the ticket says.
pub(crate) const CODE: &str = "https://q.ostona.uz/t/8f3kd92mzq71cmx0v5ptw4";

/// One printer driven.
pub(crate) struct PrinterRun {
    pub(crate) run: DriverRun,
}

impl PrinterRun {
    pub(crate) fn start(settings: &Value) -> Self {
        let plan = ADAPTER.plan(settings).unwrap();
        let line = if let LineSpec::Tcp(target) = &plan.wants {
            Line::Socket(Arc::new(TcpDial::new(target.clone())))
        } else if let LineSpec::Http(target) = &plan.wants {
            // Nobody does TLS here; installed twice, the first stays.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let roots = Arc::new(rustls::RootCertStore::empty());
            Line::Http(Arc::new(HttpLine::open(target, &roots).unwrap()))
        } else {
            panic!("it wants {:?}", plan.wants)
        };
        Self {
            run: DriverRun::start(plan, line),
        }
    }

    /// What the driver said, a line each.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.run.reports().iter().map(|(report, _)| note(report)).collect()
    }

    pub(crate) async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        self.run.until(what, |_| done(self)).await;
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
        words(&self.run.ask(action, Duration::from_secs(120)).await)
    }
}

fn note(report: &Report) -> String {
    match report {
        Report::State(State::Online { .. }) => "online".to_owned(),
        Report::State(State::Degraded { reason }) => format!("degraded {reason}"),
        Report::Facts(seen) => {
            let facts = seen.iter().map(|seen| {
                let Fact::PrinterChanged(state) = &seen.fact else {
                    return seen.fact.name().to_owned();
                };
                let error = state
                    .error
                    .as_ref()
                    .map(|error| format!(" {error}"))
                    .unwrap_or_default();
                format!("paper {:?}, cover {:?}{error}", state.paper, state.cover)
            });
            facts.collect::<Vec<_>>().join("; ")
        }
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
