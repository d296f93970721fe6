//! The one place that knows every session and every retained publication.
//!
//! One task owns them; connections ask through [`MqttSessions`]. It waits for nobody: not for a slow device, not for the
//! disk.

mod table;
mod task;

pub(crate) use table::{AttachedSession, DetachRequest};
pub(crate) use task::{SessionsSetup, start};

use crate::{
    kernel_port::KernelAnswer,
    retained::{RetainedFull, RetainedMessage},
    wire::{TopicFilter, Will},
};
use protocol::{DeviceId, lan::Request};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// The session task has ended: the broker is stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the broker is stopping")]
pub(crate) struct SessionsClosed;

/// Why a request did not go out. Nothing was sent, and nothing will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// No connection now.
    #[error("the device is not connected")]
    NotConnected,
    /// Connected, but it does not listen for commands.
    #[error("the device does not subscribe to commands")]
    NotSubscribed,
    /// Its connection is clogged.
    #[error("the device takes nothing now")]
    Busy,
    /// The deadline passed before its first byte could be written.
    #[error("the deadline passed before the request could be sent")]
    Expired,
}

/// A request on its way to one connection.
#[derive(Debug)]
pub(crate) struct DeliveryRequest {
    pub(crate) request: Request,
    pub(crate) deadline: Instant,
    pub(crate) done: oneshot::Sender<Result<(), DeliveryError>>,
}

/// A connection that wants its session.
#[derive(Debug)]
pub(crate) struct AttachRequest {
    pub(crate) device: DeviceId,
    /// Begin anew.
    pub(crate) clean: bool,
    /// Seconds the session outlives the connection.
    pub(crate) expiry: u32,
    /// Cancelled when the device connects again.
    pub(crate) evict: CancellationToken,
    pub(crate) asks: mpsc::Sender<DeliveryRequest>,
    pub(crate) reply: oneshot::Sender<AttachedSession>,
}

/// What was subscribed, and when it is durable.
#[derive(Debug)]
pub(crate) struct SubscribeResult {
    /// All filters of the session now.
    pub(crate) filters: Vec<TopicFilter>,
    /// Whether each filter given up had been there.
    pub(crate) existed: Vec<bool>,
    /// For sessions that outlive their connection.
    pub(crate) durable: Option<KernelAnswer>,
}

/// What the session task is asked.
#[derive(Debug)]
pub(crate) enum SessionRequest {
    Attach(AttachRequest),
    Detach(DetachRequest),
    Subscribe {
        device: DeviceId,
        filters: Vec<TopicFilter>,
        reply: oneshot::Sender<SubscribeResult>,
    },
    Unsubscribe {
        device: DeviceId,
        filters: Vec<String>,
        reply: oneshot::Sender<SubscribeResult>,
    },
    Retain {
        prefix: String,
        topic: String,
        kept: Option<RetainedMessage>,
        reply: oneshot::Sender<Result<KernelAnswer, RetainedFull>>,
    },
    Deliver {
        device: DeviceId,
        request: DeliveryRequest,
    },
}

/// The way to the session task.
#[derive(Clone)]
pub(crate) struct MqttSessions {
    requests: mpsc::Sender<SessionRequest>,
}

impl MqttSessions {
    /// Takes a session over, ending the connection that has it.
    pub(crate) async fn attach(&self, attach: AttachRequest) -> Result<(), SessionsClosed> {
        self.requests
            .send(SessionRequest::Attach(attach))
            .await
            .map_err(|_| SessionsClosed)
    }

    /// Gives a session back.
    pub(crate) async fn detach(&self, leaving: DetachRequest) -> Result<(), SessionsClosed> {
        self.requests
            .send(SessionRequest::Detach(leaving))
            .await
            .map_err(|_| SessionsClosed)
    }

    /// Adds filters that the device may have; retained publications are in the outbox when this returns.
    pub(crate) async fn subscribe(
        &self,
        device: DeviceId,
        filters: Vec<TopicFilter>,
    ) -> Result<SubscribeResult, SessionsClosed> {
        self.call(|reply| SessionRequest::Subscribe { device, filters, reply })
            .await
    }

    /// Takes filters away.
    pub(crate) async fn unsubscribe(
        &self,
        device: DeviceId,
        filters: Vec<String>,
    ) -> Result<SubscribeResult, SessionsClosed> {
        self.call(|reply| SessionRequest::Unsubscribe { device, filters, reply })
            .await
    }

    /// Keeps the latest message of a topic, or forgets it. `prefix` is whose budget pays.
    pub(crate) async fn retain(
        &self,
        prefix: String,
        topic: String,
        kept: Option<RetainedMessage>,
    ) -> Result<Result<KernelAnswer, RetainedFull>, SessionsClosed> {
        self.call(|reply| SessionRequest::Retain {
            prefix,
            topic,
            kept,
            reply,
        })
        .await
    }

    /// Sends a request to a device that is there and listens, before the deadline or not at all.
    pub(crate) async fn request(
        &self,
        device: DeviceId,
        request: Request,
        deadline: Instant,
    ) -> Result<(), DeliveryError> {
        let (done, answer) = oneshot::channel();
        let request = DeliveryRequest {
            request,
            deadline,
            done,
        };
        self.requests
            .send(SessionRequest::Deliver { device, request })
            .await
            .map_err(|_| DeliveryError::NotConnected)?;
        answer.await.unwrap_or(Err(DeliveryError::NotConnected))
    }

    async fn call<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> SessionRequest) -> Result<T, SessionsClosed> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| SessionsClosed)?;
        answer.await.map_err(|_| SessionsClosed)
    }
}

/// A will whose time has come.
#[derive(Debug)]
pub(crate) struct DueWill {
    pub(crate) device: DeviceId,
    pub(crate) will: Will,
}
