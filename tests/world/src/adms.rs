//! A simulated terminal that pushes (ZKTeco ADMS): it calls an address, tells its rows, and carries out what it fetches.
//!
//! It behaves as badly as the devices on record (facts/devices.md §2.2, §11), and never more conveniently than asked for.
//! What it wrote into its log, whom it knows and how often its door opened is the truth that tests compare with.

mod client;
mod config;
mod device;
mod life;
#[cfg(test)]
mod tests;

pub use config::{CommandReplies, Config, RowUpload};
pub use device::{Counters, Opening, Punch, User};

use device::Device;
use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{sync::Notify, task::JoinSet};

/// A running terminal. Dropping it pulls its plug.
pub struct Terminal {
    shared: Arc<Shared>,
    _life: JoinSet<()>,
}

/// What the terminal's life and its owner share.
struct Shared {
    device: Mutex<Device>,
    /// Somebody did something at the device.
    stirred: Notify,
}

impl Shared {
    fn device(&self) -> MutexGuard<'_, Device> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Terminal {
    /// Starts a terminal that calls `server`. Must be called within a tokio runtime.
    pub fn start(config: Config, server: SocketAddr) -> Self {
        let shared = Arc::new(Shared {
            device: Mutex::new(Device::new(config, server)),
            stirred: Notify::new(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(life::live(Arc::clone(&shared)));
        Self { shared, _life: tasks }
    }

    /// From now on it calls another address.
    pub fn lead_to(&self, server: SocketAddr) {
        self.shared.device().server = Some(server);
        self.shared.stirred.notify_one();
    }

    /// It calls nobody, though it goes on writing its log.
    pub fn go_offline(&self) {
        self.shared.device().server = None;
    }

    /// Somebody is identified (2 card, 15 face…) and comes (0) or goes (1).
    pub fn punch(&self, person: &str, verified: u8, state: u8) -> Punch {
        let punch = self.shared.device().punch(person, verified, state);
        self.shared.stirred.notify_one();
        punch
    }

    /// Somebody is enrolled at the device itself.
    pub fn enrol(&self, user: User) {
        self.shared.device().enrol(user);
        self.shared.stirred.notify_one();
    }

    /// Somebody turns its clock; negative: back.
    pub fn turn_clock(&self, by_ms: i64) {
        self.shared.device().drift_ms += by_ms;
    }

    /// Every row of its log.
    pub fn log(&self) -> Vec<Punch> {
        self.shared.device().log.clone()
    }

    /// Its users, by number.
    pub fn users(&self) -> Vec<User> {
        self.shared.device().users.values().cloned().collect()
    }

    /// Every time its door was unlocked.
    pub fn openings(&self) -> Vec<Opening> {
        self.shared.device().openings.clone()
    }

    /// What it counted.
    pub fn counts(&self) -> Counters {
        self.shared.device().counts
    }

    /// Every command it ever fetched, without its number.
    pub fn fetched(&self) -> Vec<String> {
        self.shared.device().fetched.clone()
    }

    /// How it was told to behave when it registered last.
    pub fn greeting(&self) -> String {
        self.shared.device().greeting.clone()
    }

    /// How far its clock is off the building's, milliseconds ahead.
    pub fn off_ms(&self) -> i64 {
        self.shared.device().drift_ms
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal")
            .field("serial", &self.shared.device().config.serial_number)
            .finish_non_exhaustive()
    }
}
