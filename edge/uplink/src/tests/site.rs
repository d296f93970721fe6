//! A site in a folder of its own: clock, journal, kernel, and an agent that does what the kernel wants done.

use super::{stub::Stub, stub_state::NOW};
use crate::{CloudTime, EdgeIdentity, EnrolOptions, LinkState, Settings, Timing, Uplink, UplinkOptions, enrol};
use edge_journal::{Journal, JournalOptions};
use edge_kernel::{AppOrder, EdgeClock, Effect, FactEntry, Port, Trust};
use protocol::{
    Actor, ClockState, Epoch, Fact, LaneCursors, Outcome, Timestamp,
    document::{DocumentFault, DocumentReason},
    enrolment::Code,
    fact::{Audit, Heartbeat},
};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A clock that is turned by hand, and by the cloud.
#[derive(Debug)]
pub(super) struct ManualClock {
    now: AtomicI64,
    up: AtomicU64,
    pub(super) learnt: AtomicU64,
    synced: std::sync::atomic::AtomicBool,
}

impl ManualClock {
    pub(super) fn new(now: Timestamp, state: ClockState) -> Arc<Self> {
        let synced = (state == ClockState::Synced).into();
        Arc::new(Self {
            now: now.as_millis().into(),
            up: 0.into(),
            learnt: 0.into(),
            synced,
        })
    }
}

impl EdgeClock for ManualClock {
    fn now(&self) -> Timestamp {
        let up = Duration::from_millis(self.up.load(Ordering::SeqCst));
        Timestamp::from_millis(self.now.load(Ordering::SeqCst)).plus(up)
    }
    fn state(&self) -> ClockState {
        if self.synced.load(Ordering::SeqCst) {
            ClockState::Synced
        } else {
            ClockState::Estimated
        }
    }
    fn up_ms(&self) -> u64 {
        // A tenth of a second passes with each look: whatever lingers does not linger long.
        self.up.fetch_add(100, Ordering::SeqCst)
    }
}

impl CloudTime for ManualClock {
    fn learn(&self, cloud_now: Timestamp, _round_trip: Duration) {
        let up = Duration::from_millis(self.up.load(Ordering::SeqCst));
        self.now.store(cloud_now.minus(up).as_millis(), Ordering::SeqCst);
        self.synced.store(true, Ordering::SeqCst);
        self.learnt.fetch_add(1, Ordering::SeqCst);
    }
}

/// A site that can be linked to a stub.
pub(super) struct Site {
    pub(super) dir: TempDir,
    pub(super) dial: Arc<ManualClock>,
    pub(super) port: Port,
    pub(super) settings: Settings,
    pub(super) shutdown: CancellationToken,
    pub(super) beat: watch::Sender<Heartbeat>,
}

/// Everything waits milliseconds where the product waits seconds.
pub(super) fn quick() -> Settings {
    let ms = Duration::from_millis;
    let timing = Timing {
        interval: ms(50),
        coalesce: ms(1),
        heartbeat: ms(100),
        silence: ms(1500),
        request: ms(5000),
        backoff: ms(5),
        ceiling: ms(20),
        turned_away: ms(50),
        socket_retry: ms(300),
    };
    Settings {
        timing,
        ..Settings::default()
    }
}

impl Site {
    pub(super) fn new() -> Self {
        Self::at(NOW, ClockState::Synced)
    }

    pub(super) fn at(now: Timestamp, state: ClockState) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let dial = ManualClock::new(now, state);
        let (journal, recovery) = Journal::open(JournalOptions::new(dir.path().join("journal"), Epoch(1))).unwrap();
        let clock: Arc<dyn EdgeClock> = dial.clone();
        let (trust, entropy, version) = (Trust::default(), [7; 16], "0.1.0".to_owned());
        let options = edge_kernel::KernelOptions {
            journal,
            recovery,
            clock,
            trust,
            entropy,
            version: version.into(),
            limits: Default::default(),
            runtime: tokio::runtime::Handle::current(),
        };
        let edge_kernel::KernelHandle {
            port,
            mut effects,
            thread: _,
        } = edge_kernel::start(options).unwrap();
        let shutdown = CancellationToken::new();
        tokio::spawn({
            let (port, shutdown) = (port.clone(), shutdown.clone());
            async move {
                loop {
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = tokio::time::sleep(Duration::from_millis(20)) => { let _ = port.tick().await; }
                        effect = effects.recv() => match effect {
                            Some(Effect::Order { order: AppOrder::Roster(order), .. }) => {
                                port.settle(order.command.id, Outcome::Ok { detail: None }).await.unwrap();
                            }
                            Some(Effect::Apply(document)) if document.body.get("stuck").is_some() => {}
                            Some(Effect::Apply(document)) => {
                                let bad = document.body.get("bad").is_some();
                                let result = if bad { Err(DocumentFault::new(DocumentReason::Failed, "bad settings")) } else { Ok(()) };
                                port.document_settled(*document, result).await.unwrap();
                            }
                            // Nobody prints here.
                            Some(Effect::Order { .. }) => {}
                            None => return,
                        },
                    }
                }
            }
        });
        let beat = watch::Sender::new(Heartbeat::default());
        Self {
            dir,
            dial,
            port,
            settings: quick(),
            shutdown,
            beat,
        }
    }

    pub(super) fn identity_path(&self) -> PathBuf {
        self.dir.path().join("identity")
    }

    pub(super) fn enrolment(&self, stub: &Stub, code: Code) -> EnrolOptions {
        EnrolOptions {
            cloud: stub.url(),
            code,
            identity: self.identity_path(),
            seal: None,
            settings: self.settings.clone(),
            serial: "10000000abcdef".into(),
            version: "0.1.0".into(),
            clock: self.dial.clone(),
            cloud_time: self.dial.clone(),
        }
    }

    pub(super) async fn enrolled(&self, stub: &Stub) -> EdgeIdentity {
        let mut identity = enrol(self.enrolment(stub, stub.code())).await.unwrap();
        identity.begin_epoch().unwrap();
        identity
    }

    pub(super) fn start(&self, identity: EdgeIdentity) -> Uplink {
        Uplink::start(UplinkOptions {
            settings: self.settings.clone(),
            identity,
            version: "0.1.0".into(),
            port: self.port.clone(),
            cloud_time: self.dial.clone(),
            heartbeat: self.beat.subscribe(),
            shutdown: self.shutdown.clone(),
        })
        .unwrap()
    }

    /// Enrols and starts.
    pub(super) async fn link(&self, stub: &Stub) -> Uplink {
        let identity = self.enrolled(stub).await;
        self.start(identity)
    }

    pub(super) async fn say(&self, count: u32) {
        for number in 0..count {
            let audit = Audit {
                action: format!("test.{number}").into(),
                entity: None,
                detail: Some("x".repeat(200)),
            };
            self.port
                .record(Actor::Edge, vec![FactEntry::from(Fact::Audited(audit))])
                .await
                .unwrap();
        }
    }

    pub(super) async fn measure(&self, count: u32) {
        for _ in 0..count {
            let fact = Fact::SiteHeartbeat(Heartbeat::default());
            self.port
                .record(Actor::Edge, vec![FactEntry::from(fact)])
                .await
                .unwrap();
        }
    }

    /// Waits until the kernel's cursor is there.
    pub(super) async fn cursor(&self, reached: impl Fn(LaneCursors) -> bool) -> LaneCursors {
        soon(async {
            loop {
                let cursor = self.port.status().await.unwrap().cursor;
                if reached(cursor) {
                    return cursor;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    pub(super) fn committed(&self) -> LaneCursors {
        *self.port.committed().borrow()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Waits for a state of the link.
pub(super) async fn state(uplink: &Uplink, wanted: impl Fn(LinkState) -> bool) -> LinkState {
    let mut state = uplink.state();
    soon(async move { *state.wait_for(|state| wanted(*state)).await.unwrap() }).await
}

/// Whatever a test waits for comes within 20 s or not at all.
pub(super) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future)
        .await
        .expect("nothing came")
}
