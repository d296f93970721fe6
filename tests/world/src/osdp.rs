//! Simulated OSDP v2 readers on one bus, a pseudo-terminal: secure channel, keys, and everything that goes wrong on RS-485.
//!
//! Written from the standard (SIA OSDP 2.2) and the recorded conversations, not from our adapter, so that one mistake is
//! not made on both sides. What a reader was given and did is the truth that tests compare with.

mod frame;
mod pd;
mod secure;
#[cfg(test)]
mod tests;

pub use pd::{Counters, Pd, PdAction};

use crate::pty::Pty;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{task::JoinSet, time::Instant};

/// Readers on one bus. Dropping it cuts the cable.
#[derive(Debug)]
pub struct Bus {
    path: String,
    readers: Arc<Mutex<Vec<Pd>>>,
    _serving: JoinSet<()>,
}

impl Bus {
    /// Starts these readers on a pseudo-terminal of their own. Must be called within a tokio runtime.
    pub fn start(readers: Vec<Pd>) -> anyhow::Result<Self> {
        let cable = Pty::open()?;
        let path = cable.path().to_owned();
        let readers = Arc::new(Mutex::new(readers));
        let mut serving = JoinSet::new();
        serving.spawn(serve(cable, Arc::clone(&readers)));
        Ok(Self {
            path,
            readers,
            _serving: serving,
        })
    }

    /// The end of the cable for the panel: a serial port.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The readers, in the order given.
    pub fn readers(&self) -> MutexGuard<'_, Vec<Pd>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(mut cable: Pty, readers: Arc<Mutex<Vec<Pd>>>) {
    // A real reader takes a moment.
    const MOMENT: Duration = Duration::from_millis(3);
    while let Ok(heard) = cable.read().await {
        tokio::time::sleep(MOMENT).await;
        let now = Instant::now();
        let replies: Vec<u8> = {
            let mut readers = readers.lock().unwrap_or_else(PoisonError::into_inner);
            readers.iter_mut().flat_map(|reader| reader.hear(&heard, now)).collect()
        };
        if !replies.is_empty() && cable.write(&replies).await.is_err() {
            return;
        }
    }
}
