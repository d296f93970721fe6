//! The outlet: where a driver says what it saw, and learns that it is on disk.

use protocol::{Fact, Origin};
use tokio::sync::{mpsc, oneshot};

/// One thing a driver saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// What happened.
    pub fact: Fact,
    /// From the device's own log, back-filled: triggers nothing.
    pub replay: bool,
    /// Its place in the device's own log.
    pub origin: Option<Origin>,
}

impl Seen {
    /// Something that happened now and stands in no log of the device.
    pub fn now(fact: Fact) -> Self {
        Self {
            fact,
            replay: false,
            origin: None,
        }
    }
}

/// How a device is, as its driver sees it. Saying the same twice is one fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It can be talked to.
    Online {
        /// Firmware version, where it said so.
        fw: Option<String>,
    },
    /// It answers, but not as it should.
    Degraded {
        /// A short stable word.
        reason: String,
    },
}

/// What goes through the outlet.
#[derive(Debug)]
pub enum Told {
    /// Facts, in order, with the place to say that they are on disk.
    Facts(Observation),
    /// The device's state.
    State(State),
    /// The device was heard: renews its lease.
    Alive,
}

/// Facts on their way to the journal.
#[derive(Debug)]
pub struct Observation {
    /// In order.
    pub seen: Vec<Seen>,
    /// Answered once they are on disk, or refused.
    pub done: oneshot::Sender<Result<(), Refused>>,
}

/// Why facts were not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The edge is stopping.
    #[error("the edge is stopping")]
    Stopping,
    /// The edge will not take them now; the device keeps them and is asked again later.
    #[error("the edge refuses new facts: {0}")]
    NotNow(String),
}

/// Where a driver says what it saw.
#[derive(Debug, Clone)]
pub struct Outlet(mpsc::Sender<Told>);

impl Outlet {
    /// An outlet and its other end.
    pub fn new(depth: usize) -> (Self, mpsc::Receiver<Told>) {
        let (sender, receiver) = mpsc::channel(depth);
        (Self(sender), receiver)
    }
    /// Hands facts over and waits until they are on disk. A driver pulls no further before: the disk sets the pace.
    pub async fn report(&self, seen: Vec<Seen>) -> Result<(), Refused> {
        if seen.is_empty() {
            return Ok(());
        }
        let (done, answer) = oneshot::channel();
        self.0
            .send(Told::Facts(Observation { seen, done }))
            .await
            .map_err(|_| Refused::Stopping)?;
        answer.await.unwrap_or(Err(Refused::Stopping))
    }
    /// Says how the device is.
    pub async fn state(&self, state: State) -> Result<(), Refused> {
        self.0.send(Told::State(state)).await.map_err(|_| Refused::Stopping)
    }
    /// Says that the device was heard.
    pub async fn alive(&self) -> Result<(), Refused> {
        self.0.send(Told::Alive).await.map_err(|_| Refused::Stopping)
    }
}
