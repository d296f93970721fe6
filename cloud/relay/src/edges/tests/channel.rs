//! The control channel over a real socket, and the REST road beside it.

use super::{Cloud, Device, NOW, entry, org, run};
use crate::{edges::maintenance::watch, listener};
use cloud_store::{
    commands::{self, CommandState},
    documents::{self, DocumentState, NewDocument},
    edges,
};
use futures_util::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use protocol::{
    ClockState, Command, CommandId, Document, Epoch, LaneCursors,
    command::Action,
    control::{self, CloudMessage, EdgeMessage, HeldDocument, INBOX_PATH, Inbox, OUTBOX_PATH, SOCKET_PATH},
    fact::{Door, Heartbeat},
    signed_text::{Purpose, SignedText},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest as _},
};

const SOON: Duration = Duration::from_secs(5);

/// The relay listening on loopback.
pub(super) async fn listen(cloud: &Cloud) -> SocketAddr {
    let listener = listener::bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(listener::serve(
        Arc::clone(&cloud.app),
        listener,
        None,
        cloud.router.clone(),
    ));
    tokio::spawn(watch(Arc::clone(&cloud.app)));
    address
}

fn upgrade(device: &Device, address: SocketAddr) -> tungstenite::handshake::client::Request {
    let mut request = format!("ws://{address}{SOCKET_PATH}")
        .into_client_request()
        .expect("a request");
    let key = request.headers()["sec-websocket-key"]
        .to_str()
        .expect("text")
        .to_owned();
    let host = address.to_string();
    let covered = [("host", host.as_str()), ("sec-websocket-key", key.as_str())];
    let (digest, join, signed) = device.signature("GET", SOCKET_PATH, &covered, b"");
    let own = [
        ("content-digest", digest),
        ("ostona-join", join),
        ("signature", signed.signature),
    ];
    for (name, value) in own.into_iter().chain([("signature-input", signed.input)]) {
        request.headers_mut().insert(name, value.parse().expect("a header"));
    }
    request
}

pub(super) struct Channel(WebSocketStream<TcpStream>);

impl Channel {
    pub(super) async fn open(device: &Device, address: SocketAddr) -> Self {
        Self::try_open(upgrade(device, address), address)
            .await
            .expect("a socket")
    }

    async fn try_open(
        request: tungstenite::handshake::client::Request,
        address: SocketAddr,
    ) -> Result<Self, tungstenite::Error> {
        let stream = TcpStream::connect(address).await.expect("connected");
        client_async(request, stream).await.map(|(socket, _)| Self(socket))
    }

    pub(super) async fn say(&mut self, said: &EdgeMessage) {
        let text = serde_json::to_string(said).expect("JSON");
        self.0.send(Message::text(text)).await.expect("sent");
    }

    /// None: closed.
    pub(super) async fn hear(&mut self) -> Option<CloudMessage> {
        loop {
            match timeout(SOON, self.0.next())
                .await
                .expect("something within five seconds")
            {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).expect("a known word")),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// A heartbeat and its answer: whatever was said before has been filed by then.
    pub(super) async fn beat(&mut self) {
        let heartbeat = Box::new(Heartbeat {
            boots: 3,
            ..Heartbeat::default()
        });
        self.say(&EdgeMessage::Heartbeat { heartbeat }).await;
        let have = CloudMessage::Have {
            now: NOW,
            have: LaneCursors::default(),
        };
        assert_eq!(self.hear().await, Some(have));
    }

    pub(super) async fn hello(&mut self) {
        let (version, clock) = ("1".to_owned(), ClockState::Synced);
        self.say(&EdgeMessage::Hello {
            version: version.into(),
            epoch: Epoch(1),
            now: NOW,
            clock,
            documents: Vec::new(),
            documents_digest: None,
            registers: Vec::new(),
        })
        .await;
        assert_eq!(
            self.hear().await,
            Some(CloudMessage::Welcome {
                now: NOW,
                have: LaneCursors::default()
            })
        );
    }
}

fn command(device: &Device, number: u8) -> Command {
    let (device_id, by) = (Some("gate-1".parse().expect("a slug")), "admin".to_owned());
    let (created, expires) = (NOW, NOW.plus(Duration::from_secs(10)));
    let (id, action) = (
        CommandId::new(NOW, [number; 10]),
        Action::AccessOpen {
            door: Door(1),
            reason: None,
        },
    );
    Command {
        id,
        org: org(),
        edge: device.id,
        device: device_id,
        action,
        by: by.into(),
        created,
        expires,
    }
}

async fn queue(cloud: &Cloud, command: &Command) {
    let scope = cloud.app.store.scope(org());
    commands::create(&scope, command.clone(), entry())
        .await
        .expect("queued");
    cloud.app.links.wake(command.edge);
}

async fn publish(cloud: &Cloud, device: &Device, id: &str) -> Document {
    let new = NewDocument {
        edge: device.id,
        id: id.parse().expect("an id"),
        published: NOW,
        requires_restart: false,
        withdrawn: false,
        body: serde_json::json!({ "port": 80 }),
    };
    documents::publish(&cloud.app.store.scope(org()), new, entry())
        .await
        .expect("published")
}

fn open_command(cloud: &Cloud, signed: &SignedText) -> Command {
    signed
        .open(Purpose::Command, &[cloud.app.key.public()])
        .expect("signed by the cloud")
}

#[test]
fn a_document_waits_for_hello_and_is_settled() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let published = publish(&cloud, &device, "device/gate-1").await;
        let mut channel = Channel::open(&device, listen(&cloud).await).await;
        channel.hello().await;
        let Some(CloudMessage::Document { signed }) = channel.hear().await else {
            panic!("no document")
        };
        let trusted = [cloud.app.key.public()];
        let document: Document = signed.open(Purpose::Document, &trusted).expect("signed");
        assert_eq!(document, published);
        let (hash, document) = (document.hash(), document.id);
        let settled = EdgeMessage::DocumentSettled {
            document: document.clone(),
            version: 1,
            hash,
            error: None,
        };
        channel.say(&settled).await;
        channel.beat().await;
        let scope = cloud.app.store.scope(org());
        let latest = documents::latest(&scope, device.id, document).await.expect("an answer");
        assert_eq!(latest.map(|latest| latest.state), Some(DocumentState::Applied));
    });
}

#[test]
fn a_command_rings_through() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let mut channel = Channel::open(&device, listen(&cloud).await).await;
        channel.hello().await;
        let wanted = command(&device, 1);
        queue(&cloud, &wanted).await;
        let Some(CloudMessage::Command { signed }) = channel.hear().await else {
            panic!("no command")
        };
        assert_eq!(open_command(&cloud, &signed), wanted);
        channel.say(&EdgeMessage::CommandReceived { command: wanted.id }).await;
        channel.beat().await;
        let tracked = commands::get(&cloud.app.store.scope(org()), wanted.id)
            .await
            .expect("an answer");
        let tracked = tracked.map(|tracked| (tracked.state, tracked.attempts));
        assert_eq!(tracked, Some((CommandState::Accepted, 1)));
        cloud.app.stop.cancel();
        assert_eq!(channel.hear().await, None);
    });
}

#[test]
fn who_is_heard_is_online_for_45_seconds() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let mut channel = Channel::open(&device, listen(&cloud).await).await;
        channel.hello().await;
        channel.beat().await;
        let presence = cloud.app.links.presence(device.id).expect("heard");
        assert_eq!(presence.heartbeat.as_ref().map(|heartbeat| heartbeat.boots), Some(3));
        let online = [44, 45].map(|seconds| presence.online(NOW.plus(Duration::from_secs(seconds))));
        assert_eq!(online, [true, false]);
    });
}

#[test]
fn the_newest_socket_wins_and_an_upgrade_works_once() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let address = listen(&cloud).await;
        let mut older = Channel::open(&device, address).await;
        older.hello().await;
        let request = upgrade(&device, address);
        let mut newer = Channel::try_open(request.clone(), address).await.expect("a socket");
        newer.hello().await;
        assert_eq!(older.hear().await, None);
        let again = Channel::try_open(request, address).await;
        let Err(tungstenite::Error::Http(refused)) = again else {
            panic!("let in")
        };
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        cloud.app.stop.cancel();
    });
}

#[test]
fn a_revoked_edge_is_told_and_cut_off() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let address = listen(&cloud).await;
        let mut channel = Channel::open(&device, address).await;
        channel.hello().await;
        let which = (org(), device.id);
        edges::revoke(&cloud.app.store.platform(), which, entry())
            .await
            .expect("revoked");
        cloud.app.links.drop_edge(device.id);
        assert_eq!(
            channel.hear().await,
            Some(CloudMessage::Refused {
                reason: "revoked".into()
            })
        );
        assert_eq!(channel.hear().await, None);
        assert_eq!(cloud.ask(device.batch(1..=1)).await.refusal(), (403, "revoked"));
        cloud.app.stop.cancel();
    });
}

#[test]
fn the_rest_road_carries_the_same() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let wanted = command(&device, 1);
        let poll = cloud.ask(device.request("GET", INBOX_PATH, &[], Vec::new()));
        let ring = async {
            tokio::task::yield_now().await;
            queue(&cloud, &wanted).await;
        };
        let (answer, ()) = tokio::join!(poll, ring);
        let inbox: Inbox = serde_json::from_value(answer.expect(StatusCode::OK)).expect("an inbox");
        let [CloudMessage::Have { .. }, CloudMessage::Command { signed }] = inbox.messages.as_slice() else {
            panic!("{inbox:?}")
        };
        assert_eq!(open_command(&cloud, signed), wanted);
        let said = serde_json::json!([
            { "type": "command_received", "command": wanted.id },
            { "type": "from_the_future", "x": 1 },
        ]);
        let outbox = device.request("POST", OUTBOX_PATH, &[], said.to_string().into_bytes());
        assert_eq!(cloud.ask(outbox).await.status, StatusCode::NO_CONTENT);
        let tracked = commands::get(&cloud.app.store.scope(org()), wanted.id)
            .await
            .expect("an answer");
        assert_eq!(tracked.map(|tracked| tracked.state), Some(CommandState::Accepted));
    });
}

#[test]
fn an_expired_command_is_not_sent() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let (late, fresh) = (command(&device, 1), command(&device, 2));
        queue(&cloud, &late).await;
        cloud.move_clock(Duration::from_secs(10));
        queue(
            &cloud,
            &Command {
                expires: NOW.plus(Duration::from_secs(60)),
                ..fresh.clone()
            },
        )
        .await;
        let answer = cloud
            .ask(device.request("GET", INBOX_PATH, &[], Vec::new()))
            .await
            .expect(StatusCode::OK);
        let inbox: Inbox = serde_json::from_value(answer).expect("an inbox");
        let [CloudMessage::Have { .. }, CloudMessage::Command { signed }] = inbox.messages.as_slice() else {
            panic!("{inbox:?}")
        };
        assert_eq!(open_command(&cloud, signed).id, fresh.id);
    });
}

#[test]
fn one_document_can_be_fetched() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let ask = |path: &str| cloud.ask(device.request("GET", path, &[], Vec::new()));
        assert_eq!(
            ask("/v2/gateway/policies/device/kiosk").await.refusal(),
            (404, "not-found")
        );
        publish(&cloud, &device, "device/kiosk").await;
        let signed = ask("/v2/gateway/policies/device/kiosk").await.expect(StatusCode::OK);
        let signed: SignedText = serde_json::from_value(signed).expect("signed");
        let document: Document = signed
            .open(Purpose::Document, &[cloud.app.key.public()])
            .expect("by the cloud");
        assert_eq!((document.version, document.edge), (1, device.id));
    });
}

#[test]
fn a_hello_of_any_size_is_a_digest_and_a_list_comes_in_ranges() {
    run(async {
        let cloud = Cloud::start().await;
        let device = cloud.edge(1).await;
        let published = publish(&cloud, &device, "device/gate-1").await;
        let mut channel = Channel::open(&device, listen(&cloud).await).await;
        let hello = |held: &[HeldDocument]| EdgeMessage::Hello {
            version: "1".into(),
            epoch: Epoch(1),
            now: NOW,
            clock: ClockState::Synced,
            documents: Vec::new(),
            documents_digest: Some(control::held_digest(held.iter())),
            registers: Vec::new(),
        };
        let have = LaneCursors::default();
        let welcome = Some(CloudMessage::Welcome { now: NOW, have });
        channel.say(&hello(&[])).await;
        assert_eq!(channel.hear().await, welcome);
        assert!(matches!(channel.hear().await, Some(CloudMessage::Document { .. })));
        // Of 2,600 documents that the cloud never heard of, the list comes all the same.
        let held: Vec<HeldDocument> = (0..2_600)
            .map(|number| HeldDocument {
                document: format!("device/old-{number:04}").parse().expect("an id"),
                version: 1,
                hash: published.hash(),
            })
            .collect();
        channel.say(&hello(&held)).await;
        assert_eq!(channel.hear().await, welcome);
        let (mut after, mut documents) = (None, 0);
        for page in held.chunks(control::HELD_PAGE) {
            let asked = Some(CloudMessage::ListDocuments { after: after.clone() });
            let mut heard = channel.hear().await;
            // What is due comes in between.
            while matches!(heard, Some(CloudMessage::Document { .. })) {
                documents += 1;
                heard = channel.hear().await;
            }
            assert_eq!(heard, asked);
            let more = page.len() == control::HELD_PAGE;
            let upto = page.last().filter(|_| more).map(|last| last.document.clone());
            let said = EdgeMessage::HeldDocuments {
                after,
                upto: upto.clone(),
                held: page.to_vec(),
            };
            channel.say(&said).await;
            after = upto;
        }
        assert_eq!(documents, 1, "what the edge does not hold was sent again");
    });
}
