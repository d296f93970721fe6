//! Everything of a broker but its listeners: put together here, taken apart in order at the end.
//!
//! The session task outlives the connections, which hand their sessions back to it; the persister outlives the session task.

use super::BrokerError;
use crate::{
    admission::Admission,
    audit_log::AuditLog,
    context::BrokerContext,
    credentials::DeviceCredentials,
    kernel_port::KernelPort,
    persister::Persister,
    router,
    sessions::{self, DueWill, SessionsSetup},
    settings::BrokerLimits,
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
pub(crate) struct BrokerTasks {
    pub(crate) context: Arc<BrokerContext>,
    /// Changes whenever the router gives back what it was given.
    pub(crate) seen: watch::Receiver<()>,
    ending: CancellationToken,
    session_task: JoinHandle<()>,
    persister_task: JoinHandle<()>,
    executing: JoinHandle<()>,
}

impl BrokerTasks {
    /// Starts the router, and puts back what the last run kept.
    pub(crate) async fn assemble(
        kernel: Arc<dyn KernelPort>,
        limits: BrokerLimits,
        credentials: watch::Receiver<Arc<DeviceCredentials>>,
        abort: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<Self, BrokerError> {
        let started = tokio::task::spawn_blocking(router::start)
            .await
            .map_err(|_| BrokerError::Router)?;
        let (router_sender, router_receiver, seen) = started.map_err(|_| BrokerError::Router)?;
        let audit_log = Arc::new(AuditLog::new(Arc::clone(&kernel)));
        let (persister, persister_task) = Persister::start(Arc::clone(&kernel));
        let (wills, due) = mpsc::channel(WILLS);
        let ending = CancellationToken::new();
        let setup = SessionsSetup {
            kernel: Arc::clone(&kernel),
            audit_log: Arc::clone(&audit_log),
            persister,
            router_receiver,
            limits: limits.clone(),
            wills,
            abort,
        };
        let started = sessions::start(setup, ending.clone()).await;
        let (sessions, session_task) = started.map_err(BrokerError::Restore)?;
        let admission = Admission::new(&limits);
        let context = Arc::new(BrokerContext {
            kernel,
            router_sender,
            sessions,
            audit_log,
            admission,
            limits,
            credentials,
        });
        let executing = tokio::spawn(execute(due, Arc::clone(&context)));
        Ok(Self {
            context,
            seen,
            ending,
            session_task,
            persister_task,
            executing,
        })
    }

    /// Waits for `shutdown`, then ends connections, session task, wills and persister, in this order.
    pub(crate) async fn stop(self, connections: TaskTracker, shutdown: CancellationToken) {
        shutdown.cancelled().await;
        connections.close();
        let shutdown_grace = self.context.limits.shutdown_grace;
        if time::timeout(shutdown_grace, connections.wait()).await.is_err() {
            tracing::warn!("connections did not end in time");
        }
        self.ending.cancel();
        let _ = self.session_task.await;
        let _ = time::timeout(shutdown_grace, self.executing).await;
        let _ = time::timeout(shutdown_grace, self.persister_task).await;
    }
}

/// Publishes wills as they fall due, until the session task that sends them ends.
async fn execute(mut due: mpsc::Receiver<DueWill>, context: Arc<BrokerContext>) {
    while let Some(will) = due.recv().await {
        context.publish_will(will).await;
    }
}
