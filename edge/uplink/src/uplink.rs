//! The uplink's life: join, then batches and control side by side; turned away, a rare question and nothing else.
//!
//! It never ends on its own account: only with the edge.

use crate::{
    batches::{self, Batches},
    client::{CallError, CloudClient, EdgeRefusal},
    cloud_url::CloudUrlError,
    control::{self, ControlChannel},
    identity::EdgeIdentity,
    jitter::random,
    join::{JoinError, join},
    link::{LinkReport, LinkReporter, LinkState, LinkWatcher},
    settings::Settings,
    signature_clock::{CloudTime, SignatureClock},
    socket::chain,
    tls::{self, UplinkTlsError},
};
use edge_backoff::Backoff;
use edge_kernel::{EdgeIds, Port, Trust};
use protocol::{
    Lane, LaneCursors,
    control::JoinReply,
    fact::Heartbeat,
    key::{KeyId, PublicKey},
    text::AgentVersion,
};
use rustls::ClientConfig;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// What an uplink is started with.
#[derive(Debug)]
pub struct UplinkOptions {
    /// Proxy, roots, patience.
    pub settings: Settings,
    /// Who this edge is. From now on only the uplink changes the file.
    pub identity: EdgeIdentity,
    /// Version of the agent.
    pub version: AgentVersion,
    /// The way to the kernel.
    pub port: Port,
    /// Where the cloud's time goes.
    pub cloud_time: Arc<dyn CloudTime>,
    /// How the edge is, kept up to date by whoever knows.
    pub heartbeat: watch::Receiver<Heartbeat>,
    /// Ends the uplink.
    pub shutdown: CancellationToken,
}

/// Why an uplink cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Not a cloud to speak to.
    #[error("this edge's cloud cannot be used")]
    Cloud(#[source] CloudUrlError),
    /// TLS, or the proxy, is not set up right.
    #[error("the uplink's settings cannot be used")]
    Tls(#[source] UplinkTlsError),
}

/// A running uplink.
#[derive(Debug)]
pub struct Uplink {
    state: watch::Receiver<LinkState>,
    flush: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Uplink {
    /// Starts; needs a tokio runtime. Whether the cloud can be reached shows later, in [`Uplink::state`].
    pub fn start(start: UplinkOptions) -> Result<Self, StartError> {
        let UplinkOptions {
            settings,
            identity,
            version,
            port,
            cloud_time,
            heartbeat,
            shutdown,
        } = start;
        identity.cloud().check(settings.plain).map_err(StartError::Cloud)?;
        let wall_clock = SignatureClock {
            clock: Arc::clone(port.clock()),
            cloud_time,
        };
        let key = Arc::clone(identity.key());
        let cloud = CloudClient::new(&settings, identity.cloud().clone(), key, wall_clock).map_err(StartError::Tls)?;
        let mut tls = tls::config(&settings.roots).map_err(StartError::Tls)?;
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let (watcher, link, state) = LinkWatcher::new(port.clone(), settings.timing.silence);
        let flush = Arc::new(Notify::new());
        let session = UplinkSession {
            settings,
            identity,
            version,
            port: Arc::new(port),
            cloud,
            tls: Arc::new(tls),
            heartbeat,
            link,
            flush: Arc::clone(&flush),
            asked_keys: VecDeque::new(),
        };
        let task = tokio::spawn(async move {
            tokio::join!(session.run(&shutdown), watcher.run(shutdown.clone()));
        });
        Ok(Self { state, flush, task })
    }

    /// How the link is.
    pub fn state(&self) -> watch::Receiver<LinkState> {
        self.state.clone()
    }

    /// For the command `journal.flush`.
    pub fn flush(&self) -> FlushHandle {
        FlushHandle(Arc::clone(&self.flush))
    }

    /// Waits for the end, after the shutdown was cancelled.
    pub async fn ended(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the uplink did not end well");
        }
    }
}

/// Sends whatever waits at once, telemetry included.
#[derive(Debug, Clone)]
pub struct FlushHandle(Arc<Notify>);

impl FlushHandle {
    /// Now, or as soon as the batch under way is through.
    pub fn now(&self) {
        self.0.notify_one();
    }
}

/// How many of those keys are remembered.
const ASKED_KEYS: usize = 16;

struct UplinkSession {
    settings: Settings,
    identity: EdgeIdentity,
    version: AgentVersion,
    port: Arc<Port>,
    cloud: CloudClient,
    tls: Arc<ClientConfig>,
    heartbeat: watch::Receiver<Heartbeat>,
    link: LinkReporter,
    flush: Arc<Notify>,
    /// Keys that were joined for already, the last few: what is signed with one that no join told of is refused.
    asked_keys: VecDeque<KeyId>,
}

/// Why a session is over.
enum SessionEnd {
    Stopping,
    Refused(EdgeRefusal),
    Rejoin,
    NewKey(KeyId),
}

impl UplinkSession {
    async fn run(mut self, shutdown: &CancellationToken) {
        let mut rejoins = Backoff::new(self.settings.timing.backoff, self.settings.timing.ceiling);
        loop {
            let began = Instant::now();
            let over = match self.joined(shutdown).await {
                Ok(joined) => self.work(joined, shutdown).await,
                Err(over) => over,
            };
            let over = match over {
                SessionEnd::NewKey(key) => {
                    self.asked_keys.push_back(key);
                    if self.asked_keys.len() > ASKED_KEYS {
                        self.asked_keys.pop_front();
                    }
                    SessionEnd::Rejoin
                }
                SessionEnd::Stopping | SessionEnd::Refused(_) | SessionEnd::Rejoin => over,
            };
            let timing = &self.settings.timing;
            let wait = match over {
                SessionEnd::Stopping => return,
                // At once, unless joining does not help: each join is two writes to the card.
                SessionEnd::Rejoin if began.elapsed() > timing.ceiling => {
                    rejoins.reset();
                    Duration::ZERO
                }
                SessionEnd::Rejoin | SessionEnd::NewKey(_) => rejoins.after_failure(random()),
                SessionEnd::Refused(reason) => {
                    self.link.report(LinkReport::Refused(reason)).await;
                    timing.turned_away
                }
            };
            if pause(wait, shutdown).await.is_break() {
                return;
            }
        }
    }

    /// Joins, however long that takes.
    async fn joined(&mut self, shutdown: &CancellationToken) -> Result<JoinReply, SessionEnd> {
        let mut backoff = Backoff::new(self.settings.timing.backoff, self.settings.timing.ceiling);
        loop {
            let answer = tokio::select! {
                () = shutdown.cancelled() => return Err(SessionEnd::Stopping),
                answer = join(&self.cloud, &mut self.identity, &self.port, &self.version) => answer,
            };
            let error = match answer {
                Ok(joined) => return Ok(joined),
                Err(JoinError::Call(CallError::Refused(reason))) => return Err(SessionEnd::Refused(reason)),
                Err(JoinError::Stopping) => return Err(SessionEnd::Stopping),
                Err(error) => error,
            };
            let wait = backoff.after_failure(random());
            if matches!(error, JoinError::Call(_)) {
                tracing::info!(error = chain(&error), ?wait, "not joined yet");
            } else {
                tracing::warn!(error = chain(&error), ?wait, "this edge cannot join");
            }
            if pause(wait, shutdown).await.is_break() {
                return Err(SessionEnd::Stopping);
            }
        }
    }

    /// Who this edge is, and whose word it takes.
    fn trust(&self) -> Trust {
        let me = EdgeIds {
            edge: self.identity.edge(),
            org: self.identity.org(),
        };
        Trust {
            me: Some(me),
            keys: self.identity.command_keys().to_vec(),
        }
    }

    /// Keys that another join would not tell more of: those that are taken, and those that were not.
    fn known_keys(&self, joined: &JoinReply) -> Vec<KeyId> {
        let keys = self.identity.command_keys().iter().chain(&joined.command_keys);
        let ids = keys.map(PublicKey::id);
        ids.chain(self.asked_keys.iter().cloned()).collect()
    }

    /// Works until stopped or turned away.
    async fn work(&self, joined: JoinReply, shutdown: &CancellationToken) -> SessionEnd {
        let cloud = self.cloud.joined(joined.counter);
        let trust = self.trust();
        let have = joined.have;
        let Some(confirmed) = self.confirmed(have).await else {
            return SessionEnd::Stopping;
        };
        if self.port.trust(trust).await.is_err() || self.port.advance(self.port.epoch(), have).await.is_err() {
            return SessionEnd::Stopping;
        }
        let (cloud_has, cloud_had) = watch::channel(have);
        let control = ControlChannel {
            cloud: cloud.clone(),
            port: Arc::clone(&self.port),
            epoch: self.identity.epoch(),
            link: self.link.clone(),
            timing: self.settings.timing.clone(),
            proxy: self.settings.proxy.clone(),
            tls: Arc::clone(&self.tls),
            version: self.version.clone(),
            hello: joined.hello,
            heartbeat: self.heartbeat.clone(),
            cloud_has,
            flush: Arc::clone(&self.flush),
            known_keys: self.known_keys(&joined),
        };
        let batches = Batches {
            cloud,
            port: Arc::clone(&self.port),
            edge: self.identity.edge(),
            epoch: self.identity.epoch(),
            after: self.identity.branched_after(),
            confirmed,
            timing: self.settings.timing.clone(),
            link: self.link.clone(),
            cloud_has: cloud_had,
            flush: Arc::clone(&self.flush),
        };
        tokio::select! {
            ended = Box::pin(control.run(shutdown.clone())) => match ended {
                control::ChannelEnd::Refused(reason) => SessionEnd::Refused(reason),
                control::ChannelEnd::Rejoin => SessionEnd::Rejoin,
                control::ChannelEnd::NewKey(key) => SessionEnd::NewKey(key),
                control::ChannelEnd::Stopping
                | control::ChannelEnd::Blocked(_)
                | control::ChannelEnd::Lost { .. }
                | control::ChannelEnd::TrySocket => SessionEnd::Stopping,
            },
            ended = Box::pin(batches.run(have, shutdown.clone())) => match ended {
                batches::BatchesEnd::Refused(reason) => SessionEnd::Refused(reason),
                batches::BatchesEnd::Rejoin => SessionEnd::Rejoin,
                batches::BatchesEnd::Stopping => SessionEnd::Stopping,
            },
        }
    }
}

impl UplinkSession {
    /// What the cloud had confirmed before this session; none: the edge is stopping.
    async fn confirmed(&self, have: LaneCursors) -> Option<LaneCursors> {
        let confirmed = self.port.status().await.ok()?.cursor;
        let behind = Lane::ALL.iter().any(|lane| have.of(*lane) < confirmed.of(*lane));
        if behind && self.identity.branched_after() == LaneCursors::default() {
            tracing::warn!(has = %have.facts, had = %confirmed.facts, "the cloud lost what it had confirmed; what is still here is sent again");
        }
        Some(confirmed)
    }
}

/// Waits; breaks off where the edge stops meanwhile.
async fn pause(wait: Duration, shutdown: &CancellationToken) -> std::ops::ControlFlow<()> {
    tokio::select! {
        () = shutdown.cancelled() => std::ops::ControlFlow::Break(()),
        () = tokio::time::sleep(wait) => std::ops::ControlFlow::Continue(()),
    }
}
