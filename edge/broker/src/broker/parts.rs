//! Everything of a broker but its listeners: put together here, taken apart in order at the end.
//!
//! The exchange outlives the connections, which hand their sessions back to it; the scribe outlives the exchange.

use super::BrokerError;
use crate::{
    core::Core,
    credentials::Credentials,
    exchange::{self, Beginnings, DueWill},
    gate::Gate,
    ledger::Ledger,
    notes::Notes,
    router,
    scribe::Scribe,
    settings::Limits,
};
use std::sync::Arc;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Wills due at once, when the power of a whole floor fails.
const WILLS: usize = 1024;

/// A broker without listeners.
pub(crate) struct Parts {
    pub(crate) core: Arc<Core>,
    /// Changes whenever the router gives back what it was given.
    pub(crate) seen: watch::Receiver<()>,
    ending: CancellationToken,
    exchanging: JoinHandle<()>,
    scribing: JoinHandle<()>,
    executing: JoinHandle<()>,
}

impl Parts {
    /// Starts the router, and puts back what the last run kept.
    pub(crate) async fn assemble(
        ledger: Arc<dyn Ledger>,
        limits: Limits,
        credentials: watch::Receiver<Arc<Credentials>>,
        abort: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<Self, BrokerError> {
        let started = tokio::task::spawn_blocking(router::start)
            .await
            .map_err(|_| BrokerError::Router)?;
        let (inlet, outlet, seen) = started.map_err(|_| BrokerError::Router)?;
        let notes = Arc::new(Notes::new(Arc::clone(&ledger)));
        let (scribe, scribing) = Scribe::start(Arc::clone(&ledger));
        let (wills, due) = mpsc::channel(WILLS);
        let ending = CancellationToken::new();
        let begun = Beginnings {
            ledger: Arc::clone(&ledger),
            notes: Arc::clone(&notes),
            scribe,
            outlet,
            limits: limits.clone(),
            wills,
            abort,
        };
        let started = exchange::start(begun, ending.clone()).await;
        let (exchange, exchanging) = started.map_err(BrokerError::Restore)?;
        let gate = Gate::new(&limits);
        let core = Arc::new(Core {
            ledger,
            inlet,
            exchange,
            notes,
            gate,
            limits,
            credentials,
        });
        let executing = tokio::spawn(execute(due, Arc::clone(&core)));
        Ok(Self {
            core,
            seen,
            ending,
            exchanging,
            scribing,
            executing,
        })
    }

    /// Waits for `shutdown`, then ends connections, exchange, wills and scribe, in this order.
    pub(crate) async fn part(self, connections: TaskTracker, shutdown: CancellationToken) {
        shutdown.cancelled().await;
        connections.close();
        let farewell = self.core.limits.farewell;
        if time::timeout(farewell, connections.wait()).await.is_err() {
            tracing::warn!("connections did not end in time");
        }
        self.ending.cancel();
        let _ = self.exchanging.await;
        let _ = time::timeout(farewell, self.executing).await;
        let _ = time::timeout(farewell, self.scribing).await;
    }
}

/// Publishes wills as they fall due, until the exchange that sends them ends.
async fn execute(mut due: mpsc::Receiver<DueWill>, core: Arc<Core>) {
    while let Some(will) = due.recv().await {
        core.testament(will).await;
    }
}
