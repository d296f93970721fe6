//! With the real kernel on a real disk: what was acknowledged is in the journal, what was kept is there again.

use super::{BrokerLimits, Peer, TOKEN, device, fact};
use crate::{Broker, DeviceCredentials, DeviceTokenHash, Settings};
use edge_journal::{Journal, JournalOptions};
use edge_kernel::{EdgeClock, Port};
use protocol::{ClockState, Epoch, Timestamp, fact::DeviceIdentity};
use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A clock that whoever ticks turns.
#[derive(Debug, Default)]
struct ManualClock(AtomicU64);

impl EdgeClock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000).plus(std::time::Duration::from_millis(self.up_ms()))
    }
    fn state(&self) -> ClockState {
        ClockState::Synced
    }
    fn up_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

struct Edge {
    port: Port,
    broker: Broker,
    shutdown: CancellationToken,
    thread: JoinHandle<Result<(), edge_kernel::JournalError>>,
}

impl Edge {
    async fn start(dir: &Path) -> Self {
        let (journal, recovery) = Journal::open(JournalOptions::new(dir, Epoch(1))).expect("journal");
        let clock = Arc::new(ManualClock::default());
        let options = edge_kernel::KernelOptions {
            journal,
            recovery,
            clock: Arc::clone(&clock) as _,
            trust: edge_kernel::Trust::default(),
            entropy: [7; 16],
            version: "0.1.0".to_owned().into(),
            limits: Default::default(),
            runtime: tokio::runtime::Handle::current(),
        };
        let started = edge_kernel::start(options).expect("kernel");
        let (port, d1) = (started.port, device("d1"));
        let shutdown = CancellationToken::new();
        let (ticking, stop) = (port.clone(), shutdown.clone());
        tokio::spawn(async move {
            while !stop.is_cancelled() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                clock.0.fetch_add(100, Ordering::SeqCst);
                let _ = ticking.tick().await;
            }
        });
        let found = DeviceIdentity {
            device: d1.clone(),
            kind: "gate".to_owned().into(),
            adapter: None,
            address: None,
        };
        port.enlist(found, None).await.expect("enlist");
        let known: DeviceCredentials = [(d1, DeviceTokenHash::of(TOKEN))].into_iter().collect();
        let (_, credentials) = watch::channel(Arc::new(known));
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let abort = Arc::new(|| {});
        let settings = Settings {
            plain: Some(loopback),
            tls: None,
            limits: BrokerLimits::default(),
            abort,
        };
        let broker = Broker::start(settings, credentials, port.clone(), shutdown.clone())
            .await
            .expect("broker");
        Self {
            port,
            broker,
            shutdown,
            thread: started.thread,
        }
    }

    async fn peer(&self) -> Peer {
        Peer::connect(self.broker.plain().expect("plain"), "d1", |connect| {
            connect.clean_session = false
        })
        .await
    }

    /// Stops without a snapshot of anything but what was acknowledged.
    async fn stop(self) {
        self.shutdown.cancel();
        self.broker.stopped().await;
        self.port.stop().await;
        self.thread.join().expect("no panic").expect("no disk failure");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_on_disk() {
    let dir = tempfile::tempdir().expect("directory");
    let edge = Edge::start(dir.path()).await;
    let mut peer = edge.peer().await;
    for number in 1..=50 {
        let topic = if number % 2 == 0 { "d1/fact" } else { "d1/own/x" };
        peer.publish_with(topic, 1, number, fact("d1", u64::from(number)), |publish| {
            publish.retain = true
        })
        .await;
    }
    for number in 1..=50 {
        assert_eq!(peer.read().await, format!("puback {number}"));
    }
    let committed = edge.port.committed().borrow().facts;
    assert!(committed.0 >= 25, "{committed}");
    assert_eq!(
        peer.subscribe(60, &[("ostona/v1/d1/own/#", 0)]).await,
        format!("publish d1/own/x q0 #0 retain {}", fact("d1", 49))
    );
    assert_eq!(peer.read().await, "suback 60 0");
    edge.stop().await;

    let edge = Edge::start(dir.path()).await;
    assert!(edge.port.committed().borrow().facts >= committed);
    let mut peer = edge.peer().await;
    assert_eq!(peer.connack(), "resumed");
    assert_eq!(
        peer.subscribe(61, &[("ostona/v1/d1/own/x", 1)]).await,
        format!("publish d1/own/x q1 #1 retain {}", fact("d1", 49))
    );

    edge.stop().await;
}
