//! Snapshots: encoded beside the writer, only where something changed, and an older build's are read.

use super::{
    queue::{branch, state, take},
    rig::{Rig, id},
};
use crate::{all_apps::SnapshotSeqs, apps::Apps, live::FactListeners, queue::Queue, views};
use edge_journal::{Journal, JournalError, PackedState, Snapshot};
use protocol::{Lane, Seq};
use std::collections::BTreeMap;

/// What would be written, by app: whether with its state.
fn written(snapshots: &[Snapshot]) -> Vec<(&str, u64, bool)> {
    let plain = |snapshot: &'_ Snapshot| (snapshot.upto.0, snapshot.state.is_some());
    snapshots
        .iter()
        .map(|snapshot| (snapshot.app.as_str(), plain(snapshot).0, plain(snapshot).1))
        .collect()
}

#[tokio::test]
async fn an_app_that_did_not_change_is_not_encoded_again() {
    let rig = Rig::new(1);
    rig.pair("gate").await;
    let (jobs_in, jobs) = std::sync::mpsc::channel();
    let (feed, keeper, views, progress) = views::begin(&Apps::default(), Seq::ZERO, jobs_in, FactListeners::default());
    let (done_in, done) = std::sync::mpsc::channel();
    std::thread::spawn(move || keeper.run());
    std::thread::spawn(move || views::encode(&jobs, |snapshots| done_in.send(snapshots).expect("waited for")));
    let mut events = rig.events(Lane::Facts).into_iter();
    let mut commit = |seq: u64| {
        let event = events.next().expect("an event");
        let committed = crate::CommittedEvent {
            lane: Lane::Facts,
            seq: Seq(seq),
            event,
        };
        feed.committed(vec![std::sync::Arc::new(committed)], Seq(seq));
    };
    // Nothing on disk yet: every app is written.
    commit(1);
    feed.snapshot(SnapshotSeqs::new());
    assert_eq!(
        written(&done.recv().expect("encoded")),
        [
            ("roster", 1, true),
            ("queue", 1, true),
            ("prints", 1, true),
            ("access", 1, true)
        ]
    );
    // A device was paired since: only the roster is.
    commit(2);
    let stored: SnapshotSeqs = ["roster", "queue", "prints", "access"].map(|app| (app, Seq(1))).into();
    feed.snapshot(stored);
    assert_eq!(
        written(&done.recv().expect("encoded")),
        [
            ("roster", 2, true),
            ("queue", 2, false),
            ("prints", 2, false),
            ("access", 2, false)
        ]
    );
    // One that did not reach the disk is written again, whatever happened to it.
    let stored: SnapshotSeqs = [("roster", Seq(2)), ("prints", Seq(2)), ("access", Seq(2))].into();
    feed.snapshot(stored);
    assert_eq!(
        written(&done.recv().expect("encoded")),
        [
            ("roster", 2, false),
            ("queue", 2, true),
            ("prints", 2, false),
            ("access", 2, false)
        ]
    );
    drop((views, progress));
}

#[tokio::test]
async fn snapshots_reach_the_disk_while_the_run_goes_on_and_segments_go() {
    let rig = Rig::new(2);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    for number in 1..=3 {
        take(&rig, number).await;
    }
    let facts = rig.port.committed().borrow().facts;
    let before = rig.port.status().await.expect("the kernel lives").snapshots;
    rig.clock.advance(400_000);
    loop {
        rig.clock.advance(1_000);
        rig.port.tick().await.expect("the kernel lives");
        let upto = rig.port.status().await.expect("the kernel lives").snapshots;
        if upto >= facts {
            assert!(before < facts, "it was made since");
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_snapshot_of_an_older_build_is_read() {
    let mut rig = Rig::new(3);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    rig.pair("gate").await;
    for number in 1..=5 {
        take(&rig, number).await;
    }
    let before = state(&rig).await;
    let [roster, queue, prints] = &before;
    let whole = format!(r#"{{"roster":{roster},"queue":{queue},"prints":{prints}}}"#);
    let upto = rig.port.committed().borrow().facts;
    // As an older build left it: one snapshot of everything, and of the facts before it none is left to replay.
    rig = rig.killed_with(|journal| edge_journal::sim::leave_whole_snapshot(journal, upto, whole.as_bytes()));
    assert_eq!(state(&rig).await, before);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    assert_eq!(take(&rig, 6).await, "K-006", "numbers go on");
    assert!(
        rig.port
            .look(|roster| roster.device(&id("gate")).is_some())
            .await
            .expect("the kernel lives")
    );
    // From here on each app has its own.
    let before = state(&rig).await;
    rig = rig.killed();
    assert_eq!(state(&rig).await, before);
}

/// Every app's state after a gate was paired and five tickets were given out, as each layout of snapshots has it: 0 is one
/// snapshot of all apps together, 1 is one of each. Both are of the states of 2026-12-01 (0 without the access app, which came
/// later than that layout) and are never made anew.
const RELEASED: [(u32, &str); 2] = [
    (0, include_str!("fixtures/snapshots-0.json")),
    (1, include_str!("fixtures/snapshots-1.json")),
];

#[tokio::test]
async fn snapshots_of_every_layout_are_read() {
    for (layout, text) in RELEASED {
        let rig = Rig::new(10);
        let upto = rig.port.committed().borrow().facts;
        let rig = rig.killed_with(|journal| match layout {
            0 => edge_journal::sim::leave_whole_snapshot(journal, upto, text.as_bytes()),
            _ => {
                let apps: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).expect("JSON");
                let snapshots: Vec<_> = apps
                    .iter()
                    .map(|(app, state)| of(app, upto, &state.to_string()))
                    .collect();
                journal.checkpoint(&snapshots).expect("kept");
            }
        });
        rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
        assert_eq!(take(&rig, 6).await, "K-006", "layout {layout}: numbers go on");
        let paired = rig.port.look(|roster| roster.device(&id("gate")).is_some()).await;
        assert!(paired.expect("the kernel lives"), "layout {layout}");
    }
}

fn of(app: &str, upto: Seq, state: &str) -> Snapshot {
    Snapshot {
        app: app.to_owned(),
        upto,
        state: Some(PackedState::pack(state.as_bytes()).expect("packed")),
    }
}

/// Puts what no build can read in the place of an app's snapshot; what was there is the one before.
fn spoil(journal: &mut Journal, spoiled: &str) {
    let mut snapshots = journal.snapshots().expect("readable");
    for snapshot in &mut snapshots {
        *snapshot = match snapshot.app == spoiled {
            true => of(spoiled, snapshot.upto, "no state"),
            false => Snapshot {
                state: None,
                ..snapshot.clone()
            },
        };
    }
    journal.checkpoint(&snapshots).expect("kept");
}

/// A box that gave out five tickets and has let the facts of that go.
async fn forgetful() -> Rig {
    let rig = Rig::alone(11, 1 << 20);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    rig.pair("gate").await;
    for number in 1..=5 {
        take(&rig, number).await;
    }
    let body = serde_json::Value::String("x".repeat(16 << 10));
    for _ in 0..100 {
        let filler = protocol::Fact::DeviceCustom(protocol::fact::Custom {
            device: id("gate"),
            kind: "filler".into(),
            body: body.clone().into(),
        });
        rig.clock.advance(1000);
        let told = rig.port.record(super::rig::device("gate"), vec![filler.into()]).await;
        told.expect("there is room");
    }
    rig
}

#[tokio::test]
async fn the_snapshot_before_takes_the_place_of_one_that_cannot_be_read() {
    let rig = forgetful().await;
    let before = state(&rig).await;
    let rig = rig.killed_with(|journal| spoil(journal, "queue"));
    assert_eq!(state(&rig).await, before);
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    assert_eq!(take(&rig, 6).await, "K-006", "numbers go on");
}

#[tokio::test]
async fn a_start_that_would_forget_is_refused_until_somebody_accepts_the_loss() {
    let rig = forgetful().await;
    let (disk, refused) = (
        rig.disk.clone(),
        rig.restarted_with(|journal| {
            spoil(journal, "queue");
            spoil(journal, "queue");
        }),
    );
    let refused = refused.err().expect("no start");
    assert!(
        matches!(&refused, JournalError::WouldForget { app, .. } if app == "queue"),
        "{refused}"
    );
    let again = || Rig::again_on(disk.clone(), 1 << 20);
    assert!(again().is_err(), "nor the next time");
    let (mut journal, _) = Rig::journal_of(&disk, 1 << 20);
    journal.accept_losses(&["queue".to_owned()]).expect("kept");
    drop(journal);
    let rig = again().expect("a start");
    assert!(
        rig.port
            .look(|roster| roster.device(&id("gate")).is_some())
            .await
            .expect("the others know")
    );
    rig.port.configure::<Queue>(branch()).await.expect("the kernel lives");
    assert_eq!(take(&rig, 1).await, "K-001");
}
