//! A cloud in miniature: checks every signature as the real one does, keeps what it gets, and misbehaves on demand.

use super::stub_state::{NOW, Sockets, StubState};
use crate::CloudUrl;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{FromRequestParts as _, Request, State, ws},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use futures_util::StreamExt as _;
use http::{StatusCode, header::HOST, request::Parts};
use protocol::{
    EdgeId, Epoch, Lane, LaneCursors, OrgId, Seq, SiteId, batch,
    control::{self, CloudMessage, EdgeMessage, Inbox, IngestReply, JoinReply, JoinRequest},
    enrolment::{self, Code, EnrolmentReply},
    http_signature::{self, Headers, SignatureError},
    key::{PublicKey, SecretKey},
};
use serde_json::json;
use std::sync::Arc;
use tokio::{net::TcpListener, sync::watch};

#[derive(Clone)]
pub(super) struct Stub {
    pub(super) world: Arc<watch::Sender<StubState>>,
    pub(super) command: Arc<SecretKey>,
    cloud_url: Arc<str>,
}

pub(super) fn edge() -> EdgeId {
    EdgeId::new(NOW, [1; 10])
}
pub(super) fn org() -> OrgId {
    OrgId::new(NOW, [2; 10])
}

impl Stub {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cloud_url = format!("http://{}", listener.local_addr().unwrap());
        let (stub, router) = Self::router(&cloud_url);
        tokio::spawn(async move { axum::serve(listener, router).await });
        stub
    }

    /// For a listener of the test's own.
    pub(super) fn router(cloud_url: &str) -> (Self, Router) {
        let stub = Self {
            world: Arc::new(watch::Sender::new(StubState::default())),
            command: Arc::new(SecretKey::from_seed(&[9; 32])),
            cloud_url: cloud_url.into(),
        };
        let router = Router::new()
            .route(enrolment::PATH, post(enrolment))
            .route(control::JOIN_PATH, post(join))
            .route(control::TIME_PATH, get(time))
            .route(batch::PATH, post(ingest))
            .route(control::SOCKET_PATH, get(socket))
            .route(control::INBOX_PATH, get(inbox))
            .route(control::OUTBOX_PATH, post(outbox))
            .with_state(stub.clone());
        (stub, router)
    }

    pub(super) fn url(&self) -> CloudUrl {
        self.cloud_url.parse().unwrap()
    }
    pub(super) fn code(&self) -> Code {
        Code::from_entropy([3; 10])
    }
    pub(super) fn change(&self, change: impl FnOnce(&mut StubState)) {
        self.world.send_modify(change);
    }
    pub(super) fn see<T>(&self, see: impl FnOnce(&StubState) -> T) -> T {
        see(&self.world.borrow())
    }
    pub(super) async fn until(&self, reached: impl Fn(&StubState) -> bool) {
        let mut world = self.world.subscribe();
        super::site::soon(async move { world.wait_for(|world| reached(world)).await.map(|_| ()).unwrap() }).await;
    }

    fn have(&self) -> LaneCursors {
        self.see(|world| {
            let last = |lane| {
                (1..)
                    .map(Seq)
                    .take_while(|seq| world.stored.contains_key(&(lane, *seq)))
                    .last()
            };
            LaneCursors {
                facts: last(Lane::Facts).unwrap_or_default(),
                telemetry: last(Lane::Telemetry).unwrap_or_default(),
            }
        })
    }

    /// Checks digest and signature; the edge's own key unless another is given.
    fn verify(&self, parts: &Parts, body: &[u8], key: Option<PublicKey>) -> Result<(), Box<Response>> {
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let digest = text("content-digest").ok_or_else(|| Box::new(problem(400, "digest")))?;
        if http_signature::content_digest(body) != digest {
            return Err(Box::new(problem(400, "digest")));
        }
        let signed = http_signature::Parts {
            method: parts.method.as_str(),
            authority: text(HOST.as_str()).unwrap_or_default(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            content_digest: digest,
            idempotency_key: text("idempotency-key"),
            join: text(control::JOIN_HEADER),
            websocket_key: text("sec-websocket-key"),
        };
        let headers = Headers {
            input: text("signature-input").unwrap_or_default().to_owned(),
            signature: text("signature").unwrap_or_default().to_owned(),
        };
        let key = key
            .or_else(|| self.see(|world| world.key))
            .ok_or_else(|| Box::new(problem(401, "unknown-key")))?;
        http_signature::verify(&signed, &headers, &key, self.see(|world| world.now)).map_err(|error| match error {
            SignatureError::Skew { .. } => Box::new(problem(401, "clock-skew")),
            SignatureError::Profile(_) | SignatureError::Mismatch => Box::new(problem(401, "signature")),
        })
    }

    /// A signed request of an edge that has joined.
    fn joined(&self, parts: &Parts, body: &[u8]) -> Result<(), Box<Response>> {
        self.verify(parts, body, None)?;
        let counter = parts
            .headers
            .get(control::JOIN_HEADER)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        if self.see(|world| world.rejoin) {
            self.change(|world| world.rejoin = false);
            return Err(Box::new(problem(409, "rejoin")));
        }
        if self.see(|world| world.quarantined || counter != Some(world.counter)) {
            return Err(Box::new(problem(409, "quarantined")));
        }
        Ok(())
    }

    /// The answer, unless it gets lost.
    fn answer(&self, answer: &impl serde::Serialize) -> Response {
        let lost = self.world.send_if_modified(|world| {
            let lost = world.lose > 0;
            world.lose = world.lose.saturating_sub(1);
            lost
        });
        if lost {
            StatusCode::BAD_GATEWAY.into_response()
        } else {
            axum::Json(json!(answer)).into_response()
        }
    }
}

pub(super) fn problem(status: u16, word: &str) -> Response {
    let body = json!({ "type": format!("urn:ostona:{word}"), "title": word, "status": status }).to_string();
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

async fn received(request: Request) -> (Parts, Bytes) {
    let (parts, body) = request.into_parts();
    (parts, axum::body::to_bytes(body, batch::MAX_WIRE).await.unwrap())
}

async fn time(State(stub): State<Stub>) -> Response {
    axum::Json(control::Time {
        now: stub.see(|world| world.now),
    })
    .into_response()
}

async fn enrolment(State(stub): State<Stub>, request: Request) -> Response {
    let (parts, body) = received(request).await;
    let asked: enrolment::Request = serde_json::from_slice(&body).unwrap();
    if let Err(refused) = stub.verify(&parts, &body, Some(asked.key)) {
        return *refused;
    }
    stub.change(|world| world.enrolments.push(asked.key));
    let used = stub.see(|world| world.key.is_some_and(|key| key != asked.key));
    if asked.code != stub.code() || used {
        return problem(403, if used { "code-used" } else { "code-unknown" });
    }
    stub.change(|world| world.key = Some(asked.key));
    stub.answer(&EnrolmentReply {
        edge: edge(),
        org: org(),
        site: SiteId::new(NOW, [4; 10]),
        site_name: "Lobby".into(),
        command_keys: vec![stub.command.public()],
        now: stub.see(|world| world.now),
    })
}

async fn join(State(stub): State<Stub>, request: Request) -> Response {
    let (parts, body) = received(request).await;
    if let Err(refused) = stub.verify(&parts, &body, None) {
        return *refused;
    }
    let join: JoinRequest = serde_json::from_slice(&body).unwrap();
    let (mut counter, mut tips) = (None, Vec::new());
    stub.change(|world| {
        world.epochs.push(join.epoch);
        if join.epoch == Epoch(1) {
            tips.clone_from(&world.tips);
        }
        let again = world.attempts.last().is_some_and(|(_, last)| *last == join.attempt);
        world.attempts.push((join.counter, join.attempt));
        if again && !world.quarantined {
            counter = Some(world.counter);
        } else if join.counter == world.counter && !world.quarantined {
            world.counter += 1;
            counter = Some(world.counter);
        } else {
            world.quarantined = true;
        }
    });
    let Some(counter) = counter else {
        return problem(409, "quarantined");
    };
    let command_keys = vec![stub.command.public()];
    stub.answer(&JoinReply {
        hello: stub.see(|world| world.hello),
        counter,
        have: stub.have(),
        now: stub.see(|world| world.now),
        command_keys,
        key_successions: Vec::new(),
        tips,
    })
}

async fn ingest(State(stub): State<Stub>, request: Request) -> Response {
    let (parts, wire) = received(request).await;
    if let Err(refused) = stub.joined(&parts, &wire) {
        return *refused;
    }
    if stub.see(|world| world.rejoin_for_ever) {
        return problem(409, "rejoin");
    }
    let plain = zstd::bulk::decompress(&wire, batch::MAX_PLAIN).unwrap();
    let batch = batch::decode(&plain).unwrap();
    let key = batch.header.idempotency_key();
    assert_eq!(parts.headers.get("idempotency-key").unwrap(), key.as_str());
    let (largest, refuse) = stub.see(|world| (world.largest, world.refuse_batches));
    if plain.len() > largest {
        return problem(413, "too-large");
    }
    if refuse {
        stub.change(|world| world.keys.push(format!("refused {key}")));
        return problem(422, "batch");
    }
    let mut new = 0;
    stub.change(|world| {
        for record in &batch.records {
            let place = (batch.header.lane, record.seq);
            new += u64::from(world.stored.insert(place, record.body.to_vec()).is_none());
        }
        world.keys.push(key);
    });
    stub.answer(&IngestReply {
        have: stub.have(),
        new,
        known: batch.records.len() as u64 - new,
    })
}

async fn inbox(State(stub): State<Stub>, request: Request) -> Response {
    let (parts, body) = received(request).await;
    if let Err(refused) = stub.joined(&parts, &body) {
        return *refused;
    }
    stub.change(|world| world.polls += 1);
    if stub.see(|world| world.hasty) {
        return axum::Json(Inbox::default()).into_response();
    }
    let mut world = stub.world.subscribe();
    let wait = async { drop(world.wait_for(|world| !world.say.is_empty()).await) };
    let _ = tokio::time::timeout(std::time::Duration::from_millis(200), wait).await;
    let mut messages = vec![CloudMessage::Have {
        now: NOW,
        have: stub.have(),
    }];
    stub.change(|world| messages.extend(world.say.drain(..)));
    axum::Json(Inbox { messages }).into_response()
}

async fn outbox(State(stub): State<Stub>, request: Request) -> Response {
    let (parts, body) = received(request).await;
    if let Err(refused) = stub.joined(&parts, &body) {
        return *refused;
    }
    let said: Vec<EdgeMessage> = serde_json::from_slice(&body).unwrap();
    stub.change(|world| world.heard.extend(said));
    StatusCode::NO_CONTENT.into_response()
}

async fn socket(State(stub): State<Stub>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    stub.change(|world| world.upgrades += 1);
    let sockets = stub.see(|world| world.sockets);
    if sockets == Sockets::Forbidden {
        return (StatusCode::FORBIDDEN, Body::from("no sockets here")).into_response();
    }
    if let Err(refused) = stub.joined(&parts, b"") {
        return *refused;
    }
    if stub.see(|world| world.rejoin_socket) {
        stub.change(|world| world.rejoin_socket = false);
        return problem(409, "rejoin");
    }
    let upgrade = ws::WebSocketUpgrade::from_request_parts(&mut parts, &stub)
        .await
        .unwrap();
    upgrade.on_upgrade(move |socket| async move {
        match sockets {
            Sockets::Mute => stub.until(|world| world.sockets != Sockets::Mute).await,
            Sockets::Open | Sockets::Forbidden => converse(stub, socket).await,
        }
    })
}

async fn converse(stub: Stub, mut socket: ws::WebSocket) {
    let mut world = stub.world.subscribe();
    loop {
        let answer = tokio::select! {
            said = socket.next() => {
                let Some(Ok(ws::Message::Text(text))) = said else { return };
                let said: EdgeMessage = serde_json::from_str(&text).unwrap();
                let have = stub.have();
                let answer = match &said {
                    EdgeMessage::Hello { .. } => Some(CloudMessage::Welcome { now: NOW, have }),
                    EdgeMessage::Heartbeat { .. } => Some(CloudMessage::Have { now: NOW, have }),
                    EdgeMessage::CommandReceived { .. }
                    | EdgeMessage::DocumentSettled { .. }
                    | EdgeMessage::HeldDocuments { .. }
                    | EdgeMessage::RegisterSettled { .. } => None,
                };
                stub.change(|world| world.heard.push(said));
                answer
            }
            // The guard that this gives must be gone before the world changes.
            () = async { drop(world.wait_for(|world| !world.say.is_empty()).await) } => {
                let mut next = None;
                stub.change(|world| next = world.say.pop_front());
                next
            }
        };
        if let Some(answer) = answer
            && socket
                .send(ws::Message::text(serde_json::to_string(&answer).unwrap()))
                .await
                .is_err()
        {
            return;
        }
    }
}
