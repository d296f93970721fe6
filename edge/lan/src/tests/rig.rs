//! A kernel on a real disk, the pages over it, and a short way to ask them. The areas' crates stand their tests on it, too.

use axum::{Router, body::Body};
use edge_journal::Journal;
use edge_kernel::{DevicePresence, EdgeClock, EdgeIds, KernelHandle, KernelOptions, Port, Trust};
use edge_lan::{
    Area, CallRoute, CallSettings, CloudLink, DeviceAuth, DeviceCall, DevicePush, KnownCallers, LanSettings, LanState,
    UnknownCaller, routes,
};
use http::{HeaderMap, Request, StatusCode};
use protocol::{ClockState, DeviceId, EdgeId, Epoch, Event, Lane, OrgId, Seq, Timestamp, fact::DeviceIdentity};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::{mpsc, watch};
use tower::ServiceExt as _;

pub(crate) const PUSH: &str = "/push/gate/s3cret";

/// A clock that stands still until it is turned.
#[derive(Debug, Default)]
pub(crate) struct ManualClock(pub(crate) AtomicU64);

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

/// Lets `kiosk` in with `right`, and `gate` push with `s3cret`.
pub(crate) struct TestDeviceAuth;

impl DeviceAuth for TestDeviceAuth {
    fn admits(&self, device: &DeviceId, token: &str) -> bool {
        device.as_str() == "kiosk" && token == "right"
    }
    fn push_token(&self, device: &DeviceId) -> Option<String> {
        (device.as_str() == "gate").then(|| "s3cret".to_owned())
    }
}

pub(crate) struct Rig {
    pub(crate) port: Port,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) link: watch::Sender<CloudLink>,
    pub(crate) pushed: mpsc::Receiver<DevicePush>,
    pub(crate) exchange: CallChannels,
    router: Router,
    _dir: tempfile::TempDir,
    _effects: edge_kernel::Effects,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
    /// Status and body in two lines.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}\n", self.status.as_u16(), self.body)
    }
}

/// A kernel of its own in `dir`, with `kiosk` and `gate` on the roster.
pub(crate) async fn kernel(dir: &std::path::Path, clock: Arc<ManualClock>) -> KernelHandle {
    let options = edge_journal::JournalOptions {
        facts_budget: 1 << 20,
        telemetry_budget: 1 << 20,
        segment_bytes: 64 << 10,
        ..edge_journal::JournalOptions::new(dir.join("journal"), Epoch(1))
    };
    let (journal, recovery) = Journal::open(options).expect("a fresh journal");
    let started = edge_kernel::start(KernelOptions {
        journal,
        recovery,
        clock,
        // Of a cloud: what it has not fetched stays, so that the lane can be full.
        trust: Trust {
            me: Some(EdgeIds {
                edge: EdgeId::new(Timestamp::from_millis(1), [1; 10]),
                org: OrgId::new(Timestamp::from_millis(1), [1; 10]),
            }),
            keys: Vec::new(),
        },
        entropy: [7; 16],
        version: "test".into(),
        limits: Default::default(),
        runtime: tokio::runtime::Handle::current(),
    });
    let started = started.expect("the kernel starts");
    for (name, address) in [("kiosk", None), ("gate", Some("<script>alert(1)</script>"))] {
        let found = DeviceIdentity {
            device: name.parse().expect("a slug"),
            kind: "<b>bold</b>".into(),
            adapter: None,
            address: address.map(str::to_owned).map(Into::into),
        };
        started.port.enlist(found, None).await.expect("there is room");
    }
    started
}

/// The other ends of what devices that call need.
pub(crate) struct CallChannels {
    pub(crate) called: mpsc::Receiver<DeviceCall>,
    pub(crate) strangers: mpsc::Receiver<UnknownCaller>,
    pub(crate) callers: watch::Sender<Arc<KnownCallers>>,
}

/// Devices call below `/ring/`, and `gate` is known there as `A1`.
pub(crate) fn calling() -> (CallSettings, CallChannels) {
    let gate = (("ring", "A1".to_owned()), "gate".parse().expect("a slug"));
    let (callers, known) = watch::channel(Arc::new(KnownCallers::from([gate])));
    let (called_in, called) = mpsc::channel(1);
    let (strangers_in, strangers) = mpsc::channel(2);
    let route = CallRoute {
        prefix: "ring",
        key: "SN",
    };
    let calling = CallSettings {
        routes: vec![route],
        known,
        calls: called_in,
        unknown: strangers_in,
    };
    let exchange = CallChannels {
        called,
        strangers,
        callers,
    };
    (calling, exchange)
}

pub(crate) fn settings(link: watch::Receiver<CloudLink>, calling: CallSettings) -> LanSettings {
    LanSettings {
        calls: calling,
        listen: ([127, 0, 0, 1], 0).into(),
        device_auth: Arc::new(TestDeviceAuth),
        link,
        version: "1.2.3".into(),
        names: edge_lan::HostNames::default(),
        proxies: edge_lan::LanProxies::default(),
        state: "/nonexistent/ostona".into(),
    }
}

/// Lets the box's time pass, so that what is shelved reaches the disk: `step_ms` of uptime at a time.
pub(crate) async fn pass(port: Port, clock: Arc<ManualClock>, step_ms: u64) {
    while port.tick().await.is_ok() {
        clock.0.fetch_add(step_ms, Ordering::SeqCst);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

impl Rig {
    pub(crate) async fn with(areas: &'static [Area]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(ManualClock::default());
        let started = kernel(dir.path(), clock.clone()).await;
        let (link, link_out) = watch::channel(CloudLink::Alone);
        let (pushes, pushed) = mpsc::channel(1);
        let (calling, exchange) = calling();
        let state = LanState::new(settings(link_out, calling), started.port.clone(), areas, pushes);
        Self {
            port: started.port,
            clock,
            link,
            pushed,
            exchange,
            router: routes(&state),
            _dir: dir,
            _effects: started.effects,
        }
    }

    /// Asks for a page: `GET /health`, with headers and a body.
    pub(crate) async fn ask(&self, line: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        ask(self.router.clone(), line, headers, body.into()).await
    }

    /// The same in the background.
    pub(crate) fn asking(&self, line: &str, body: &str) -> tokio::task::JoinHandle<Answer> {
        let (router, line, body) = (self.router.clone(), line.to_owned(), body.to_owned());
        tokio::spawn(async move { ask(router, &line, &[], body.into()).await })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[], "").await
    }

    pub(crate) async fn presence(&self, name: &str, presence: DevicePresence) {
        let device = name.parse().expect("a slug");
        self.port.presence(device, presence, None).await.expect("recorded");
    }

    /// Every fact on disk.
    pub(crate) fn facts(&self) -> Vec<Event> {
        let (mut events, mut after) = (Vec::new(), Seq::ZERO);
        while let Some(records) = self.port.records(Lane::Facts, after, 1 << 20).expect("readable") {
            let frames = protocol::frame::decode_all(&records.bytes).map(|frame| frame.expect("a good record"));
            events.extend(frames.map(|frame| Event::decode(frame.body).expect("an event")));
            after = records.last;
        }
        events
    }

    /// How often a fact of this name is on disk.
    pub(crate) async fn count(&self, name: &str) -> usize {
        self.port.status().await.expect("what was asked before is done");
        self.facts().iter().filter(|event| event.fact.name() == name).count()
    }
}

pub(crate) async fn ask(router: Router, line: &str, headers: &[(&str, &str)], body: Body) -> Answer {
    let (method, path) = line.split_once(' ').expect("a method and a path");
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router
        .oneshot(request.body(body).expect("a request"))
        .await
        .expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let body = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .expect("a whole body");
    Answer {
        status,
        headers,
        body: String::from_utf8(body.into()).expect("text"),
    }
}
