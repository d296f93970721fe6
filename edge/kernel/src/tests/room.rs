//! Room in the facts lane over the years: a box without a cloud, and one whose link is gone for long.

use super::{
    queue::{branch, issue, state, take},
    rig::{NOON, Rig, device, id},
};
use crate::{FactEntry, FactsRoom, Refusal, queue::Queue};
use protocol::{
    Actor, Fact, Lane, Timestamp,
    fact::{Custom, DropReason},
};

const BUDGET: u64 = 1 << 20;
const DAY_MS: u64 = 24 * 3600 * 1000;

fn report(len: usize) -> FactEntry {
    let body = serde_json::Value::String("x".repeat(len));
    Fact::DeviceCustom(Custom {
        device: id("gate"),
        kind: "big".into(),
        body: body.into(),
    })
    .into()
}

/// Ranges that went, as their tombstones say.
fn dropped(rig: &Rig) -> Vec<(u64, u64, DropReason)> {
    let events = rig.events(Lane::Facts);
    let dropped = events.iter().filter_map(|event| {
        let Fact::JournalDropped(dropped) = &event.fact else {
            return None;
        };
        Some((dropped.from_seq.0, dropped.to_seq.0, dropped.reason))
    });
    dropped.collect()
}

#[tokio::test]
async fn a_box_without_a_cloud_lives_for_ever() {
    let mut rig = Rig::alone(1, BUDGET);
    rig.pair("gate").await;
    for round in 0..4_u8 {
        rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
        // Twice the budget each round.
        for _ in 0..128 {
            rig.clock.advance(50);
            let told = rig.port.record(device("gate"), vec![report(16 << 10)]).await;
            told.expect("there is always room");
        }
        let number = take(&rig, round + 1).await;
        assert_eq!(number, format!("K-00{}", round + 1), "numbers go on");
        let before = state(&rig).await;
        rig = if round % 2 == 0 { rig.killed() } else { rig.power_cut() };
        assert_eq!(state(&rig).await, before, "snapshots and tail give the same state");
    }
    let status = rig.port.status().await.expect("the kernel lives");
    assert!(status.facts_bytes <= BUDGET, "{status:?}");
    assert_eq!(status.room, FactsRoom::Ample);
    let dropped = dropped(&rig);
    let (_, last, _) = dropped.last().expect("the last tombstone is there still");
    let first = rig.port.records(Lane::Facts, protocol::Seq::ZERO, 1);
    let first = first.expect("readable").expect("some are left").first;
    assert_eq!(first.0, last + 1, "what is left begins where the last tombstone ends");
}

#[tokio::test]
async fn unsent_facts_stay_while_they_are_young_and_go_for_lack_of_room_once_they_are_old() {
    let rig = Rig::with_budget(2, BUDGET);
    rig.disk.set_time(Timestamp::from_millis(NOON));
    rig.pair("gate").await;
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    let refusal = loop {
        if let Err(refusal) = rig.port.record(device("gate"), vec![report(4 << 10)]).await {
            break refusal;
        }
    };
    assert!(matches!(refusal, Refusal::Full { .. }), "{refusal:?}");
    assert_eq!(dropped(&rig), []);
    let status = rig.port.status().await.expect("the kernel lives");
    assert_eq!(status.room, FactsRoom::NearlyFull, "people are told");
    take(&rig, 1).await;
    // Eight days later nobody has fetched them, and somebody is at the door.
    rig.clock.advance(8 * DAY_MS);
    rig.disk.set_time(Timestamp::from_millis(NOON + 8 * DAY_MS as i64));
    for _ in 0..50 {
        rig.clock.advance(2000);
        rig.port.tick().await.expect("the kernel lives");
        rig.port.status().await.expect("the kernel lives");
        if !dropped(&rig).is_empty() {
            break;
        }
        std::thread::yield_now();
    }
    let dropped = dropped(&rig);
    assert!(matches!(dropped[..], [(1, _, DropReason::Budget)]), "{dropped:?}");
    rig.port
        .record(device("gate"), vec![report(4 << 10)])
        .await
        .expect("room again");
    rig.port.queue(Actor::Edge, issue(2)).await.expect("a ticket");
}

#[tokio::test]
async fn people_are_told_weeks_before_the_room_is_used_up() {
    let rig = Rig::with_budget(3, BUDGET);
    rig.pair("gate").await;
    // 64 KiB a day: the lane is full after about two weeks.
    let mut warned = None;
    for day in 0..10_u64 {
        rig.disk.set_time(Timestamp::from_millis(NOON + (day * DAY_MS) as i64));
        for _ in 0..15 {
            rig.port
                .record(device("gate"), vec![report(4 << 10)])
                .await
                .expect("room");
        }
        rig.clock.advance(DAY_MS);
        rig.port.renew_lease(id("gate"));
        rig.port.tick().await.expect("the kernel lives");
        let status = rig.port.status().await.expect("the kernel lives");
        if status.room == FactsRoom::Filling && warned.is_none() {
            warned = Some((day, status.hours_left.expect("a forecast")));
        }
    }
    let (day, hours_left) = warned.expect("they were told");
    assert!(
        day <= 5 && (24.0 * 4.0..24.0 * 28.0).contains(&hours_left),
        "on day {day}: {hours_left} hours"
    );
    let told = rig
        .events(Lane::Facts)
        .into_iter()
        .filter(|event| event.fact.name() == "journal.filling");
    assert!((1..=2).contains(&told.count()), "once for each stage");
}

#[tokio::test]
async fn old_facts_of_a_box_without_a_cloud_go_after_their_time() {
    let rig = Rig::alone(4, BUDGET);
    rig.disk.set_time(Timestamp::from_millis(NOON));
    rig.pair("gate").await;
    for _ in 0..40 {
        rig.port
            .record(device("gate"), vec![report(4 << 10)])
            .await
            .expect("room");
    }
    for days in [6, 2] {
        assert_eq!(dropped(&rig), []);
        rig.clock.advance(days * DAY_MS);
        for _ in 0..20 {
            // Snapshots first; they are made elsewhere.
            rig.clock.advance(61_000);
            rig.port.tick().await.expect("the kernel lives");
            rig.port.status().await.expect("the kernel lives");
            std::thread::yield_now();
        }
    }
    let dropped = dropped(&rig);
    assert!(matches!(dropped[..], [(1, _, DropReason::Age)]), "{dropped:?}");
}
