//! A lane that runs full, a disk that does, and segments that must go.

use super::rig::{NOON, Rig, device, document, id, open, seal, sign};
use crate::{Effect, FactEntry, Refusal, Table};
use edge_journal::sim::Fault;
use protocol::{
    Actor, Fact, Lane, Outcome,
    fact::{Custom, DropReason, Metric},
};
use std::time::Duration;

fn big(name: &str) -> FactEntry {
    let body = serde_json::Value::String("x".repeat(16 << 10));
    Fact::DeviceCustom(Custom {
        device: id(name),
        kind: "big".into(),
        body: body.into(),
    })
    .into()
}

#[tokio::test]
async fn a_full_lane_refuses_new_work_and_still_ends_what_was_begun() {
    let rig = Rig::with_budget(1, 1 << 20);
    rig.pair("gate").await;
    let command = open(1, "gate", 0, Duration::from_secs(10));
    rig.port.command(sign(&command)).await.expect("taken on");
    let mut told = 0;
    let refusal = loop {
        match rig.port.record(device("gate"), vec![big("gate")]).await {
            Ok(()) => told += 1,
            Err(refusal) => break refusal,
        }
    };
    assert!(
        matches!(refusal, Refusal::Full { lane: Lane::Facts, .. }),
        "{refusal:?}"
    );
    // What a device says does not take the room of the doors; people at a screen may go on as well.
    let early = open(3, "gate", 0, Duration::from_secs(10));
    rig.port.command(sign(&early)).await.expect("taken on");
    assert!(
        rig.told().ends_with(&["journal.filling", "command.accepted"]),
        "{:?}",
        rig.told()
    );
    let person = Actor::Account { id: "installer".into() };
    while rig.port.record(person.clone(), vec![big("gate")]).await.is_ok() {
        told += 1;
    }
    assert!(
        rig.port.record(device("gate"), vec![big("gate")]).await.is_err(),
        "and again"
    );
    rig.port
        .settle(command.id, Outcome::Ok { detail: None })
        .await
        .expect("an outcome always has room");
    let late = open(2, "gate", 0, Duration::from_secs(10));
    rig.port.command(sign(&late)).await.expect("ended at once");
    let names = rig.told();
    assert_eq!(names.iter().filter(|name| **name == "device.custom").count(), told);
    assert_eq!(names.iter().filter(|name| **name == "journal.full").count(), 1);
    assert_eq!(names[names.len() - 2..], ["command.ok", "command.rejected"]);
}

#[tokio::test]
async fn a_full_disk_is_told_to_everybody_who_waited_and_survived() {
    let rig = Rig::new(2);
    rig.pair("gate").await;
    let before = rig.state().await;
    rig.disk.set_fault(Fault::Full);
    let mut refused = None;
    for _ in 0..200 {
        // Segments are laid out ahead, so some more fit before the disk is needed.
        if let Err(refusal) = rig.port.record(device("gate"), vec![big("gate")]).await {
            refused = Some(refusal);
            break;
        }
    }
    assert!(matches!(refused, Some(Refusal::Full { .. })), "{refused:?}");
    assert_eq!(rig.state().await, rig.replayed(), "the state is what is on disk");
    assert_eq!(rig.state().await, before);
    rig.disk.set_fault(Fault::None);
    rig.port
        .record(device("gate"), vec![big("gate")])
        .await
        .expect("room again");
}

#[tokio::test]
async fn telemetry_makes_room_for_itself_and_leaves_a_tombstone() {
    let rig = Rig::with_budget(3, 1 << 20);
    rig.disk.set_time(protocol::Timestamp::from_millis(NOON));
    rig.pair("gate").await;
    let metric = || {
        let more = (0..100).map(|n| (format!("figure-{n}"), f64::from(n))).collect();
        FactEntry::from(Fact::DeviceMetric(Metric {
            device: Some(id("gate")),
            more,
            ..Metric::default()
        }))
    };
    for _ in 0..200 {
        let answer = rig
            .port
            .record_later(device("gate"), (0..10).map(|_| metric()).collect())
            .await
            .expect("taken");
        rig.port.status().await.expect("it was worked on");
        rig.clock.advance(1000);
        rig.port.renew_lease(id("gate"));
        rig.port.tick().await.expect("ticks");
        answer
            .await
            .expect("told")
            .expect("telemetry is never refused for room");
    }
    let status = rig.port.status().await.expect("the kernel lives");
    assert!(status.telemetry_bytes <= 1 << 20, "{status:?}");
    let events = rig.events(Lane::Facts);
    let dropped: Vec<_> = events
        .iter()
        .filter_map(|event| {
            let Fact::JournalDropped(dropped) = &event.fact else {
                return None;
            };
            Some((dropped.from_seq.0, dropped.to_seq.0, dropped.reason))
        })
        .collect();
    assert!(!dropped.is_empty());
    let mut expected = 1;
    for (from, to, reason) in dropped {
        assert_eq!((from, reason), (expected, DropReason::Budget), "tombstones meet");
        expected = to + 1;
    }
    let first = rig
        .port
        .records(Lane::Telemetry, protocol::Seq::ZERO, 1)
        .expect("readable")
        .expect("some are left");
    assert_eq!(
        first.first.0, expected,
        "what is left begins where the last tombstone ends"
    );
}

#[tokio::test]
async fn nothing_is_dropped_while_its_tombstone_cannot_reach_the_disk() {
    let rig = Rig::with_budget(4, 1 << 20);
    rig.disk.set_time(protocol::Timestamp::from_millis(NOON));
    rig.pair("gate").await;
    let metric = || {
        let more = (0..100).map(|n| (format!("figure-{n}"), f64::from(n))).collect();
        FactEntry::from(Fact::DeviceMetric(Metric {
            device: Some(id("gate")),
            more,
            ..Metric::default()
        }))
    };
    // No tick, so nothing makes room: the lane grows beyond its budget.
    while rig.port.status().await.expect("the kernel lives").telemetry_bytes <= 1 << 20 {
        let answer = rig
            .port
            .record_later(device("gate"), (0..100).map(|_| metric()).collect());
        let answer = answer.await.expect("taken");
        rig.clock.advance(1000);
        rig.port.status().await.expect("it was worked on");
        rig.port.renew_lease(id("gate"));
        rig.clock.advance(1000);
        rig.port.status().await.expect("it lingered");
        answer
            .await
            .expect("told")
            .expect("telemetry is never refused for room");
    }
    rig.disk.set_fault(Fault::Full);
    for len in [16 << 10, 1 << 10, 1] {
        let body = serde_json::Value::String("x".repeat(len));
        let filler = Fact::DeviceCustom(Custom {
            device: id("gate"),
            kind: "filler".into(),
            body: body.into(),
        });
        while rig
            .port
            .record(device("gate"), vec![filler.clone().into()])
            .await
            .is_ok()
        {}
    }
    rig.port.tick().await.expect("ticks");
    rig.port.status().await.expect("the tick was worked on");
    let oldest = || rig.port.records(Lane::Telemetry, protocol::Seq::ZERO, 1);
    assert_eq!(oldest().expect("readable").expect("some").first.0, 1, "still there");
    rig.disk.set_fault(Fault::None);
    rig.port.tick().await.expect("ticks");
    rig.port.status().await.expect("the tick was worked on");
    assert!(oldest().expect("readable").expect("some").first.0 > 1, "room was made");
    assert!(rig.told().contains(&"journal.dropped"));
}

#[tokio::test]
async fn a_document_whose_batch_met_a_full_disk_is_refused_and_may_come_again() {
    let mut rig = Rig::new(5);
    rig.pair("gate").await;
    rig.disk.set_fault(Fault::Full);
    // The writer is held up while records beyond the segment and a document gather into one batch.
    let (go_on, held) = std::sync::mpsc::channel::<()>();
    rig.hold(held).await;
    let mut answers = Vec::new();
    for _ in 0..8 {
        let answer = rig.port.record_later(device("gate"), vec![big("gate")]).await;
        answers.push(answer.expect("taken"));
    }
    let offered = tokio::spawn({
        let (port, signed) = (rig.port.clone(), seal(&document(1, serde_json::json!({ "n": 1 }))));
        async move { port.document(signed).await }
    });
    tokio::task::yield_now().await;
    go_on.send(()).expect("the writer waits");
    let refused = offered.await.expect("no panic");
    assert!(matches!(refused, Err(Refusal::Full { .. })), "{refused:?}");
    for answer in answers {
        assert!(answer.await.expect("told").is_err());
    }
    rig.disk.set_fault(Fault::None);
    let again = tokio::spawn({
        let (port, signed) = (rig.port.clone(), seal(&document(1, serde_json::json!({ "n": 1 }))));
        async move { port.document(signed).await }
    });
    let Some(Effect::Apply(handed)) = rig.effects.recv().await else {
        panic!("it is handed over now")
    };
    rig.port.document_settled(*handed, Ok(())).await.expect("recorded");
    assert_eq!(again.await.expect("no panic").expect("in force").error, None);
}

#[tokio::test]
async fn a_first_start_does_not_wait_for_its_secret() {
    let rig = Rig::new(8);
    // Nobody moves the clock: what is written first in a run is written at once.
    let kept = rig.port.store(Table::Meta, "secret".into(), Some(vec![7]));
    kept.await.expect("kept");
    let rig = rig.power_cut();
    let table = rig.port.table(Table::Meta).await.expect("read");
    let secret = table.into_iter().find(|(key, _)| key == "secret");
    assert_eq!(secret, Some(("secret".into(), vec![7])));
}
