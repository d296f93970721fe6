//! `GET /v2/gateway/socket`: the control channel of one edge.
//!
//! One socket per edge, the newest wins. A socket that has been silent for 45 s is closed; one that does not take what
//! it is sent is closed sooner. Its task owns all its state.

use super::{
    edge_request::{EdgeRequest, JoinCounterCheck},
    refusal::Refusal,
    session,
};
use crate::state::RelayState;
use axum::{
    body::Body,
    extract::{
        FromRequestParts as _, Request, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse as _, Response},
};
use cloud_admin::links::SocketRegistration;
use cloud_store::edges::{self, EdgeRecord, EdgeState};
use http::request::Parts;
use protocol::control::{CloudMessage, EdgeMessage, OFFLINE_SECONDS};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until, timeout};

const MAX_MESSAGE: usize = 256 << 10;
/// How long an edge may take to take one message.
const SEND_TIME: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(OFFLINE_SECONDS);

/// Opens the control channel.
pub(super) async fn open(State(app): State<Arc<RelayState>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut edge_request = EdgeRequest::new(&app, &parts, "socket");
    match upgrade(&mut edge_request, &mut parts, body).await {
        Ok(response) => response,
        Err(refusal) => edge_request.refuse(refusal).await,
    }
}

async fn upgrade(edge_request: &mut EdgeRequest, parts: &mut Parts, body: Body) -> Result<Response, Refusal> {
    let edge = edge_request.identify(parts, JoinCounterCheck::MustMatch).await?;
    edge_request.receive(parts, body, 0).await?;
    let app = Arc::clone(&edge_request.app);
    let signature = super::edge_request::text(&parts.headers, "signature").unwrap_or_default();
    if !app.admission.is_new_upgrade(signature, app.clock.now()) {
        return Err(Refusal::Replayed);
    }
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &app).await;
    let upgrade = upgrade.map_err(|_| Refusal::Malformed("this is no WebSocket upgrade"))?;
    let connected = app
        .links
        .connect(edge.id, app.settings.limits.sockets)
        .ok_or(Refusal::Crowded)?;
    // axum's default buffers cost 142 KB per connection, these 8 KB (facts of the cloud, §3.2).
    let upgrade = upgrade
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_message_size(MAX_MESSAGE);
    let response = upgrade
        .max_frame_size(MAX_MESSAGE)
        .on_upgrade(move |socket| async move {
            Box::pin(
                EdgeChannel {
                    app,
                    edge,
                    connected,
                    socket,
                }
                .run(),
            )
            .await;
        });
    Ok(response.into_response())
}

struct EdgeChannel {
    app: Arc<RelayState>,
    edge: EdgeRecord,
    connected: SocketRegistration,
    socket: WebSocket,
}

/// Why a channel ends.
enum SocketEnd {
    /// The edge went away, was silent, or did not take what it was sent.
    Gone,
    /// A newer socket of the same edge, or the identity no longer works.
    Replaced,
    /// The relay ends.
    Stopped,
}

/// What a channel waits for.
enum ChannelEvent {
    Received(Option<Result<Message, axum::Error>>),
    Notified,
    Ended(SocketEnd),
}

impl EdgeChannel {
    async fn run(mut self) {
        let end = self.converse().await;
        match end {
            SocketEnd::Gone => tracing::debug!(edge = %self.edge.id, "the control channel ended"),
            SocketEnd::Stopped => {
                let _ = timeout(Duration::from_millis(200), self.socket.send(Message::Close(None))).await;
            }
            SocketEnd::Replaced => self.say_refused().await,
        }
    }

    async fn converse(&mut self) -> SocketEnd {
        let mut epoch = self.edge.epoch;
        let mut welcomed = false;
        let mut deadline = Instant::now() + SILENCE;
        loop {
            let next = tokio::select! {
                biased;
                () = self.connected.replaced.cancelled() => ChannelEvent::Ended(SocketEnd::Replaced),
                () = self.app.stop.cancelled() => ChannelEvent::Ended(SocketEnd::Stopped),
                () = self.connected.wake.notified(), if welcomed => ChannelEvent::Notified,
                said = self.socket.recv() => ChannelEvent::Received(said),
                () = sleep_until(deadline) => ChannelEvent::Ended(SocketEnd::Gone),
            };
            let sent = match next {
                ChannelEvent::Ended(end) => return end,
                ChannelEvent::Notified => self.hand_out().await,
                ChannelEvent::Received(None | Some(Err(_)) | Some(Ok(Message::Close(_)))) => return SocketEnd::Gone,
                ChannelEvent::Received(Some(Ok(message))) => {
                    deadline = Instant::now() + SILENCE;
                    self.app.links.record_contact(self.edge.id, self.app.clock.now(), None);
                    let Some(said) = read(&message) else { continue };
                    let hello = matches!(said, EdgeMessage::Hello { .. });
                    let answered = self.answer(said, &mut epoch).await;
                    welcomed |= hello;
                    if hello && answered.is_some() {
                        self.hand_out().await
                    } else {
                        answered
                    }
                }
            };
            if sent.is_none() {
                return SocketEnd::Gone;
            }
        }
    }

    /// None: the channel cannot go on.
    async fn answer(&mut self, said: EdgeMessage, epoch: &mut protocol::Epoch) -> Option<()> {
        match session::handle_message(&self.app, &self.edge, epoch, said).await {
            Ok(answers) => {
                for answer in answers {
                    self.send(&answer).await?;
                }
                Some(())
            }
            Err(_) => None,
        }
    }

    async fn hand_out(&mut self) -> Option<()> {
        for due in session::due(&self.app, &self.edge).await.ok()? {
            self.send(&due).await?;
        }
        Some(())
    }

    async fn send(&mut self, said: &CloudMessage) -> Option<()> {
        let text = serde_json::to_string(said).ok()?;
        timeout(SEND_TIME, self.socket.send(Message::Text(text.into())))
            .await
            .ok()?
            .ok()
    }

    /// Tells an edge whose identity no longer works; a socket that was merely replaced is closed without a word.
    async fn say_refused(&mut self) {
        let found = edges::get(&self.app.store.platform(), self.edge.id).await;
        let state = found.ok().flatten().map_or(EdgeState::Revoked, |edge| edge.state);
        match state {
            EdgeState::Active | EdgeState::Released => {}
            EdgeState::Quarantined | EdgeState::Revoked => {
                self.send(&CloudMessage::Refused {
                    reason: state.as_str().to_owned(),
                })
                .await;
            }
        }
        let _ = timeout(SEND_TIME, self.socket.send(Message::Close(None))).await;
    }
}

/// What an edge says; none: a ping, or something newer than we are.
fn read(message: &Message) -> Option<EdgeMessage> {
    match message {
        Message::Text(text) => serde_json::from_str(text).ok(),
        Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Close(_) => None,
    }
}
