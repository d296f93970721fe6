//! The broker as the agent holds it: start, addresses, what goes down to devices, and a good end.
//!
//! What is asked of an absent device is refused, never kept for later.

mod tasks;

pub(crate) use tasks::BrokerTasks;

use crate::{
    context::BrokerContext,
    credentials::DeviceCredentials,
    kernel_port::KernelPort,
    listener::listen,
    retained::{RetainedFull, RetainedMessage},
    router::{Publication, Recipients},
    sessions::DeliveryError,
    settings::Settings,
    wire::QoS,
};
use edge_kernel::{Port, Refusal};
use protocol::{
    DeviceId,
    lan::Request,
    topic::{Leaf, Topic},
};
use serde_json::Value;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{self, Instant},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Why the broker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// A listener's address cannot be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The router did not come up.
    #[error("cannot start the router")]
    Router,
    /// What the last run kept cannot be read.
    #[error("cannot read retained publications and sessions")]
    Restore(#[source] Refusal),
}

/// Why a publication to devices was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Settings are a JSON object.
    #[error("the settings of {0} are no JSON object")]
    NotAnObject(DeviceId),
    /// Not a leaf below `ostona/v1/site/`.
    #[error("{0:?} is no topic below site/")]
    NoTopic(String),
    /// The retained publications' budget is used up.
    #[error("no room for another retained publication")]
    NoRoom,
    /// The kernel could not make it durable.
    #[error("cannot keep the publication")]
    Keep(#[source] Refusal),
    /// The broker is stopping.
    #[error("the broker is stopping")]
    Stopping,
}

/// A running broker.
#[derive(Clone)]
pub struct Broker {
    context: Arc<BrokerContext>,
    plain: Option<SocketAddr>,
    tls: Option<SocketAddr>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker")
            .field("plain", &self.plain)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl Broker {
    /// Starts listening. Devices whose credentials disappear from `credentials` are disconnected. Ends with `shutdown`;
    /// wait for [`Broker::stopped`] before the kernel is stopped.
    pub async fn start(
        settings: Settings,
        credentials: watch::Receiver<Arc<DeviceCredentials>>,
        port: Port,
        shutdown: CancellationToken,
    ) -> Result<Self, BrokerError> {
        Self::start_with(settings, credentials, Arc::new(port), shutdown).await
    }

    pub(crate) async fn start_with(
        settings: Settings,
        credentials: watch::Receiver<Arc<DeviceCredentials>>,
        kernel: Arc<dyn KernelPort>,
        shutdown: CancellationToken,
    ) -> Result<Self, BrokerError> {
        let Settings {
            plain,
            tls,
            limits,
            abort,
        } = settings;
        let plain = bind(plain).await?;
        let (tls, config) = tls.map_or((None, None), |(address, config)| (Some(address), Some(config)));
        let tls = bind(tls).await?;
        let parts = BrokerTasks::assemble(kernel, limits, credentials, Arc::clone(&abort)).await?;
        let context = Arc::clone(&parts.context);

        let (tasks, connections) = (TaskTracker::new(), TaskTracker::new());
        let watching = context.router_sender.clone().watch(
            parts.seen.clone(),
            context.limits.router_silence,
            abort,
            shutdown.clone(),
        );
        tasks.spawn(watching);
        let (plain_at, tls_at) = (
            plain.as_ref().map(|listener| listener.1),
            tls.as_ref().map(|listener| listener.1),
        );
        for (listener, config) in [(plain, None), (tls, config)] {
            let Some((socket, _)) = listener else { continue };
            let (context, connections) = (Arc::clone(&context), connections.clone());
            tasks.spawn(listen(socket, config, context, connections, shutdown.clone()));
        }
        tasks.spawn(parts.stop(connections, shutdown.clone()));
        tasks.close();
        Ok(Self {
            context,
            plain: plain_at,
            tls: tls_at,
            tasks,
            shutdown,
        })
    }

    /// Where the plain listener listens.
    pub fn plain(&self) -> Option<SocketAddr> {
        self.plain
    }

    /// Where the TLS listener listens.
    pub fn tls(&self) -> Option<SocketAddr> {
        self.tls
    }

    /// Publishes the settings a device should run with, retained, and waits until that is on disk. `version` is added
    /// to the object.
    pub async fn publish_desired(&self, device: &DeviceId, settings: Value, version: u64) -> Result<(), PublishError> {
        let Value::Object(mut settings) = settings else {
            return Err(PublishError::NotAnObject(device.clone()));
        };
        settings.insert("version".to_owned(), version.into());
        let payload = Value::Object(settings).to_string().into_bytes();
        let topic = Topic::of(device, Leaf::Desired).to_string();
        self.publish(Recipients::Device(device.clone()), topic, payload, true)
            .await
    }

    /// Publishes to every device of the site below `ostona/v1/site/`, retained, and waits until that is on disk. An
    /// empty payload forgets what was retained.
    pub async fn publish_site(&self, leaf: &str, payload: Vec<u8>) -> Result<(), PublishError> {
        let topic = Topic::Site(leaf.to_owned()).to_string();
        match topic.parse::<Topic>() {
            Ok(Topic::Site(_)) => self.publish(Recipients::Site, topic, payload, true).await,
            Ok(Topic::Device(..) | Topic::Own(..)) | Err(_) => Err(PublishError::NoTopic(leaf.to_owned())),
        }
    }

    /// Asks a device that is connected and subscribed now. `Ok`: its connection has taken the request over before
    /// `deadline`. The device's answer settles the command with the kernel; whoever asked watches the clock.
    pub async fn request(&self, device: &DeviceId, request: Request, deadline: Instant) -> Result<(), DeliveryError> {
        let asking = self.context.sessions.request(device.clone(), request, deadline);
        time::timeout_at(deadline, asking)
            .await
            .unwrap_or(Err(DeliveryError::Expired))
    }

    /// Waits until everything has ended after `shutdown`.
    pub async fn stopped(&self) {
        self.shutdown.cancelled().await;
        self.tasks.wait().await;
    }

    async fn publish(
        &self,
        recipients: Recipients,
        topic: String,
        payload: Vec<u8>,
        retain: bool,
    ) -> Result<(), PublishError> {
        let kept = match &recipients {
            Recipients::Device(device) => {
                let payload = payload.clone().into();
                self.context
                    .retain(device, &topic, &payload, QoS::AtLeastOnce, None)
                    .await
            }
            Recipients::Site => {
                let kept = RetainedMessage {
                    payload: payload.clone().into(),
                    qos: QoS::AtLeastOnce,
                    expires: None,
                };
                let prefix = format!("{}/site/", protocol::topic::ROOT);
                self.context
                    .sessions
                    .retain(prefix, topic.clone(), (!payload.is_empty()).then_some(kept))
                    .await
            }
        };
        let kept = kept
            .map_err(|_| PublishError::Stopping)?
            .map_err(|RetainedFull| PublishError::NoRoom)?;
        let (payload, qos) = (payload.into(), QoS::AtLeastOnce);
        let publication = Publication {
            topic: topic.into(),
            payload,
            qos,
            retain,
            local: false,
            expiry: None,
        };
        self.context
            .router_sender
            .send(&recipients, &publication)
            .await
            .map_err(|_| PublishError::Stopping)?;
        kept.await.unwrap_or(Err(Refusal::Stopping)).map_err(PublishError::Keep)
    }
}

async fn bind(address: Option<SocketAddr>) -> Result<Option<(TcpListener, SocketAddr)>, BrokerError> {
    let Some(address) = address else { return Ok(None) };
    let listen = |source| BrokerError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let bound = listener.local_addr().map_err(listen)?;
    Ok(Some((listener, bound)))
}
