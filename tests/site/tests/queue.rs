//! kill -9 of the edge in the middle of a branch's work: no ticket is lost, no number given twice, nobody served twice.
//!
//! Compared with what visitors were shown and what desks were told, never with what the edge says of itself.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use anyhow::{Result, ensure};
use protocol::{Fact, id::TicketId};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tests_site::{
    branch::{BranchSpec, Browser, OpenBranch, Operator, Visitor},
    history::History,
    scenario::{Scenario, ScenarioSpec},
    seed,
    wait::{LONG, until},
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

const DESKS: u16 = 20;
/// Kills of a regular run; `cargo xtask test --kills N` sets another number of those of the whole site.
const KILLS: u64 = 6;

/// What people saw with their own eyes.
#[derive(Debug, Default)]
struct WhatPeopleSaw {
    numbers: Vec<String>,
    finished: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_ticket_is_lost_and_no_number_repeated_while_twenty_desks_work_and_the_edge_is_killed() {
    let mut rng = seed::rng("queue").unwrap();
    let mut scenario = Scenario::open(ScenarioSpec {
        seed: rng.throw(),
        ..ScenarioSpec::named("queue")
    })
    .await
    .unwrap();
    let OpenBranch { operators, .. } = OpenBranch::start(&scenario, &BranchSpec::bank(DESKS)).await.unwrap();
    let (lan, lans) = watch::channel(Some(scenario.edge.lan().unwrap()));
    let seen = Arc::new(Mutex::new(WhatPeopleSaw::default()));
    let mut people = JoinSet::new();
    for operator in operators {
        people.spawn(work(operator, lans.clone(), seen.clone()));
    }
    for pace_ms in [15, 25, 40] {
        people.spawn(visit(lans.clone(), seen.clone(), Duration::from_millis(pace_ms)));
    }
    for _ in 0..KILLS {
        sleep(Duration::from_millis(400 + rng.below(1200))).await;
        scenario.edge.kill().await.unwrap();
        scenario.edge.start().await.unwrap();
        lan.send(Some(scenario.edge.lan().unwrap())).unwrap();
    }
    sleep(Duration::from_secs(1)).await;
    lan.send(None).unwrap();
    while people.join_next().await.is_some() {}

    let seen = Arc::into_inner(seen).unwrap().into_inner().unwrap();
    assert!(seen.numbers.len() > 50, "few took a ticket: {}", seen.numbers.len());
    assert!(seen.finished > 50, "few were served: {}", seen.finished);
    until("the cloud has every ticket", LONG, || async {
        let history = scenario.history().await?;
        history.check_lanes()?;
        check(&history, &seen)
    })
    .await
    .unwrap();
}

/// Where the box is; none: everybody goes home.
fn now(lans: &mut watch::Receiver<Option<SocketAddr>>) -> Option<SocketAddr> {
    *lans.borrow_and_update()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_is_followed_and_given_up_on_a_phone_far_away() {
    let scenario = Scenario::open(ScenarioSpec::named("queue-phone")).await.unwrap();
    let mut open = OpenBranch::start(&scenario, &BranchSpec::bank(1)).await.unwrap();
    let (lan, cloud) = (scenario.edge.lan().unwrap(), scenario.cloud.address().unwrap());
    let mut first = Visitor::take(lan, "service-k").await.unwrap();
    let mut second = Visitor::take(lan, "service-k").await.unwrap();
    let number = second.number().await.unwrap();
    let page = format!("/b/{}{}", scenario.edge_id, second.page());
    let mut phone = Browser::new(cloud).unwrap();
    shows(&mut phone, &page, &number).await;
    shows(&mut phone, &page, "Ahead of you: 1").await;
    assert!(open.operators[0].act(&[("act", "call_next")]).await.unwrap().0);
    shows(&mut phone, &page, "You are next").await;
    let mut elsewhere = Browser::new(cloud).unwrap();
    let answer = elsewhere.post(&format!("{page}/cancel"), &[]).await.unwrap();
    assert_eq!(answer.status, 303, "{}", answer.text);
    shows(&mut phone, &page, "The ticket was cancelled").await;
    let history = scenario.history().await.unwrap();
    assert_eq!(history.of("queue.ticket.cancelled").count(), 1);
    assert!(first.number().await.unwrap() < number);
}

/// Looks at a page until it says something.
async fn shows(phone: &mut Browser, page: &str, what: &str) {
    let looking = async {
        loop {
            let answer = phone.get(page).await.unwrap();
            if answer.text.contains(what) {
                assert_eq!(answer.status, 200);
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(timeout(LONG, looking).await.is_ok(), "the phone never shows {what:?}");
}

/// An operator works as fast as the desk lets them; what the desk confirmed is counted.
async fn work(mut operator: Operator, mut lans: watch::Receiver<Option<SocketAddr>>, seen: Arc<Mutex<WhatPeopleSaw>>) {
    while let Some(lan) = now(&mut lans) {
        operator.moved(lan);
        for act in ["call_next", "arrived", "finish"] {
            // Not answered, or refused: the next round goes on from wherever the desk is.
            if let Ok((true, _)) = operator.act(&[("act", act)]).await
                && act == "finish"
            {
                seen.lock().unwrap().finished += 1;
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// People come in and take tickets on their phones.
async fn visit(mut lans: watch::Receiver<Option<SocketAddr>>, seen: Arc<Mutex<WhatPeopleSaw>>, pace: Duration) {
    let services = ["service-k", "service-c", "service-v"];
    let mut turn = 0;
    while let Some(lan) = now(&mut lans) {
        turn = (turn + 1) % services.len();
        let service = services.get(turn).unwrap();
        let shown = async { Visitor::take(lan, service).await?.number().await };
        if let Ok(number) = shown.await {
            seen.lock().unwrap().numbers.push(number);
        }
        sleep(pace).await;
    }
}

/// What the cloud has agrees with what people saw, and with itself.
fn check(history: &History, seen: &WhatPeopleSaw) -> Result<()> {
    let mut numbers: BTreeMap<String, TicketId> = BTreeMap::new();
    let mut done = BTreeSet::new();
    let mut called: BTreeMap<TicketId, String> = BTreeMap::new();
    for stored in &history.events {
        if let Fact::QueueIssued(issued) = &stored.event.fact {
            let before = numbers.insert(format!("{} {}", issued.day, issued.number), issued.ticket);
            ensure!(before.is_none(), "{} was given twice", issued.number);
        }
        if let Fact::QueueCalled(call) = &stored.event.fact {
            let at = called.insert(call.ticket, call.window.to_string());
            ensure!(at.is_none(), "{} was called to two windows", call.number);
        }
        if let Fact::QueueDone(served) = &stored.event.fact {
            ensure!(done.insert(served.ticket), "{} was served twice", served.ticket);
            ensure!(
                called.contains_key(&served.ticket),
                "{} was served and never called",
                served.ticket
            );
        }
    }
    let issued: BTreeSet<&str> = numbers
        .keys()
        .filter_map(|key| key.split_once(' '))
        .map(|(_, number)| number)
        .collect();
    let mut shown = BTreeSet::new();
    for number in &seen.numbers {
        ensure!(shown.insert(number), "{number} was shown to two people");
        ensure!(issued.contains(number.as_str()), "{number} was shown and is not there");
    }
    ensure!(
        done.len() as u64 >= seen.finished,
        "{} visits ended, {} were confirmed",
        done.len(),
        seen.finished
    );
    Ok(())
}
