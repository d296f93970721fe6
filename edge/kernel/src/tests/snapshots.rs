//! Snapshots: encoded beside the writer, only where something changed, and an older build's are read.

use super::{
    queue::{branch, state, take},
    rig::{Rig, id},
};
use crate::{all_apps::SnapshotSeqs, apps::Apps, live::FactListeners, queue::Queue, views};
use edge_journal::Snapshot;
use protocol::{Lane, Seq};

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
