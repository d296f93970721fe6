//! A relay to be called: made in a directory of its own, with a clock that only the test moves.

use crate::{routes, settings::Settings, state::RelayState};
use axum::{Router, body::Body};
use cloud_admin::{clock::CloudClock, entropy::random_id, first_use, password, rate::Rates, role::Role};
use cloud_store::{
    accounts::{self, AccountId, NewAccount, RoleName},
    audit::{AuditEntry, AuditResult},
    enrolment::{self, EnrolmentAttempt, EnrolmentResult, NewEnrolmentCode},
    events,
    ingest::{self, IncomingBatch},
    orgs::{self, Org, SiteRecord},
};
use http::{HeaderMap, Request, StatusCode};
use protocol::{
    EdgeId, Epoch, Lane, OrgId, Seq, SiteId, Timestamp,
    batch::{self, BatchHeader},
    frame,
    key::SecretKey,
};
use serde_json::{Value, json};
use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub(crate) const PASSWORD: &str = "three words in a row";

pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(test)
}

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who<'a> {
    Nobody,
    Token(&'a str),
    /// A platform account that means this organisation.
    For(&'a str, OrgId),
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
    /// The problem's type.
    pub(crate) fn kind(&self) -> &str {
        assert_eq!(self.header("content-type"), "application/problem+json");
        self.body["type"].as_str().unwrap_or_default()
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

pub(crate) struct Stage {
    pub(crate) app: Arc<RelayState>,
    pub(crate) router: Router,
    clock: Arc<AtomicI64>,
    seq: AtomicU64,
    _dir: tempfile::TempDir,
}

impl Stage {
    pub(crate) fn start() -> Self {
        Self::with(10_000, 10_000)
    }

    pub(crate) fn with(requests: u32, sign_ins: u32) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let settings = Settings {
            dir: dir.path().to_owned(),
            ..Settings::default()
        };
        let clock = Arc::new(AtomicI64::new(NOW.as_millis()));
        let app = RelayState::open(
            settings,
            CloudClock::Moved(Arc::clone(&clock)),
            CancellationToken::new(),
        )
        .expect("a relay");
        let count = |count| NonZeroU32::new(count).expect("a count");
        let rates = Rates {
            requests: count(requests),
            sign_ins: count(sign_ins),
            ..Rates::default()
        };
        let router = routes::people(&app, rates).expect("the routes for people");
        Self {
            app,
            router,
            clock,
            seq: AtomicU64::new(0),
            _dir: dir,
        }
    }

    pub(crate) fn pass(&self, by: Duration) {
        self.clock
            .fetch_add(i64::try_from(by.as_millis()).expect("millis"), Ordering::Relaxed);
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 8 << 20).await.expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply {
            status: parts.status,
            headers: parts.headers,
            text,
            body,
        }
    }

    pub(crate) fn request(method: &str, path: &str, who: Who<'_>, body: Option<&Value>) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path);
        match who {
            Who::Nobody => {}
            Who::Token(token) => request = request.header("authorization", format!("Bearer {token}")),
            Who::For(token, org) => {
                request = request
                    .header("authorization", format!("Bearer {token}"))
                    .header("ostona-org", org.to_string());
            }
        }
        let body = match body {
            None => Body::empty(),
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
        };
        request.body(body).expect("a request")
    }

    pub(crate) async fn call(&self, method: &str, path: &str, who: Who<'_>, body: Option<Value>) -> Reply {
        self.send(Self::request(method, path, who, body.as_ref())).await
    }

    pub(crate) async fn login(&self, login: &str, password: &str, code: Option<&str>) -> Reply {
        let mut typed = json!({ "login": login, "password": password });
        if let Some(code) = code {
            typed["code"] = code.into();
        }
        self.call("POST", "/api/v1/auth/login", Who::Nobody, Some(typed)).await
    }

    /// The first start, the first sign-in, the first password: gives the platform account's access token.
    pub(crate) async fn admin(&self) -> String {
        let once = first_use::bootstrap(&self.app.store, &self.app.clock, first_use::ONE_TIME_PASSWORDS)
            .await
            .expect("a first account");
        let once = once.expect("the first start").expose().to_owned();
        let reply = self.login(first_use::LOGIN, &once, None).await.expect(200);
        let token = reply.body["access_token"].as_str().expect("a token").to_owned();
        let change = json!({ "current": once, "new": PASSWORD });
        self.call("POST", "/api/v1/auth/password", Who::Token(&token), Some(change))
            .await
            .expect(204);
        token
    }

    /// Signs in with a password and gives the access token.
    pub(crate) async fn token(&self, login: &str, password: &str) -> String {
        let reply = self.login(login, password, None).await.expect(200);
        reply.body["access_token"].as_str().expect("a token").to_owned()
    }

    /// An account of an organisation, whose password is its own.
    pub(crate) async fn account(&self, login: &str, role: Role, org: OrgId) -> String {
        let password = password::hash(b"its own password").expect("a hash");
        let id = AccountId(random_id(NOW).expect("an id"));
        let account = NewAccount {
            id,
            login: login.parse().expect("a login"),
            org: Some(org),
            role: RoleName(role.as_str().to_owned()),
            password,
            password_expires: None,
            at: NOW,
        };
        accounts::create(&self.app.store.platform(), account, entry())
            .await
            .expect("an account");
        let first = self.token(login, "its own password").await;
        let change = json!({ "current": "its own password", "new": PASSWORD });
        self.call("POST", "/api/v1/auth/password", Who::Token(&first), Some(change))
            .await
            .expect(204);
        first
    }

    pub(crate) async fn org(&self, number: u8) -> (OrgId, SiteId) {
        let (org, site) = (OrgId::new(NOW, [number; 10]), SiteId::new(NOW, [number; 10]));
        let name = format!("Org {number}");
        orgs::create(
            &self.app.store.platform(),
            Org {
                id: org,
                name,
                created: NOW,
            },
            entry(),
        )
        .await
        .expect("an org");
        let place = SiteRecord {
            id: site,
            name: format!("Site {number}"),
            created: NOW,
        };
        orgs::create_site(&self.app.store.scope(org), place, entry())
            .await
            .expect("a site");
        (org, site)
    }

    /// An enrolled edge.
    pub(crate) async fn edge(&self, (org, site): (OrgId, SiteId), number: u8) -> EdgeId {
        let platform = self.app.store.platform();
        let code = protocol::enrolment::Code::from_entropy([number; 10]);
        let expires = NOW.plus(Duration::from_secs(3600));
        let name = format!("Edge {number}");
        let new = NewEnrolmentCode {
            code: code.clone(),
            org,
            site,
            name,
            created: NOW,
            expires,
        };
        enrolment::create(&platform, new, entry()).await.expect("a code");
        let key = SecretKey::from_seed(&[number; 32]).public();
        let request = protocol::enrolment::Request {
            code,
            key,
            serial: "serial".into(),
            version: "0.1.0".into(),
        };
        let asker = EnrolmentAttempt {
            request,
            id: EdgeId::new(NOW, [number; 10]),
            now: NOW,
        };
        match enrolment::enrol(&platform, asker, entry()).await.expect("an enrolment") {
            EnrolmentResult::Enrolled(edge) => edge.id,
            refused @ (EnrolmentResult::Unknown
            | EnrolmentResult::Expired
            | EnrolmentResult::Used
            | EnrolmentResult::KeyTaken) => {
                panic!("{refused:?}")
            }
        }
    }

    /// Stores an event as if its edge had sent it, and tells the listeners.
    pub(crate) async fn event(&self, org: OrgId, edge: EdgeId, name: &str, data: &Value, corr: Option<&str>) -> u64 {
        let seq = self.seq.fetch_add(1, Ordering::Relaxed) + 1;
        let at = self.app.clock.now();
        let id = random_id(at).expect("an id");
        let mut body = json!({ "id": id, "name": name, "data": data, "v": 1, "at": at.as_millis(), "clock": "synced",
            "boot": 1, "up_ms": seq, "actor": { "kind": "edge" }, "subj": data.get("device"), "pii": 0 });
        if let Some(corr) = corr {
            body["corr"] = corr.into();
        }
        let mut records = Vec::new();
        frame::encode(&mut records, Seq(seq), body.to_string().as_bytes()).expect("a record");
        let (first, last) = (Seq(seq), Seq(seq));
        let header = BatchHeader {
            edge,
            epoch: Epoch(1),
            lane: Lane::Facts,
            first,
            last,
            sent_at: at,
        };
        let incoming = IncomingBatch::read(batch::encode(&header, &records).expect("a batch")).expect("a batch");
        let scope = self.app.store.scope(org);
        ingest::store(&scope, incoming, at).await.expect("it is stored");
        events::last_id(&scope).await.expect("its id")
    }

    /// A device that its edge has told of.
    pub(crate) async fn device(&self, org: OrgId, edge: EdgeId, device: &str) -> String {
        let found = json!({ "device": device, "kind": "terminal", "adapter": "hikvision", "address": "10.0.0.9:80" });
        self.event(org, edge, "device.paired", &found, None).await;
        self.event(org, edge, "device.online", &json!({ "device": device }), None)
            .await;
        format!("{edge}~{device}")
    }
}

pub(crate) fn entry() -> AuditEntry {
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
