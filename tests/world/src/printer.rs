//! Simulated printers: a receipt printer that understands ESC/POS, and a label printer that understands ZPL.
//!
//! They behave as badly as the real ones were seen to (facts/devices.md §4, §11), and never more conveniently than asked
//! for. What lies below the blade, and how often the blade fell, is the truth that tests compare with.

mod command;
mod labels;
mod mechanism;
mod picture;
mod server;
#[cfg(test)]
mod tests;

pub use labels::{LabelConfig, LabelPrinter};
pub use mechanism::{Answers, Counters, PartState, Sheet};
pub use picture::Picture;

use crate::port::Port;
use mechanism::Mechanism;
use server::{ServerCommand, Shared};
use std::{fmt, net::SocketAddr, sync::Arc};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::Instant,
};

/// How a receipt printer is built.
#[derive(Debug, Clone)]
pub struct Config {
    /// Dots across its paper.
    pub width: u32,
    /// Rows of dots on the roll.
    pub roll: u32,
    /// Rows before its end from which the sensor sees little left.
    pub near_end: u32,
    /// Bytes it takes per second; none: as many as come.
    pub pace: Option<u32>,
    /// Bytes it holds that are not printed yet.
    pub room: usize,
    /// How its answers come.
    pub answers: Answers,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            width: 576,
            roll: 100_000,
            near_end: 800,
            pace: None,
            room: 64 * 1024,
            answers: Answers::Whole,
        }
    }
}

/// A running receipt printer. Dropping it pulls its plug.
pub struct Printer {
    address: SocketAddr,
    shared: Arc<Shared>,
    orders: mpsc::Sender<(ServerCommand, oneshot::Sender<()>)>,
    _tasks: JoinSet<()>,
}

impl Printer {
    /// Starts a printer on a loopback port. Must be called within a tokio runtime.
    pub fn start(config: Config) -> anyhow::Result<Self> {
        let port = Port::open()?;
        let address = port.address();
        let shared = Arc::new(Shared::new(Mechanism::new(config)));
        let (orders, receiver) = mpsc::channel(16);
        let mut tasks = JoinSet::new();
        tasks.spawn(server::serve(port, Arc::clone(&shared), receiver));
        Ok(Self {
            address,
            shared,
            orders,
            _tasks: tasks,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every sheet that was cut off, the oldest first.
    pub fn sheets(&self) -> Vec<Sheet> {
        self.shared.mechanism().sheets.clone()
    }

    /// What hangs out of it, not cut off.
    pub fn hanging(&self) -> Sheet {
        self.shared.mechanism().hanging.clone()
    }

    /// What it counted.
    pub fn counts(&self) -> Counters {
        self.shared.mechanism().counts
    }

    /// When each sheet began: the first of its dots came in.
    pub fn began(&self) -> Vec<Instant> {
        self.shared.mechanism().began.clone()
    }

    /// So many rows are left on the roll; none: it has run out. A roll put in lets it go on with what it holds.
    pub fn set_roll(&self, rows: u32) {
        self.shared.change(|mechanism| mechanism.roll = rows);
    }

    /// Somebody opens its cover.
    pub fn open_cover(&self) {
        self.shared.change(|mechanism| mechanism.cover = PartState::Fails);
    }

    /// Somebody closes it.
    pub fn close_cover(&self) {
        self.shared.change(|mechanism| mechanism.cover = PartState::Works);
    }

    /// Whether its cutter works.
    pub fn set_cutter(&self, cutter: PartState) {
        self.shared.change(|mechanism| mechanism.cutter = cutter);
    }

    /// How its answers come from now on.
    pub fn set_answers(&self, answers: Answers) {
        self.shared.change(|mechanism| mechanism.config.answers = answers);
    }

    /// How many bytes it takes per second from now on.
    pub fn set_pace(&self, pace: Option<u32>) {
        self.shared.change(|mechanism| mechanism.config.pace = pace);
    }

    /// Says how it is, though nothing changed.
    pub fn murmur(&self) {
        self.shared.change(Mechanism::murmur);
    }

    /// Ends every connection at once; new ones are accepted.
    pub async fn cut_line(&self) {
        self.order(ServerCommand::Cut).await;
    }

    /// Ends every connection and hears nobody.
    pub async fn go_offline(&self) {
        self.order(ServerCommand::Offline).await;
    }

    /// Hears people again, on the same port.
    pub async fn go_online(&self) {
        self.order(ServerCommand::Online).await;
    }

    async fn order(&self, order: ServerCommand) {
        let (done, wait) = oneshot::channel();
        if self.orders.send((order, done)).await.is_ok() && wait.await.is_err() {
            tracing::warn!("the simulated printer is gone");
        }
    }
}

impl fmt::Debug for Printer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
