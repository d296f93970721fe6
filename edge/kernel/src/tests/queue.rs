//! The queue and the prints at the kernel: told means durable, whatever ends the process a moment later.

use super::rig::{NOON, Rig, id};
use crate::{
    AppOrder, DecideError, Effect, Table,
    prints::{PrintRequest, PrintState, Prints},
    queue::{Queue, Refusal, Request, SetupChange},
    roster::Roster,
};
use protocol::{
    Actor, Fact, Lane, Outcome, PrintId, Reason, Timestamp,
    command::PrintOrder,
    id::TicketId,
    print::{Sheet, SheetKind},
    queue::{Branch, Source},
};
use serde_json::json;
use std::sync::Arc;

pub(super) fn branch() -> SetupChange {
    let branch: Branch = serde_json::from_value(json!({
        "name": {"en": "Main"},
        "services": [{"id": "cash", "prefix": "K", "name": {"en": "Cash"}, "minutes": 10, "target_wait": 15}],
        "profiles": [{"id": "all", "name": {"en": "All"}, "serves": [{"service": "cash"}]}],
        "windows": [{"id": "window-1", "number": 1}],
        "operators": [],
    }))
    .expect("a branch");
    SetupChange::Settled(Some(Arc::new(branch)))
}

pub(super) fn issue(number: u8) -> Request {
    Request::Issue {
        ticket: TicketId::new(Timestamp::from_millis(NOON), [number; 10]),
        service: "cash".parse().expect("a slug"),
        source: Source::Kiosk,
        lang: protocol::Lang::En,
        token_hash: format!("{number:064x}").into(),
        booking_code_hash: None,
    }
}

pub(super) async fn take(rig: &Rig, number: u8) -> String {
    let facts = rig.port.queue(Actor::Edge, issue(number)).await.expect("a ticket");
    match facts.first() {
        Some(Fact::QueueIssued(issued)) => issued.number.to_string(),
        other => panic!("no ticket was given out: {other:?}"),
    }
}

pub(super) fn wish(number: u8, printers: &[&str]) -> PrintRequest {
    let mut printers = printers.iter().map(|printer| id(printer));
    PrintRequest {
        order: PrintOrder {
            print: PrintId::new(Timestamp::from_millis(NOON), [number; 10]),
            sheet: Sheet {
                kind: SheetKind::Ticket,
                blocks: Vec::new(),
            },
            copy: false,
        },
        device: printers.next().expect("one printer"),
        rest: printers.collect(),
        corr: Some("the ticket".to_owned().into()),
    }
}

async fn sheet(rig: &mut Rig) -> PrintRequest {
    match rig.effects.recv().await {
        Some(Effect::Order {
            order: AppOrder::Prints(wish),
            ..
        }) => *wish,
        other => panic!("no sheet is to be printed: {other:?}"),
    }
}

/// Every app as its view has it.
pub(super) async fn state(rig: &Rig) -> [String; 3] {
    let port = &rig.port;
    let roster = port.read::<Roster>().await.expect("the kernel lives").state;
    let queue = port.read::<Queue>().await.expect("the kernel lives").state;
    let prints = port.read::<Prints>().await.expect("the kernel lives").state;
    [
        serde_json::to_string(&*roster).expect("JSON"),
        serde_json::to_string(&*queue).expect("JSON"),
        serde_json::to_string(&*prints).expect("JSON"),
    ]
}

async fn fate(rig: &Rig, number: u8) -> Option<PrintState> {
    let print = wish(number, &["any"]).order.print;
    let view = rig.port.read::<Prints>().await.expect("the kernel lives");
    view.state.status(&print).map(|status| status.fate.clone())
}

#[tokio::test]
async fn a_number_that_was_told_survives_the_process_and_the_power() {
    let mut rig = Rig::new(1);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    assert_eq!(take(&rig, 1).await, "K-001");
    rig = rig.killed();
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    assert_eq!(take(&rig, 2).await, "K-002");
    rig = rig.power_cut();
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    assert_eq!(take(&rig, 3).await, "K-003");
    let again = rig.port.queue(Actor::Edge, issue(3)).await.expect("known");
    assert_eq!(again, [], "the same ticket asked for twice is one ticket");
    let names: Vec<_> = rig.events(Lane::Facts).iter().map(|event| event.fact.name()).collect();
    assert_eq!(names.iter().filter(|name| **name == "queue.ticket.issued").count(), 3);
}

#[tokio::test]
async fn what_the_rules_forbid_is_refused_and_recorded_nowhere() {
    let rig = Rig::new(2);
    let refused = rig.port.queue(Actor::Edge, issue(1)).await;
    assert_eq!(refused, Err(DecideError::Refused(Refusal::NoBranch)));
    assert_eq!(rig.told(), Vec::<&str>::new());
}

#[tokio::test]
async fn a_full_disk_gives_out_no_tickets() {
    let rig = Rig::with_budget(3, 1 << 20);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    let mut taken = 0;
    let refused = loop {
        let request = Request::SetService {
            service: "cash".parse().expect("a slug"),
            open: if taken % 2 == 0 {
                protocol::fact::ServiceAvailability::Open
            } else {
                protocol::fact::ServiceAvailability::ByHours
            },
        };
        match rig.port.queue(Actor::Edge, request).await {
            Ok(_) => taken += 1,
            Err(refused) => break refused,
        }
    };
    assert!(
        matches!(refused, DecideError::Kernel(crate::Refusal::Full { .. })),
        "{refused:?}"
    );
    assert!(taken > 100, "{taken}");
}

#[tokio::test]
async fn a_sheet_goes_to_the_next_printer_only_where_the_first_printed_nothing() {
    let mut rig = Rig::new(4);
    rig.port
        .print(Actor::Edge, wish(1, &["one", "two"]))
        .await
        .expect("there is room");
    let first = sheet(&mut rig).await;
    assert_eq!(first.device, id("one"));
    let out = Outcome::Rejected {
        reason: Reason::Hardware,
        detail: Some("paper_out".into()),
    };
    rig.port.printed(first, out).await.expect("there is room");
    let second = sheet(&mut rig).await;
    assert_eq!((second.device.as_str(), second.order.copy), ("two", false));
    rig.port
        .printed(second, Outcome::Ok { detail: None })
        .await
        .expect("there is room");
    assert_eq!(fate(&rig, 1).await, Some(PrintState::Printed));
    assert_eq!(
        rig.told(),
        ["print.queued", "print.failed", "print.queued", "print.printed"]
    );
    let events = rig.events(Lane::Facts);
    let of_the_ticket = events
        .iter()
        .filter(|event| event.corr.as_ref().map(AsRef::as_ref) == Some("the ticket"));
    assert_eq!(of_the_ticket.count(), 4, "each belongs to the ticket");
}

#[tokio::test]
async fn a_sheet_under_way_when_the_process_dies_is_doubtful_and_not_printed_again() {
    let mut rig = Rig::new(5);
    rig.port
        .print(Actor::Edge, wish(1, &["one", "two"]))
        .await
        .expect("there is room");
    let under_way = sheet(&mut rig).await;
    rig = rig.killed();
    assert_eq!(
        fate(&rig, 1).await,
        Some(PrintState::Doubtful("interrupted".to_owned().into()))
    );
    rig.port
        .printed(under_way, Outcome::Ok { detail: None })
        .await
        .expect("there is room");
    rig.port
        .print(Actor::Edge, wish(1, &["one", "two"]))
        .await
        .expect("known");
    rig.port.status().await.expect("the kernel lives");
    assert!(rig.effects.try_recv().is_err(), "nothing is printed");
    assert_eq!(rig.told(), ["print.queued", "print.doubtful"]);
}

#[tokio::test]
async fn the_state_of_every_app_comes_back_from_snapshot_and_events() {
    let mut rig = Rig::new(6);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    for number in 1..=5 {
        take(&rig, number).await;
        // A checkpoint with a snapshot between tickets: one is due once time has passed.
        let shelved = rig.port.store(Table::Local, "key".into(), Some(vec![number]));
        let passing = async {
            loop {
                rig.clock.advance(400_000);
                rig.port.tick().await.expect("the kernel lives");
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            shelved = shelved => shelved.expect("there is room"),
            () = passing => {}
        }
    }
    let before = state(&rig).await;
    rig = rig.killed();
    assert_eq!(state(&rig).await, before);
}
