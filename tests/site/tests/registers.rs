//! Registers end to end: thousands of rows go down once, a change goes down alone, and whatever happens both ends agree.
//!
//! Compared with the rows on the edge's disk, hashed anew, and with what the kiosk says to somebody who types a code.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

#[path = "registers/bookings.rs"]
mod bookings;
#[path = "registers/edge_disk.rs"]
mod edge_disk;

use anyhow::{Result, ensure};
use bookings::{ask, book, book_many, ids, in_force, register, rows_sent, unplug, withdraw};
use reqwest::StatusCode;
use std::{collections::BTreeSet, sync::Arc};
use tests_site::{
    branch::{BranchSpec, OpenBranch},
    scenario::{Scenario, ScenarioSpec},
    wait::{LONG, until},
};
use tests_world::net::NetworkConditions;

/// Bookings that one branch keeps at most.
const MOST: usize = 5_000;
/// Rows that travel together at most.
const CHUNK: u64 = 500;
/// What goes down for one row and the little talk around it, bytes.
const LITTLE: u64 = 8_000;

async fn open(name: &str) -> (Arc<Scenario>, OpenBranch) {
    let scenario = Scenario::open(ScenarioSpec::named(name)).await.unwrap();
    let open = OpenBranch::start(&scenario, &BranchSpec::bank(1)).await.unwrap();
    (Arc::new(scenario), open)
}

/// A line on which a chunk of rows takes a second.
fn narrow() -> NetworkConditions {
    NetworkConditions {
        bandwidth: Some(150_000),
        ..NetworkConditions::default()
    }
}

/// Stops the edge: its disk has the cloud's rows, each once, and they come to the cloud's hash.
async fn both_ends_are_equal(scenario: &mut Scenario) {
    let in_cloud = in_force(scenario).await.unwrap();
    scenario.edge.stop().await.unwrap();
    let rows = edge_disk::rows(&scenario.edge).unwrap();
    let keys: BTreeSet<String> = rows.keys().cloned().collect();
    assert_eq!(keys, ids(scenario).await.unwrap());
    assert_eq!(edge_disk::hash(&rows).unwrap(), in_cloud.hash);
    let versions: BTreeSet<u64> = rows.values().map(|row| row.version.0).collect();
    assert_eq!(versions.len(), rows.len(), "two rows have one version");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_more_booking_among_thousands_costs_one_row() {
    let (scenario, _open) = open("registers-many").await;
    book_many(&scenario, MOST - 1).await.unwrap();
    let many = in_force(&scenario).await.unwrap();
    assert_eq!(many.version, MOST as u64 - 1, "a row each");
    assert_eq!(rows_sent(&scenario).await.unwrap(), MOST as u64 - 1, "each sent once");
    let before = scenario.net.traffic().bytes_down;
    assert!(before > MOST as u64 * 100, "the line carried {before} bytes only");

    book(&scenario, 0).await.unwrap();
    let more = in_force(&scenario).await.unwrap();
    assert_eq!(more.version, MOST as u64);
    assert_eq!(
        rows_sent(&scenario).await.unwrap(),
        MOST as u64,
        "one more row, not all"
    );
    let bytes = scenario.net.traffic().bytes_down - before;
    assert!(bytes < LITTLE, "one booking cost {bytes} bytes");
    assert_eq!(
        ask(&scenario, 0).await.unwrap().status,
        StatusCode::CONFLICT,
        "as many as it can keep"
    );
    both_ends_are_equal(&mut Arc::into_inner(scenario).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_while_the_line_was_down_arrives_and_nothing_else() {
    let (scenario, mut open) = open("registers-unplugged").await;
    let before = book_many(&scenario, 40).await.unwrap();
    in_force(&scenario).await.unwrap();
    let sent = rows_sent(&scenario).await.unwrap();

    unplug(&scenario).await.unwrap();
    let kept = book(&scenario, 0).await.unwrap();
    let fleeting = book(&scenario, 1).await.unwrap();
    for gone in [&before[0], &before[1], &fleeting] {
        withdraw(&scenario, gone).await.unwrap();
    }
    assert_eq!(
        open.kiosk.check_in(&kept.code).await.unwrap(),
        None,
        "nobody has told the box"
    );
    assert!(
        open.kiosk.check_in(&before[2].code).await.unwrap().is_some(),
        "it works on its own"
    );
    assert!(
        open.kiosk.check_in(&before[0].code).await.unwrap().is_some(),
        "nobody has told the box"
    );
    assert_eq!(rows_sent(&scenario).await.unwrap(), sent, "the line is down");

    scenario.net.set(NetworkConditions::default()).await;
    in_force(&scenario).await.unwrap();
    assert_eq!(
        rows_sent(&scenario).await.unwrap() - sent,
        4,
        "one booked, three withdrawn"
    );
    assert!(open.kiosk.check_in(&kept.code).await.unwrap().is_some());
    assert_eq!(
        open.kiosk.check_in(&before[1].code).await.unwrap(),
        None,
        "withdrawn meanwhile"
    );
    assert_eq!(
        open.kiosk.check_in(&fleeting.code).await.unwrap(),
        None,
        "booked and withdrawn meanwhile"
    );
    both_ends_are_equal(&mut Arc::into_inner(scenario).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edge_that_is_killed_amid_the_whole_table_goes_on_where_it_was() {
    const MANY: u64 = 2_500;
    let (scenario, open) = open("registers-killed").await;
    unplug(&scenario).await.unwrap();
    let made = book_many(&scenario, MANY as usize).await.unwrap();
    scenario.net.set(narrow()).await;
    let held = until("the edge is amid the table", LONG, || half_way(&scenario, MANY))
        .await
        .unwrap();
    let mut scenario = Arc::into_inner(scenario).unwrap();
    scenario.edge.kill().await.unwrap();
    let on_disk = edge_disk::rows(&scenario.edge).unwrap().len() as u64;
    assert!(
        held <= on_disk && on_disk < MANY,
        "told of {held}, {on_disk} are on disk"
    );

    scenario.net.set(NetworkConditions::default()).await;
    scenario.edge.start().await.unwrap();
    in_force(&scenario).await.unwrap();
    let sent = rows_sent(&scenario).await.unwrap();
    assert!(
        (MANY..=MANY + CHUNK).contains(&sent),
        "{sent} rows for {MANY}: only what was under way again"
    );
    let mut kiosk = open.kiosk;
    kiosk.moved(scenario.edge.lan().unwrap());
    for booked in [made.first().unwrap(), made.last().unwrap()] {
        assert!(kiosk.check_in(&booked.code).await.unwrap().is_some(), "{}", booked.id);
    }
    both_ends_are_equal(&mut scenario).await;
}

/// How far the edge is, where that is neither the beginning nor the end.
async fn half_way(scenario: &Scenario, many: u64) -> Result<u64> {
    let register = register(scenario).await?;
    let held = register
        .held
        .as_ref()
        .filter(|held| held.resync)
        .map_or(0, |held| held.version);
    ensure!((1..many).contains(&held), "{register:?}");
    Ok(held)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_were_changed_behind_the_edges_back_are_noticed_and_made_good() {
    const MANY: usize = 1_200;
    let (scenario, open) = open("registers-damaged").await;
    let made = book_many(&scenario, MANY).await.unwrap();
    let mut scenario = Arc::into_inner(scenario).unwrap();
    both_ends_are_equal(&mut scenario).await;
    let whole = edge_disk::rows(&scenario.edge).unwrap();
    let [lost, forged, ..] = made.as_slice() else {
        unreachable!()
    };
    let mut damaged = whole.clone();
    let mut stray = damaged.remove(&lost.id).unwrap();
    let forged_row = damaged.get_mut(&forged.id).unwrap();
    forged_row.body = forged_row.body.replace("service-k", "service-v");
    let nobody = "018f0000-0000-7000-8000-000000000001";
    stray.body = stray.body.replace(&lost.id, nobody);
    damaged.insert(nobody.to_owned(), stray);
    edge_disk::replace(&scenario.edge, &damaged).unwrap();

    let sent = rows_sent(&scenario).await.unwrap();
    scenario.edge.start().await.unwrap();
    until("the whole table was sent again", LONG, || async {
        let again = rows_sent(&scenario).await? - sent;
        ensure!(again == MANY as u64, "{again} rows");
        Ok(())
    })
    .await
    .unwrap();
    in_force(&scenario).await.unwrap();
    let mut kiosk = open.kiosk;
    kiosk.moved(scenario.edge.lan().unwrap());
    let number = kiosk.check_in(&forged.code).await.unwrap().unwrap();
    assert!(number.starts_with('K'), "{number} is no cash desk's");
    assert!(
        kiosk.check_in(&lost.code).await.unwrap().is_some(),
        "the lost row is back"
    );
    both_ends_are_equal(&mut scenario).await;
}
