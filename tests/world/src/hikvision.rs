//! A simulated Hikvision access terminal (DS-K1T342MWX) or camera: ISAPI over HTTP on a loopback port.
//!
//! It behaves as badly as the devices on record (facts/devices.md §1, §11), and never more conveniently than asked
//! for. What it writes into its log and how often its doors moved is the truth that tests compare with.

mod config;
mod device;
mod hosts;
mod log;
mod login;
mod parts;
mod push;
mod routes;
mod search;
mod server;
#[cfg(test)]
mod tests;
mod tls;
mod xml;

pub use config::{
    Config, DoorCommands, Model, NoMatch, PartLength, PushHostMemory, PushShape, Quirks, RenewedNonce, Replay, SignIn,
    Transport, XmlHeader,
};
pub use device::{Counters, DoorReply, ObservedFact, Opening};
pub use hosts::{HostSlot, SlotUse};
pub use log::{DoorCommand, Entry, LogEntryKind, Motion};

use crate::port::Port;
use device::Device;
use protocol::{Timestamp, fact::KeyKind};
use rustls::pki_types::CertificateDer;
use server::{PendingServerCommand, ServerCommand, Shared};
use sha2::{Digest as _, Sha256};
use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

/// A running device. Dropping it pulls its plug.
pub struct Terminal {
    address: SocketAddr,
    certificate: Option<CertificateDer<'static>>,
    shared: Arc<Shared>,
    orders: mpsc::Sender<PendingServerCommand>,
    _tasks: JoinSet<()>,
}

impl Terminal {
    /// Starts a device on a free loopback port. Must be called within a tokio runtime.
    pub fn start(config: Config) -> anyhow::Result<Self> {
        let port = Port::open()?;
        let address = port.address();
        let certificate = match config.transport {
            Transport::Http => None,
            Transport::Https => Some(tls::self_signed()?),
        };
        let (acceptor, certificate) = certificate.map(|made| (made.acceptor, made.der)).unzip();
        let shared = Arc::new(Shared::new(Device::new(config), acceptor));
        let (orders, receiver) = mpsc::channel(16);
        let mut tasks = JoinSet::new();
        tasks.spawn(server::serve(port, Arc::clone(&shared), (orders.clone(), receiver)));
        tasks.spawn(push::push(Arc::clone(&shared)));
        Ok(Self {
            address,
            certificate,
            shared,
            orders,
            _tasks: tasks,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its certificate, where it speaks HTTPS.
    pub fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.certificate.as_ref()
    }

    /// SHA-256 of its certificate in lower-case hex, as settings pin it, where it speaks HTTPS.
    pub fn fingerprint(&self) -> Option<String> {
        let der = self.certificate.as_ref()?;
        Some(Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Somebody known shows a key and is let in by the device. Gives the entry's serial number.
    pub fn badge(&self, person: &str, key: KeyKind) -> u64 {
        self.act(|device| device.badge(person, key))
    }

    /// Somebody unknown is refused. Gives the entry's serial number.
    pub fn deny(&self) -> u64 {
        self.act(|device| device.happens(LogEntryKind::Denied))
    }

    /// Somebody opens a door's leaf. Gives the entry's serial number.
    pub fn door_opened_by_hand(&self, door: u16) -> u64 {
        self.act(|device| device.happens(LogEntryKind::Opened(door)))
    }

    /// A door's leaf falls shut. Gives the entry's serial number.
    pub fn door_closed_by_hand(&self, door: u16) -> u64 {
        self.act(|device| device.happens(LogEntryKind::Closed(door)))
    }

    /// A door is opened though it is locked. Gives the entry's serial number.
    pub fn door_forced(&self, door: u16) -> u64 {
        self.act(|device| device.happens(LogEntryKind::Forced(door)))
    }

    /// A camera sees something move, or no longer. Gives the entry's serial number.
    pub fn motion(&self, motion: Motion) -> u64 {
        self.act(|device| device.happens(LogEntryKind::Motion(motion)))
    }

    /// How the next door command is answered; the ones after it are answered promptly.
    pub fn next_door_reply(&self, reply: DoorReply) {
        self.act(|device| device.next_door_reply = reply);
    }

    /// Somebody changes the password at the device.
    pub fn set_password(&self, password: &str) {
        self.act(|device| device.login.set_password(password));
    }

    /// Ends every connection at once; new ones are accepted.
    pub async fn cut(&self) {
        self.order(ServerCommand::Cut).await;
    }

    /// Ends every connection and refuses new ones.
    pub async fn go_offline(&self) {
        self.order(ServerCommand::Offline).await;
    }

    /// Accepts connections again, on the same port.
    pub async fn go_online(&self) {
        self.order(ServerCommand::Online).await;
    }

    /// Power off and on; returns when it accepts connections again.
    pub async fn reboot(&self) {
        self.order(ServerCommand::Reboot).await;
    }

    /// Empties log and settings, starts serial numbers again, and reboots.
    pub async fn factory_reset(&self) {
        self.act(Device::reset);
        self.order(ServerCommand::Reboot).await;
    }

    /// Every entry of its log.
    pub fn log(&self) -> Vec<Entry> {
        self.shared.device().entries()
    }

    /// Every door command it carried out, in order.
    pub fn openings(&self) -> Vec<Opening> {
        self.shared.device().openings.clone()
    }

    /// The last 10,000 requests it answered.
    pub fn requests(&self) -> Vec<ObservedFact> {
        self.shared.device().requests.iter().cloned().collect()
    }

    /// What it counted.
    pub fn counts(&self) -> Counters {
        self.shared.device().counts()
    }

    /// How many streams are open.
    pub fn streams_held(&self) -> usize {
        self.shared.device().streams_held()
    }

    /// Its push slots.
    pub fn hosts(&self) -> Vec<HostSlot> {
        self.shared.device().hosts.slots().to_vec()
    }

    /// The time of its own clock.
    pub fn time(&self) -> Timestamp {
        self.shared.device().now()
    }

    /// For how long it is still locked.
    pub fn locked_for(&self) -> Option<Duration> {
        let device = self.shared.device();
        let now = device.config.clock.now();
        device.login.locked_until(now).map(|until| until.since(now))
    }

    fn act<T>(&self, act: impl FnOnce(&mut Device) -> T) -> T {
        let result = act(&mut self.shared.device());
        self.shared.wake();
        result
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
