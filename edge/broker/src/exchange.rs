//! The one place that knows every session and every retained publication.
//!
//! One task owns them; connections ask through an [`Exchange`]. It waits for nobody: not for a slow device, not for the
//! disk.

mod sessions;
mod task;

pub(crate) use sessions::{Attached, Leaving};
pub(crate) use task::{Beginnings, start};

use crate::{
    ledger::Answer,
    retained::{Kept, NoRoom},
    wire::{Filter, Will},
};
use protocol::{DeviceId, lan::Request};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// The exchange has ended: the broker is stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the broker is stopping")]
pub(crate) struct Gone;

/// Why a request did not go out. Nothing was sent, and nothing will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Absent {
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
pub(crate) struct Ask {
    pub(crate) request: Request,
    pub(crate) deadline: Instant,
    pub(crate) done: oneshot::Sender<Result<(), Absent>>,
}

/// A connection that wants its session.
#[derive(Debug)]
pub(crate) struct Attach {
    pub(crate) device: DeviceId,
    /// Begin anew.
    pub(crate) clean: bool,
    /// Seconds the session outlives the connection.
    pub(crate) expiry: u32,
    /// Cancelled when the device connects again.
    pub(crate) evict: CancellationToken,
    pub(crate) asks: mpsc::Sender<Ask>,
    pub(crate) reply: oneshot::Sender<Attached>,
}

/// What was subscribed, and when it is durable.
#[derive(Debug)]
pub(crate) struct Subscribed {
    /// All filters of the session now.
    pub(crate) filters: Vec<Filter>,
    /// Whether each filter given up had been there.
    pub(crate) existed: Vec<bool>,
    /// For sessions that outlive their connection.
    pub(crate) durable: Option<Answer>,
}

/// What the exchange is asked.
#[derive(Debug)]
pub(crate) enum Word {
    Attach(Attach),
    Detach(Leaving),
    Subscribe {
        device: DeviceId,
        filters: Vec<Filter>,
        reply: oneshot::Sender<Subscribed>,
    },
    Unsubscribe {
        device: DeviceId,
        filters: Vec<String>,
        reply: oneshot::Sender<Subscribed>,
    },
    Keep {
        prefix: String,
        topic: String,
        kept: Option<Kept>,
        reply: oneshot::Sender<Result<Answer, NoRoom>>,
    },
    Ask {
        device: DeviceId,
        ask: Ask,
    },
}

/// The way to the exchange.
#[derive(Clone)]
pub(crate) struct Exchange {
    words: mpsc::Sender<Word>,
}

impl Exchange {
    /// Takes a session over, ending the connection that has it.
    pub(crate) async fn attach(&self, attach: Attach) -> Result<(), Gone> {
        self.words.send(Word::Attach(attach)).await.map_err(|_| Gone)
    }

    /// Gives a session back.
    pub(crate) async fn detach(&self, leaving: Leaving) -> Result<(), Gone> {
        self.words.send(Word::Detach(leaving)).await.map_err(|_| Gone)
    }

    /// Adds filters that the device may have; retained publications are in the outbox when this returns.
    pub(crate) async fn subscribe(&self, device: DeviceId, filters: Vec<Filter>) -> Result<Subscribed, Gone> {
        self.ask_for(|reply| Word::Subscribe { device, filters, reply }).await
    }

    /// Takes filters away.
    pub(crate) async fn unsubscribe(&self, device: DeviceId, filters: Vec<String>) -> Result<Subscribed, Gone> {
        self.ask_for(|reply| Word::Unsubscribe { device, filters, reply }).await
    }

    /// Keeps the last word on a topic, or forgets it. `prefix` is whose budget pays.
    pub(crate) async fn keep(
        &self,
        prefix: String,
        topic: String,
        kept: Option<Kept>,
    ) -> Result<Result<Answer, NoRoom>, Gone> {
        self.ask_for(|reply| Word::Keep {
            prefix,
            topic,
            kept,
            reply,
        })
        .await
    }

    /// Sends a request to a device that is there and listens, before the deadline or not at all.
    pub(crate) async fn request(&self, device: DeviceId, request: Request, deadline: Instant) -> Result<(), Absent> {
        let (done, answer) = oneshot::channel();
        let ask = Ask {
            request,
            deadline,
            done,
        };
        self.words
            .send(Word::Ask { device, ask })
            .await
            .map_err(|_| Absent::NotConnected)?;
        answer.await.unwrap_or(Err(Absent::NotConnected))
    }

    async fn ask_for<T>(&self, word: impl FnOnce(oneshot::Sender<T>) -> Word) -> Result<T, Gone> {
        let (reply, answer) = oneshot::channel();
        self.words.send(word(reply)).await.map_err(|_| Gone)?;
        answer.await.map_err(|_| Gone)
    }
}

/// A will whose time has come.
#[derive(Debug)]
pub(crate) struct DueWill {
    pub(crate) device: DeviceId,
    pub(crate) will: Will,
}
