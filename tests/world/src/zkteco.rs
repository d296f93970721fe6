//! A simulated ZKTeco terminal: the standalone protocol on one loopback port, over TCP and over UDP.
//!
//! It behaves as badly as the devices on record (facts/devices.md §2, §11), and never more conveniently than asked for.
//! What it wrote into its log and how often its door opened is the truth that tests compare with.

mod answers;
mod config;
mod device;
mod layout;
mod packet;
mod server;
#[cfg(test)]
mod tests;

pub use config::{Config, EventLayout, RecordLayout, StrayPackets, TcpSplitting, UserLayout};
pub use device::{BulkReads, Counters, Desk, Opening, UnlockReply};
pub(crate) use layout::packed;
pub use layout::{Punch, User};

use crate::port::Port;
use anyhow::Context as _;
use device::Device;
use protocol::Timestamp;
use server::{PendingServerCommand, ServerCommand, Shared};
use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, oneshot},
    task::JoinSet,
};

/// Free ports to look at until one is free for TCP and UDP.
const PORTS: u32 = 50;

/// A running terminal. Dropping it pulls its plug.
pub struct Terminal {
    address: SocketAddr,
    shared: Arc<Shared>,
    orders: mpsc::Sender<PendingServerCommand>,
    _tasks: JoinSet<()>,
}

impl Terminal {
    /// Starts a terminal on a loopback port that is free for TCP and UDP. Must be called within a tokio runtime.
    pub fn start(config: Config) -> anyhow::Result<Self> {
        let (port, udp) = ports()?;
        let address = port.address();
        let shared = Arc::new(Shared::new(Device::new(config)));
        let (orders, receiver) = mpsc::channel(16);
        let mut tasks = JoinSet::new();
        tasks.spawn(server::serve(
            port,
            udp,
            Arc::clone(&shared),
            (orders.clone(), receiver),
        ));
        Ok(Self {
            address,
            shared,
            orders,
            _tasks: tasks,
        })
    }

    /// Where it listens, TCP and UDP alike.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Somebody is identified (2 card, 15 face…) and comes (0) or goes (1). Gives the record it wrote: none where it is
    /// closed, or does not know them.
    pub fn punch(&self, person: &str, verified: u8, state: u8) -> Option<Punch> {
        let punch = self.shared.device().punch(person, verified, state)?;
        // Nobody may listen.
        let _ = self.shared.events.send(punch.clone());
        Some(punch)
    }

    /// Somebody is identified, and the live event that tells of it is lost.
    pub fn punch_unheard(&self, person: &str) -> Option<Punch> {
        self.shared.device().punch(person, 2, 0)
    }

    /// How the next unlock is answered.
    pub fn next_unlock(&self, reply: UnlockReply) {
        self.shared.device().next_unlock = reply;
    }

    /// Whether it answers who reads a large store.
    pub fn set_reads(&self, reads: BulkReads) {
        self.shared.device().reads = reads;
    }

    /// Somebody empties the log at the device.
    pub fn clear_log(&self) {
        self.shared.device().log.clear();
    }

    /// Somebody turns its clock; negative: back.
    pub fn turn_clock(&self, by_ms: i64) {
        self.shared.device().drift_ms += by_ms;
    }

    /// Ends every connection at once; new ones are accepted.
    pub async fn cut(&self) {
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

    /// Power off and on; returns when it can be connected to again.
    pub async fn reboot(&self) {
        self.order(ServerCommand::Reboot).await;
    }

    /// Every record of its log.
    pub fn log(&self) -> Vec<Punch> {
        self.shared.device().log.clone()
    }

    /// Its users.
    pub fn users(&self) -> Vec<User> {
        self.shared.device().users.clone()
    }

    /// Every time its door was unlocked.
    pub fn openings(&self) -> Vec<Opening> {
        self.shared.device().openings.clone()
    }

    /// Whether people can use it.
    pub fn desk(&self) -> Desk {
        self.shared.device().desk
    }

    /// What it counted.
    pub fn counts(&self) -> Counters {
        self.shared.device().counts
    }

    /// The time of its own clock.
    pub fn time(&self) -> Timestamp {
        self.shared.device().now()
    }

    /// How far its clock is off the building's.
    pub fn off(&self) -> Duration {
        Duration::from_millis(self.shared.device().drift_ms.unsigned_abs())
    }

    async fn order(&self, order: ServerCommand) {
        let (done, wait) = oneshot::channel();
        if self.orders.send((order, Some(done))).await.is_ok() && wait.await.is_err() {
            tracing::warn!("the simulated terminal is gone");
        }
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

fn ports() -> anyhow::Result<(Port, UdpSocket)> {
    let mut last = None;
    for _ in 0..PORTS {
        let port = Port::open()?;
        match std::net::UdpSocket::bind(port.address()) {
            Ok(udp) => {
                udp.set_nonblocking(true).context("setting up the UDP socket")?;
                return Ok((port, UdpSocket::from_std(udp).context("setting up the UDP socket")?));
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(|| anyhow::anyhow!("no ports were tried"), anyhow::Error::from))
        .context("finding a port that is free for TCP and UDP")
}
