//! The control channel over a WebSocket (RFC 6455), its upgrade signed like any request.
//!
//! A peer that says nothing for 45 s is dead, and so is one that takes nothing: a half-open connection never looks like
//! a quiet one, because the cloud answers each heartbeat.

use crate::{
    client::{CallError, CloudClient, understood as problem},
    control::{ChannelEnd, ChannelProgress, ControlChannel, InflightRequests, parse},
    dial::{CloudStream, dial},
    link::ControlTransport,
};
use futures_util::{Sink, SinkExt as _, StreamExt as _};
use protocol::{
    control::{EdgeMessage, JOIN_HEADER, SOCKET_PATH},
    http_signature::{self, Parts},
};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        self, Message,
        handshake::client::{Request, generate_key},
        protocol::WebSocketConfig,
    },
};
use tokio_util::sync::CancellationToken;

/// Largest message: a document.
const MAX_MESSAGE: usize = 8 << 20;

type ControlSocket = WebSocketStream<Box<dyn CloudStream>>;

/// Connects and talks until something ends it.
pub(crate) async fn converse(control: &ControlChannel, shutdown: &CancellationToken) -> ChannelEnd {
    let patience = control.timing.request;
    let socket = tokio::select! {
        () = shutdown.cancelled() => return ChannelEnd::Stopping,
        opened = timeout(patience, open(control)) => match opened {
            Ok(Ok(socket)) => socket,
            Ok(Err(ended)) => return ended,
            Err(_) => return lost("the cloud did not answer the upgrade", ChannelProgress::Nothing),
        },
    };
    tokio::select! {
        () = shutdown.cancelled() => ChannelEnd::Stopping,
        ended = talk(control, socket) => ended,
    }
}

/// Opens a socket; a clock that is off is corrected once.
async fn open(control: &ControlChannel) -> Result<ControlSocket, ChannelEnd> {
    let cloud = &control.cloud;
    let unreachable = |error: &dyn std::error::Error| lost(&chain(error), ChannelProgress::Nothing);
    cloud.trust_clock().await.map_err(|error| unreachable(&error))?;
    match attempt(control).await? {
        Ok(socket) => Ok(socket),
        Err(401) => {
            cloud.learn_time().await.map_err(|error| unreachable(&error))?;
            attempt(control).await?.map_err(turned_down)
        }
        Err(status) => Err(turned_down(status)),
    }
}

/// A server that is busy or restarting is worth another try; anything else stands in the way for longer.
fn turned_down(status: u16) -> ChannelEnd {
    let why = format!("the upgrade was answered {status}");
    if status == 429 || status >= 500 {
        lost(&why, ChannelProgress::Nothing)
    } else {
        ChannelEnd::Blocked(why)
    }
}

/// One upgrade: a socket, or the HTTP status it was refused with where that tells no more. Of the answer's body only what
/// came with its head is looked at; a cloud whose word came later says it again on the REST road.
async fn attempt(control: &ControlChannel) -> Result<Result<ControlSocket, u16>, ChannelEnd> {
    let cloud = &control.cloud;
    let stream = dial(cloud.cloud_url(), control.proxy.as_ref(), &control.tls).await;
    let stream = stream.map_err(|error| lost(&chain(&error), ChannelProgress::Nothing))?;
    let request = upgrade(cloud).map_err(|error| lost(&chain(&error), ChannelProgress::Nothing))?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
        .read_buffer_size(4096);
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _)) => Ok(Ok(socket)),
        Err(tungstenite::Error::Http(response)) => {
            let (status, body) = (response.status(), response.body().as_deref().unwrap_or_default());
            match problem("open a socket", status, body) {
                CallError::Refused(refused) => Err(ChannelEnd::Refused(refused)),
                CallError::Rejoin => Err(ChannelEnd::Rejoin),
                CallError::Unreachable { .. }
                | CallError::ClockSkew
                | CallError::Status { .. }
                | CallError::Answer { .. }
                | CallError::TooLong { .. } => Ok(Err(status.as_u16())),
            }
        }
        Err(error) => Err(lost(&chain(&error), ChannelProgress::Nothing)),
    }
}

/// The signed request.
fn upgrade(cloud: &CloudClient) -> Result<Request, http::Error> {
    let (authority, digest, key) = (
        cloud.cloud_url().authority(),
        http_signature::content_digest(b""),
        generate_key(),
    );
    let join = cloud.join_header();
    let headers = cloud.sign(&Parts {
        method: "GET",
        authority: &authority,
        path: SOCKET_PATH,
        query: "",
        content_digest: &digest,
        idempotency_key: None,
        join: join.as_deref(),
        websocket_key: Some(&key),
    });
    let mut request = http::Request::get(cloud.cloud_url().websocket(SOCKET_PATH))
        .header("host", &authority)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", &key)
        .header("content-digest", digest)
        .header("signature-input", headers.input)
        .header("signature", headers.signature);
    if let Some(join) = &join {
        request = request.header(JOIN_HEADER, join);
    }
    request.body(())
}

async fn talk(control: &ControlChannel, socket: ControlSocket) -> ChannelEnd {
    let mut progress = ChannelProgress::Nothing;
    match exchange(control, socket, &mut progress).await {
        Ok(()) => lost("the cloud closed the connection", progress),
        Err(ChannelEnd::Lost { why, .. }) => lost(&why, progress),
        Err(ended) => ended,
    }
}

async fn exchange(
    control: &ControlChannel,
    socket: ControlSocket,
    progress: &mut ChannelProgress,
) -> Result<(), ChannelEnd> {
    let (mut outgoing, mut incoming) = socket.split();
    let silence = control.timing.silence;
    let mut inflight = InflightRequests::new(control);
    let mut asked = Instant::now();
    send(&mut outgoing, &control.hello().await?, silence).await?;
    let mut beat = tokio::time::interval(control.timing.heartbeat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let dead = tokio::time::sleep(silence.min(control.timing.request));
    tokio::pin!(dead);
    loop {
        tokio::select! {
            () = &mut dead => return Err(lost("the cloud fell silent", ChannelProgress::Welcomed)),
            answer = inflight.answer() => if let Some(answer) = answer? {
                send(&mut outgoing, &answer, silence).await?;
            },
            _ = beat.tick() => {
                asked = Instant::now();
                send(&mut outgoing, &control.heartbeat(), silence).await?;
            }
            message = incoming.next(), if inflight.has_room() => {
                let Some(message) = message else { return Ok(()) };
                let message = message.map_err(|error| lost(&chain(&error), ChannelProgress::Welcomed))?;
                dead.as_mut().reset(Instant::now() + silence);
                match message {
                    Message::Text(text) => if let Some(message) = parse(&text) {
                        *progress = ChannelProgress::Welcomed;
                        control.contact(ControlTransport::Socket).await;
                        inflight.begin(message, asked, text.len());
                    },
                    Message::Close(_) => return Ok(()),
                    Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
                }
            }
        }
    }
}

async fn send<S>(outgoing: &mut S, message: &EdgeMessage, patience: Duration) -> Result<(), ChannelEnd>
where
    S: Sink<Message, Error = tungstenite::Error> + Unpin,
{
    let text = serde_json::to_string(message).map_err(|error| lost(&chain(&error), ChannelProgress::Welcomed))?;
    match timeout(patience, outgoing.send(Message::text(text))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(lost(&chain(&error), ChannelProgress::Welcomed)),
        Err(_) => Err(lost("the cloud takes nothing any more", ChannelProgress::Welcomed)),
    }
}

fn lost(why: &str, after: ChannelProgress) -> ChannelEnd {
    ChannelEnd::Lost {
        why: why.to_owned(),
        after,
    }
}

/// An error and its sources in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
