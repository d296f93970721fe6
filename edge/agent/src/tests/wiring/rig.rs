//! The wiring with everything around it: a kernel on a real disk, a broker, a fleet without devices.

use crate::{
    clock::WallClock,
    devices::{DeviceInputs, Devices},
    export::Exporter,
    publisher::{self, PUBLICATIONS},
};
use adapter_sdk::{DriverReport, Observation, ObservedFact};
use edge_broker::{Broker, DeviceCredentials};
use edge_devices::{DriverEvent, Fleet, FleetContext};
use edge_journal::Journal;
use edge_kernel::{EdgeClock, Effect, KernelHandle, Port, Trust};
use protocol::{
    ClockState, DeviceId, Document, Epoch, Event, Fact, Lane, Origin, Seq, Timestamp,
    fact::{DeviceIdentity, DoorChange},
};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// The kernel's clock, turned by hand.
#[derive(Debug, Default)]
pub(in crate::tests) struct ManualClock(AtomicU64);

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

pub(super) struct WiringRig {
    turned: Arc<ManualClock>,
    pub(super) port: Port,
    happened: mpsc::Sender<DriverEvent>,
    pub(super) effects: mpsc::Sender<Effect>,
    pub(super) credentials: watch::Receiver<Arc<DeviceCredentials>>,
    stop: CancellationToken,
    devices: tokio::task::JoinHandle<(Fleet, Broker, Option<edge_uplink::Uplink>)>,
    _dir: tempfile::TempDir,
}

pub(in crate::tests) fn id(device: &str) -> DeviceId {
    device.parse().expect("a slug")
}

/// A kernel on a real disk, with `gate` on its roster.
pub(in crate::tests) async fn kernel(dir: &Path, clock: &Arc<ManualClock>) -> Port {
    let options = edge_journal::JournalOptions::new(dir.join("journal"), Epoch(1));
    let (journal, recovery) = Journal::open(options).expect("a fresh journal");
    let started = edge_kernel::start(edge_kernel::KernelOptions {
        journal,
        recovery,
        clock: clock.clone(),
        trust: Trust::default(),
        entropy: [7; 16],
        version: "test".into(),
        limits: Default::default(),
        runtime: tokio::runtime::Handle::current(),
    });
    let KernelHandle { port, .. } = started.expect("the kernel starts");
    let found = DeviceIdentity {
        device: id("gate"),
        kind: "gate".into(),
        adapter: None,
        address: None,
    };
    port.enlist(found, None).await.expect("there is room");
    port
}

#[expect(clippy::too_many_lines, reason = "wiring is one list")]
pub(super) async fn wired() -> WiringRig {
    let dir = tempfile::tempdir().expect("a directory");
    let turned = Arc::new(ManualClock::default());
    let port = kernel(dir.path(), &turned).await;
    let clock = Arc::new(WallClock::with(
        jiff::tz::TimeZone::UTC,
        crate::settings::ClockSource::Ntp,
        "/nowhere".into(),
        None,
    ));
    let stop = CancellationToken::new();
    let (credentials, credentials_out) = watch::channel(Arc::new(DeviceCredentials::default()));
    let settings = edge_broker::Settings {
        plain: Some(([127, 0, 0, 1], 0).into()),
        tls: None,
        limits: Default::default(),
        abort: Arc::new(|| panic!("the router is silent")),
    };
    let broker = Broker::start(settings, credentials_out.clone(), port.clone(), stop.child_token()).await;
    let broker = broker.expect("a broker");
    let (happened, happened_out) = mpsc::channel(16);
    let fleet = Fleet::new(FleetContext {
        catalog: crate::catalog::catalog(),
        clock,
        roots: Arc::new(rustls::RootCertStore::empty()),
        happened: happened.clone(),
        resume: Arc::new(|_| Box::pin(async { None })),
        push_url: Arc::new(|_| None),
        seed: 1,
    });
    let (publisher, publications) = mpsc::channel(PUBLICATIONS);
    tokio::spawn(publisher::run(publications, broker.clone(), port.clone()));
    let devices = Devices {
        port: port.clone(),
        fleet,
        displays: edge_announce::Displays::unseen(port.clone()),
        broker,
        uplink: None,
        exporter: Exporter::new(dir.path().join("identity.json"), None, dir.path()),
        credentials,
        callers: watch::channel(Arc::default()).0,
        publisher,
        down: BTreeMap::new(),
    };
    let (effects, effects_out) = mpsc::channel(16);
    let (_pushes, pushed) = mpsc::channel(1);
    let (_calls, called) = mpsc::channel(1);
    let (_inquiries, inquiries) = mpsc::channel(1);
    let heard = DeviceInputs {
        effects: effects_out,
        driver_events: happened_out,
        pushed,
        called,
        inquiries,
    };
    let devices = tokio::spawn(devices.run(heard, stop.clone()));
    WiringRig {
        turned,
        port,
        happened,
        effects,
        credentials: credentials_out,
        stop,
        devices,
        _dir: dir,
    }
}

impl WiringRig {
    /// Hands a document over, and waits until it took effect or failed.
    pub(super) async fn publish(&self, document: Document) {
        let mut live = self
            .port
            .live(|fact| matches!(fact, Fact::PolicyApplied(_) | Fact::PolicyFailed(_)));
        let apply = Effect::Apply(Box::new(document));
        self.effects.send(apply).await.expect("the wiring lives");
        loop {
            if live.try_recv().is_ok() {
                return;
            }
            self.pass().await;
        }
    }

    /// Lets a second pass, so that what waits for a checkpoint is on disk.
    pub(super) async fn pass(&self) {
        self.turned.0.fetch_add(1000, Ordering::SeqCst);
        self.port.tick().await.expect("the kernel lives");
        tokio::task::yield_now().await;
    }

    pub(super) async fn say(&self, happened: DriverEvent) {
        self.happened.send(happened).await.expect("the wiring lives");
    }

    /// Hands facts over as a driver does, and waits for the disk: whatever was said before is recorded then.
    pub(super) async fn close(&self, number: u64) {
        let origin = Some(Origin {
            log: "log".into(),
            number,
            at: None,
            code: None,
        });
        let fact = Fact::AccessClosed(DoorChange {
            device: id("gate"),
            door: None,
            spot: None,
            by: None,
        });
        let (done, answer) = oneshot::channel();
        let seen = vec![ObservedFact {
            fact,
            replay: true,
            origin,
        }];
        let observation = Observation { facts: seen, done };
        self.say(DriverEvent::DriverReport(id("gate"), DriverReport::Facts(observation)))
            .await;
        answer.await.expect("answered").expect("taken");
    }

    /// Stops the wiring, and tells every fact there is, those before the first step left out.
    pub(super) async fn told(self) -> String {
        self.stop.cancel();
        let (fleet, broker, _) = self.devices.await.expect("no panic");
        fleet.stop().await;
        broker.stopped().await;
        self.port.stop().await;
        let records = self
            .port
            .records(Lane::Facts, Seq(2), 4 << 20)
            .expect("readable")
            .expect("some");
        let frames = protocol::frame::decode_all(&records.bytes).map(|frame| frame.expect("a good record"));
        let events = frames.map(|frame| Event::decode(frame.body).expect("an event"));
        events.map(|event| line(&event.fact)).collect()
    }
}

fn line(fact: &Fact) -> String {
    let fact = serde_json::to_value(fact).expect("JSON");
    let mut line = fact["name"].as_str().expect("a name").to_owned();
    for key in ["device", "document", "reason", "detail"] {
        if let Some(word) = fact["data"][key].as_str() {
            line = format!("{line} {word}");
        }
    }
    line + "\n"
}
