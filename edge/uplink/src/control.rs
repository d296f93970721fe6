//! The conversation with the cloud, whatever carries it: what we say first, what we answer.
//!
//! A command goes from the wire straight to the kernel, or nowhere: nothing is kept here for later, so nothing can be
//! carried out late. What the kernel cannot take now is not acknowledged; the cloud offers it again while it is good.

mod inflight;

pub(crate) use inflight::InflightRequests;

use crate::{
    client::{CloudClient, EdgeRefusal},
    jitter::random,
    link::{ControlTransport, LinkReport, LinkReporter},
    rest,
    settings::{Proxy, Timing},
    socket,
};
use edge_backoff::Backoff;
use edge_kernel::{Port, Refusal, RegisterSettlement, Roster};
use protocol::{
    Command, Document, DocumentId, Epoch, LaneCursors, Timestamp,
    control::{CloudMessage, EdgeMessage, HELD_PAGE, HeldDocument, HelloVersion, MAX_HELLO_LIST, held_digest},
    document::{DocumentFault, DocumentReason},
    fact::Heartbeat,
    key::KeyId,
    signed_text::SignedText,
    text::AgentVersion,
};
use rustls::ClientConfig;
use std::sync::Arc;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Sockets that fail this often in a row are not worth waiting for: the REST road is tried.
const SOCKET_FAILURES: u32 = 3;

/// How a stretch of conversation ended.
#[derive(Debug)]
pub(crate) enum ChannelEnd {
    /// The edge is stopping.
    Stopping,
    /// The cloud turned this edge away.
    Refused(EdgeRefusal),
    /// The cloud wants this edge to join again.
    Rejoin,
    /// The cloud signed with a key that this edge does not know: joining again may tell of it.
    NewKey(KeyId),
    /// Something on the way does not let WebSockets through.
    Blocked(String),
    /// The connection broke, or never came about.
    Lost {
        /// For the log.
        why: String,
        /// Whether the cloud had answered on it.
        after: ChannelProgress,
    },
    /// It is time to try a socket again.
    TrySocket,
}

/// How far a connection got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChannelProgress {
    /// Nothing was heard from the cloud.
    Nothing,
    /// The cloud answered.
    Welcomed,
}

/// The control channel of one session.
#[derive(Clone)]
pub(crate) struct ControlChannel {
    pub(crate) cloud: CloudClient,
    pub(crate) port: Arc<Port>,
    /// Under which epoch its events go up.
    pub(crate) epoch: Epoch,
    pub(crate) link: LinkReporter,
    pub(crate) timing: Timing,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) version: AgentVersion,
    /// How the cloud may be told what is held.
    pub(crate) hello: HelloVersion,
    pub(crate) heartbeat: watch::Receiver<Heartbeat>,
    pub(crate) cloud_has: watch::Sender<LaneCursors>,
    /// Wakes the batches: the cloud is there.
    pub(crate) flush: Arc<Notify>,
    /// Keys that another join would not tell more of.
    pub(crate) known_keys: Vec<KeyId>,
}

impl ControlChannel {
    /// Keeps the conversation going, by socket where that is possible, until the edge stops or is turned away.
    pub(crate) async fn run(self, shutdown: CancellationToken) -> ChannelEnd {
        let mut backoff = Backoff::new(self.timing.backoff, self.timing.ceiling);
        let mut failures = 0;
        let mut via = ControlTransport::Socket;
        loop {
            let ended = match via {
                ControlTransport::Socket => socket::converse(&self, &shutdown).await,
                ControlTransport::Rest => rest::converse(&self, &shutdown).await,
            };
            match ended {
                ChannelEnd::Stopping | ChannelEnd::Refused(_) | ChannelEnd::Rejoin | ChannelEnd::NewKey(_) => {
                    return ended;
                }
                ChannelEnd::TrySocket => {
                    // One failure leads straight back.
                    (failures, via) = (SOCKET_FAILURES - 1, ControlTransport::Socket);
                }
                ChannelEnd::Blocked(why) => {
                    tracing::info!(why, "WebSockets do not get through, using requests instead");
                    via = ControlTransport::Rest;
                }
                ChannelEnd::Lost { why, after } => {
                    if after == ChannelProgress::Welcomed {
                        (failures, via) = (0, ControlTransport::Socket);
                        backoff.reset();
                    } else {
                        failures += 1;
                        via = if failures % (SOCKET_FAILURES + 1) == SOCKET_FAILURES {
                            ControlTransport::Rest
                        } else {
                            ControlTransport::Socket
                        };
                    }
                    let wait = backoff.after_failure(random());
                    tracing::info!(why, ?wait, "no control channel");
                    tokio::select! {
                        () = shutdown.cancelled() => return ChannelEnd::Stopping,
                        () = tokio::time::sleep(wait) => {}
                    }
                }
            }
        }
    }

    /// The documents in force, by id.
    async fn held(&self) -> Result<Vec<HeldDocument>, ChannelEnd> {
        let roster = self.port.read::<Roster>().await.map_err(|_| ChannelEnd::Stopping)?;
        Ok(roster.state.held())
    }

    /// The documents in force behind an id, as many as go into one message.
    /// With it the id to go on from, where there are more.
    pub(crate) async fn held_documents(
        &self,
        after: Option<DocumentId>,
    ) -> Result<(EdgeMessage, Option<DocumentId>), ChannelEnd> {
        let mut held = self.held().await?;
        held.retain(|held| after.as_ref().is_none_or(|after| held.document > *after));
        let more = held.len() > HELD_PAGE;
        held.truncate(HELD_PAGE);
        let upto = held.last().filter(|_| more).map(|last| last.document.clone());
        Ok((
            EdgeMessage::HeldDocuments {
                after,
                upto: upto.clone(),
                held,
            },
            upto,
        ))
    }

    /// The first thing to say: a digest of the documents in force, or a list of them for a cloud that knows no digest.
    pub(crate) async fn hello(&self) -> Result<EdgeMessage, ChannelEnd> {
        let held = self.held().await?;
        let (documents, documents_digest) = if self.hello >= HelloVersion::DIGEST {
            (Vec::new(), Some(held_digest(held.iter())))
        } else {
            // Beyond what one message takes, the cloud sends again what it has: better than a hello it refuses.
            (held.into_iter().take(MAX_HELLO_LIST).collect(), None)
        };
        let registers = self.port.registers().await.map_err(|_| ChannelEnd::Stopping)?;
        let clock = self.port.clock();
        let (now, state) = (clock.now(), clock.state());
        Ok(EdgeMessage::Hello {
            version: self.version.clone(),
            epoch: self.epoch,
            now,
            clock: state,
            documents,
            documents_digest,
            registers,
        })
    }

    /// How the edge is.
    pub(crate) fn heartbeat(&self) -> EdgeMessage {
        EdgeMessage::Heartbeat {
            heartbeat: Box::new(self.heartbeat.borrow().clone()),
        }
    }

    /// The cloud was heard on this road.
    pub(crate) async fn contact(&self, via: ControlTransport) {
        self.link.report(LinkReport::Control(via)).await;
    }

    /// Deals with one thing the cloud said; gives what to answer. `asked`: when the question was sent that this answers.
    pub(crate) async fn handle(
        &self,
        message: CloudMessage,
        asked: Instant,
    ) -> Result<Option<EdgeMessage>, ChannelEnd> {
        match message {
            CloudMessage::Welcome { now, have } => {
                self.flush.notify_one();
                self.learn(now, have, asked).await?;
                Ok(None)
            }
            CloudMessage::Have { now, have } => {
                self.learn(now, have, asked).await?;
                Ok(None)
            }
            CloudMessage::ListDocuments { after } => Ok(Some(self.held_documents(after).await?.0)),
            CloudMessage::Command { signed } => {
                self.check_key(&signed)?;
                self.command(signed).await
            }
            CloudMessage::Document { signed } => {
                self.check_key(&signed)?;
                self.document(signed).await
            }
            CloudMessage::Register { signed } => {
                self.check_key(&signed)?;
                self.register(signed).await
            }
            CloudMessage::Refused { reason } => Err(ChannelEnd::Refused(EdgeRefusal::from_reason(&reason))),
        }
    }

    async fn learn(&self, now: Timestamp, have: LaneCursors, asked: Instant) -> Result<(), ChannelEnd> {
        let wall_clock = self.cloud.wall_clock();
        if !wall_clock.trusted() {
            wall_clock.cloud_time.learn(now, asked.elapsed());
        }
        self.cloud_has.send_replace(have);
        self.port
            .advance(self.port.epoch(), have)
            .await
            .map_err(|_| ChannelEnd::Stopping)
    }

    /// The cloud may sign with a new key since this edge joined: joining again tells which, and how it follows from the old one.
    fn check_key(&self, signed: &SignedText) -> Result<(), ChannelEnd> {
        if self.known_keys.contains(&signed.key) {
            return Ok(());
        }
        tracing::info!(key = %signed.key, "the cloud signs with another key: joining again");
        Err(ChannelEnd::NewKey(signed.key.clone()))
    }

    async fn command(&self, signed: SignedText) -> Result<Option<EdgeMessage>, ChannelEnd> {
        // Only to tell the cloud, whose own words these are, what it need not send again.
        let claimed = serde_json::from_str::<Command>(&signed.text).map(|command| command.id);
        match self.port.command(signed).await {
            Ok(command) => Ok(Some(EdgeMessage::CommandReceived { command })),
            Err(Refusal::Stopping) => Err(ChannelEnd::Stopping),
            Err(refusal @ (Refusal::Busy | Refusal::Full { .. } | Refusal::Storage(_))) => {
                tracing::warn!(%refusal, "a command was not taken on");
                Ok(None)
            }
            Err(refusal) => {
                tracing::warn!(%refusal, "a command was refused");
                Ok(claimed.ok().map(|command| EdgeMessage::CommandReceived { command }))
            }
        }
    }

    async fn register(&self, signed: SignedText) -> Result<Option<EdgeMessage>, ChannelEnd> {
        match self.port.register(signed).await {
            Ok(RegisterSettlement { held, error }) => Ok(Some(EdgeMessage::RegisterSettled { held, error })),
            Err(Refusal::Stopping) => Err(ChannelEnd::Stopping),
            // Not answered: the cloud sends the rows again after a while.
            Err(refusal) => {
                tracing::warn!(%refusal, "rows of a register were not taken on");
                Ok(None)
            }
        }
    }

    async fn document(&self, signed: SignedText) -> Result<Option<EdgeMessage>, ChannelEnd> {
        let claimed = serde_json::from_str::<Document>(&signed.text);
        match self.port.document(signed).await {
            Ok(settled) => {
                let (document, version, hash) = (settled.document, settled.version, settled.hash);
                Ok(Some(EdgeMessage::DocumentSettled {
                    document,
                    version,
                    hash,
                    error: settled.error,
                }))
            }
            Err(Refusal::Stopping) => Err(ChannelEnd::Stopping),
            Err(refusal) => {
                tracing::warn!(%refusal, "a document was refused");
                Ok(claimed.ok().map(|document| EdgeMessage::DocumentSettled {
                    version: document.version,
                    hash: document.hash(),
                    document: document.id,
                    error: Some(DocumentFault::new(DocumentReason::Untrusted, refusal.to_string())),
                }))
            }
        }
    }
}

/// What the cloud said, where this version understands it.
pub(crate) fn parse(text: &str) -> Option<CloudMessage> {
    serde_json::from_str(text)
        .inspect_err(|error| tracing::debug!(%error, "the cloud message something that is not understood here"))
        .ok()
}

/// Which version of which document this is: one under way is not begun again.
pub(crate) fn document_of(message: &CloudMessage) -> Option<(DocumentId, u64)> {
    match message {
        CloudMessage::Document { signed } => serde_json::from_str::<Document>(&signed.text)
            .ok()
            .map(|document| (document.id, document.version)),
        CloudMessage::Welcome { .. }
        | CloudMessage::Have { .. }
        | CloudMessage::ListDocuments { .. }
        | CloudMessage::Command { .. }
        | CloudMessage::Register { .. }
        | CloudMessage::Refused { .. } => None,
    }
}
