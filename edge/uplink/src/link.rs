//! Whether there is a link to the cloud, for the site's own pages and as facts.
//!
//! Up and down are recorded once per change and only after something real: an answer of the cloud, or none for as long
//! as the cloud itself takes to call an edge offline. A reconnect within that time is no outage.

use crate::client::EdgeRefusal;
use edge_kernel::{FactEntry, Port};
use protocol::{Actor, Fact, fact::LinkChange};
use std::time::Duration;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// The road by which commands come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlTransport {
    /// The WebSocket.
    Socket,
    /// Requests, where WebSockets are blocked.
    Rest,
}

impl ControlTransport {
    /// As facts spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            ControlTransport::Socket => "socket",
            ControlTransport::Rest => "rest",
        }
    }
}

/// How the link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Nothing was exchanged yet.
    Starting,
    /// The cloud answers.
    Up {
        /// By which road commands come.
        via: ControlTransport,
    },
    /// It does not.
    Down,
    /// It turns this edge away; everything but a rare question stands still.
    TurnedAway(EdgeRefusal),
}

/// Something that tells about the link.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LinkReport {
    /// The control channel heard the cloud.
    Control(ControlTransport),
    /// The cloud answered a batch.
    Stored,
    /// The cloud turned us away.
    Refused(EdgeRefusal),
}

/// A way to report signs.
#[derive(Debug, Clone)]
pub(crate) struct LinkReporter(mpsc::Sender<LinkReport>);

impl LinkReporter {
    /// Waits where many signs wait already. Nobody listens any more: the edge is stopping, and it does not matter.
    pub(crate) async fn report(&self, sign: LinkReport) {
        let _ = self.0.send(sign).await;
    }
}

/// The watch over the link; ends on shutdown.
pub(crate) struct LinkWatcher {
    signs: mpsc::Receiver<LinkReport>,
    state: watch::Sender<LinkState>,
    port: Port,
    silence: Duration,
}

impl LinkWatcher {
    pub(crate) fn new(port: Port, silence: Duration) -> (Self, LinkReporter, watch::Receiver<LinkState>) {
        let (sender, signs) = mpsc::channel(16);
        let (state, watcher) = watch::channel(LinkState::Starting);
        (
            Self {
                signs,
                state,
                port,
                silence,
            },
            LinkReporter(sender),
            watcher,
        )
    }

    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let mut heard = Instant::now();
        loop {
            let sign = tokio::select! {
                () = shutdown.cancelled() => return,
                sign = self.signs.recv() => match sign {
                    Some(sign) => Some(sign),
                    None => return,
                },
                () = tokio::time::sleep_until(heard + self.silence), if self.can_fall_silent() => None,
            };
            let before = *self.state.borrow();
            let after = next(before, sign);
            let outage = heard.elapsed();
            match sign {
                Some(LinkReport::Control(_) | LinkReport::Stored) => heard = Instant::now(),
                Some(LinkReport::Refused(_)) | None => {}
            }
            if before != after {
                self.state.send_replace(after);
                self.tell(before, after, outage).await;
            }
        }
    }

    fn can_fall_silent(&self) -> bool {
        match *self.state.borrow() {
            LinkState::Starting | LinkState::Up { .. } => true,
            LinkState::Down | LinkState::TurnedAway(_) => false,
        }
    }

    async fn tell(&self, before: LinkState, after: LinkState, outage: Duration) {
        let change = |via: ControlTransport, outage: Duration| LinkChange {
            via: via.as_str().into(),
            outage_s: outage.as_secs(),
        };
        if let LinkState::TurnedAway(reason) = after {
            tracing::warn!(%reason, "the cloud turns this edge away");
        }
        let fact = match (before, after) {
            (LinkState::Starting | LinkState::Down | LinkState::TurnedAway(_), LinkState::Up { via }) => {
                tracing::info!(via = via.as_str(), outage_s = outage.as_secs(), "the cloud answers");
                Fact::LinkUp(change(via, outage))
            }
            (LinkState::Up { via }, LinkState::Down | LinkState::TurnedAway(_)) => {
                tracing::info!("the link to the cloud is down");
                Fact::LinkDown(change(via, Duration::ZERO))
            }
            (LinkState::Starting, LinkState::Down) => {
                tracing::info!("the cloud does not answer");
                Fact::LinkDown(change(ControlTransport::Socket, Duration::ZERO))
            }
            (_, _) => return,
        };
        if let Err(refusal) = self.port.record(Actor::Edge, vec![FactEntry::from(fact)]).await {
            tracing::warn!(%refusal, "a change of the link was not recorded");
        }
    }
}

/// The state after a sign, or after silence.
fn next(before: LinkState, sign: Option<LinkReport>) -> LinkState {
    match (sign, before) {
        (None, LinkState::TurnedAway(reason)) => LinkState::TurnedAway(reason),
        (None, LinkState::Starting | LinkState::Up { .. } | LinkState::Down) => LinkState::Down,
        (Some(LinkReport::Control(via)), _) => LinkState::Up { via },
        (Some(LinkReport::Stored), LinkState::Up { via }) => LinkState::Up { via },
        (Some(LinkReport::Stored), LinkState::Starting | LinkState::Down | LinkState::TurnedAway(_)) => LinkState::Up {
            via: ControlTransport::Rest,
        },
        (Some(LinkReport::Refused(reason)), _) => LinkState::TurnedAway(reason),
    }
}
