//! What the figures must be like on any machine, and when they are told.

use super::*;
use edge_journal::Journal;
use edge_kernel::{EdgeClock, KernelHandle, KernelOptions, Trust};
use protocol::{ClockState, Epoch, Event, Lane, Seq, Timestamp};
use std::sync::Arc;

/// A clock that stands still.
#[derive(Debug)]
struct FixedClock;

impl EdgeClock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000)
    }
    fn state(&self) -> ClockState {
        ClockState::Synced
    }
    fn up_ms(&self) -> u64 {
        61_500
    }
}

fn settings() -> Settings {
    Settings {
        version: "1.2.3".into(),
        disk: "/".into(),
    }
}

#[test]
fn figures_are_percentages_or_absent() {
    let mut gauges = Gauges::new(settings());
    for figure in [gauges.cpu(), gauges.memory(), gauges.disk(), gauges.temperature()] {
        assert_eq!(figure, None, "nothing was read yet");
    }
    gauges.refresh();
    assert_eq!(gauges.cpu(), None, "use is measured between two readings");
    gauges.refresh();
    for figure in [gauges.cpu(), gauges.memory(), gauges.disk()].into_iter().flatten() {
        assert!((0.0..=100.0).contains(&figure), "{figure}");
    }
    assert!(
        gauges.cpu().is_some() && gauges.memory().is_some(),
        "every Linux tells these"
    );
}

#[test]
fn nothing_of_nothing_is_no_percentage() {
    assert_eq!(percent(1, 0), None);
    assert_eq!(percent(1, 4), Some(25.0));
}

/// Every event of the telemetry lane.
fn told(port: &Port) -> Vec<Fact> {
    let records = port.records(Lane::Telemetry, Seq::ZERO, 1 << 20).expect("readable");
    let bytes = records.map(|records| records.bytes).unwrap_or_default();
    let frames = protocol::frame::decode_all(&bytes).map(|frame| frame.expect("a good record"));
    frames
        .map(|frame| Event::decode(frame.body).expect("an event").fact)
        .collect()
}

// The clock runs: it would be turned on while the kernel, in a thread of its own, is at work.
#[tokio::test]
async fn a_heartbeat_is_told_at_once_and_recorded() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = edge_journal::JournalOptions::new(dir.path().join("journal"), Epoch(1));
    let (journal, recovery) = Journal::open(options).expect("a fresh journal");
    let started = edge_kernel::start(KernelOptions {
        journal,
        recovery,
        clock: Arc::new(FixedClock),
        trust: Trust::default(),
        entropy: [7; 16],
        version: "test".into(),
        limits: Default::default(),
        runtime: tokio::runtime::Handle::current(),
    });
    let KernelHandle { port, thread, .. } = started.expect("the kernel starts");
    let (latest_in, mut latest) = watch::channel(Heartbeat::default());
    // A kernel whose clock stands still commits telemetry only when it stops: nobody waits here for the disk.
    let running = tokio::spawn(run(settings(), port.clone(), latest_in, CancellationToken::new()));
    let at_once = tokio::time::timeout(HEARTBEAT, latest.changed()).await;
    at_once.expect("not only after an interval").expect("a first heartbeat");
    let first = latest.borrow_and_update().clone();
    assert_eq!(
        (first.version.as_str(), first.uptime_s, first.boots, first.cpu),
        ("1.2.3", 61, 1, None)
    );
    // The kernel's own start is one event, the heartbeat the second.
    while port.status().await.expect("the kernel lives").events < 2 {
        tokio::task::yield_now().await;
    }
    running.abort();
    port.stop().await;
    thread.join().expect("no panic").expect("a good disk");
    let told = told(&port);
    assert_eq!(told, [Fact::SiteHeartbeat(first)]);
}
