//! Edges as they really ask, against a relay in a directory of its own; sockets over loopback.

mod channel;
mod ingest;
mod registers;
mod signing;

use crate::{routes, settings::Settings, state::RelayState};
use axum::{Router, body::Body};
use cloud_admin::clock::CloudClock;
use cloud_store::{
    audit::{self, AuditEntry, AuditResult},
    enrolment as codes,
    orgs::{self, Org, SiteRecord},
};
use http::{Request, StatusCode};
use protocol::{
    Actor, ClockState, DeviceId, EdgeId, Epoch, Event, Fact, Lane, OrgId, Seq, SiteId, Timestamp,
    batch::{self, BatchHeader},
    control::{self, JoinReply, JoinRequest},
    enrolment,
    fact::Custom,
    frame,
    http_signature::{self, Headers, Parts},
    id::EventId,
    key::SecretKey,
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const HOST: &str = "cloud.test";

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(test)
}

fn org() -> OrgId {
    OrgId::new(NOW, [1; 10])
}

/// A relay with one organisation and one site.
struct Cloud {
    app: Arc<RelayState>,
    router: Router,
    _dir: tempfile::TempDir,
}

impl Cloud {
    async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let settings = Settings {
            dir: dir.path().to_owned(),
            ..settings
        };
        let app = RelayState::open(settings, CloudClock::standing_at(NOW), CancellationToken::new()).expect("a relay");
        let org = Org {
            id: org(),
            name: "Org".into(),
            created: NOW,
        };
        orgs::create(&app.store.platform(), org, entry())
            .await
            .expect("an organisation");
        let site = SiteRecord {
            id: SiteId::new(NOW, [1; 10]),
            name: "Front".into(),
            created: NOW,
        };
        orgs::create_site(&app.store.scope(super::tests::org()), site, entry())
            .await
            .expect("a site");
        let router = routes::router(&app).expect("routes");
        Self { app, router, _dir: dir }
    }

    fn move_clock(&self, by: Duration) {
        let CloudClock::Moved(millis) = &self.app.clock else {
            panic!("a clock that moves")
        };
        millis.fetch_add(by.as_millis() as i64, std::sync::atomic::Ordering::Relaxed);
    }

    async fn code(&self, number: u8) -> enrolment::Code {
        let code = enrolment::Code::from_entropy([number; 10]);
        let expires = NOW.plus(Duration::from_secs(3600));
        let (org, site, name) = (org(), SiteId::new(NOW, [1; 10]), format!("edge {number}"));
        let new = codes::NewEnrolmentCode {
            code: code.clone(),
            org,
            site,
            name,
            created: NOW,
            expires,
        };
        codes::create(&self.app.store.platform(), new, entry())
            .await
            .expect("a code");
        code
    }

    /// An edge that has enrolled and joined.
    async fn edge(&self, number: u8) -> Device {
        let mut device = Device::new(number);
        let code = self.code(number).await;
        let enrolled = self.ask(device.enrol(&code)).await.expect(StatusCode::OK);
        device.id = serde_json::from_value(enrolled["edge"].clone()).expect("an id");
        device.join(self).await;
        device
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .expect("a body");
        Answer {
            status,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        }
    }

    /// Actions of the organisation's audit trail, newest first.
    async fn trail(&self) -> Vec<String> {
        let lines = audit::list(&self.app.store.scope(org()), None, 20)
            .await
            .expect("a trail");
        lines.into_iter().map(|line| line.entry.action.to_string()).collect()
    }

    async fn platform_trail(&self) -> Vec<String> {
        let lines = audit::list_platform(&self.app.store.platform(), None, 20)
            .await
            .expect("a trail");
        lines.into_iter().map(|line| line.entry.action.to_string()).collect()
    }
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    body: Value,
}

impl Answer {
    fn expect(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
    /// Status and stable word of a refusal.
    fn refusal(&self) -> (u16, &str) {
        (
            self.status.as_u16(),
            self.body["type"]
                .as_str()
                .unwrap_or_default()
                .trim_start_matches("urn:ostona:"),
        )
    }
}

/// An edge's side of the conversation.
#[derive(Clone)]
struct Device {
    key: Arc<SecretKey>,
    id: EdgeId,
    counter: u64,
    signs_at: Timestamp,
}

impl Device {
    fn new(number: u8) -> Self {
        let key = Arc::new(SecretKey::from_seed(&[number; 32]));
        Self {
            key,
            id: EdgeId::new(NOW, [99; 10]),
            counter: 0,
            signs_at: NOW,
        }
    }

    fn enrol(&self, code: &enrolment::Code) -> Request<Body> {
        let body = json!({ "code": code, "key": self.key.public(), "serial": "s", "version": "1" });
        self.request("POST", enrolment::PATH, &[], body.to_string().into_bytes())
    }

    fn joining(&self, attempt: &str) -> Request<Body> {
        let (edge, version) = (self.id, "1".to_owned());
        let join = JoinRequest {
            edge,
            counter: self.counter,
            attempt: attempt.to_owned().into(),
            version: version.into(),
            epoch: Epoch(1),
        };
        self.request(
            "POST",
            control::JOIN_PATH,
            &[],
            serde_json::to_vec(&join).expect("JSON"),
        )
    }

    async fn join(&mut self, cloud: &Cloud) {
        let attempt = format!("{:022}", self.counter);
        let joined = cloud.ask(self.joining(&attempt)).await.expect(StatusCode::OK);
        let joined: JoinReply = serde_json::from_value(joined).expect("an answer to a join");
        assert_eq!(joined.command_keys, [cloud.app.key.public()]);
        self.counter = joined.counter;
    }

    fn signature(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (String, String, Headers) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let header = |name: &str| {
            headers
                .iter()
                .find(|(given, _)| *given == name)
                .map(|(_, value)| *value)
        };
        let digest = http_signature::content_digest(body);
        let join = self.counter.to_string();
        let parts = Parts {
            method,
            authority: header("host").unwrap_or(HOST),
            path,
            query,
            content_digest: &digest,
            idempotency_key: header("idempotency-key"),
            join: Some(&join),
            websocket_key: header("sec-websocket-key"),
        };
        let signed = http_signature::sign(&parts, &self.key, self.signs_at);
        (digest, join, signed)
    }

    fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request<Body> {
        let (digest, join, signed) = self.signature(method, path, headers, &body);
        let mut request = Request::builder().method(method).uri(path).header("host", HOST);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let own = [
            ("content-digest", digest),
            ("ostona-join", join),
            ("content-length", body.len().to_string()),
        ];
        for (name, value) in own
            .into_iter()
            .chain([("signature-input", signed.input), ("signature", signed.signature)])
        {
            request = request.header(name, value);
        }
        request.body(Body::from(body)).expect("a request")
    }

    fn plain(&self, seqs: std::ops::RangeInclusive<u64>) -> (BatchHeader, Vec<u8>) {
        let mut records = Vec::new();
        for seq in seqs.clone() {
            frame::encode(&mut records, Seq(seq), &event(seq)).expect("a record");
        }
        let (first, last) = (Seq(*seqs.start()), Seq(*seqs.end()));
        let header = BatchHeader {
            edge: self.id,
            epoch: Epoch(1),
            lane: Lane::Facts,
            first,
            last,
            sent_at: NOW,
        };
        let plain = batch::encode(&header, &records).expect("a batch");
        (header, plain)
    }

    fn batch(&self, seqs: std::ops::RangeInclusive<u64>) -> Request<Body> {
        let (header, plain) = self.plain(seqs);
        self.send(
            &header.idempotency_key(),
            "zstd",
            zstd::encode_all(plain.as_slice(), 1).expect("zstd"),
        )
    }

    fn send(&self, key: &str, encoding: &str, wire: Vec<u8>) -> Request<Body> {
        let kind = ("content-type", batch::CONTENT_TYPE);
        self.request(
            "POST",
            batch::PATH,
            &[("idempotency-key", key), ("content-encoding", encoding), kind],
            wire,
        )
    }
}

fn event(seq: u64) -> Vec<u8> {
    let device: DeviceId = "lobby-1".parse().expect("a slug");
    let fact = Fact::DeviceCustom(Custom {
        device: device.clone(),
        kind: format!("n{seq}").into(),
        body: Value::Null.into(),
    });
    let (id, actor) = (EventId::new(NOW, [3; 10]), Actor::Device { id: device });
    let (at, clock) = (NOW, ClockState::Synced);
    let event = Event {
        id,
        fact,
        v: 1,
        at,
        clock,
        boot: 1,
        up_ms: 0,
        actor,
        subj: None,
        corr: None,
        replay: false,
        origin: None,
        pii: 0,
    };
    event.encode().expect("JSON")
}

fn entry() -> AuditEntry {
    AuditEntry {
        at: NOW,
        actor: "test".into(),
        action: "test".into(),
        target: String::new(),
        result: AuditResult::Done,
        detail: String::new(),
        ip: "".into(),
    }
}
