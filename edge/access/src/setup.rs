//! Whom each gate lets through: the lists of keys in force. A gate without a list lets nobody through.

use protocol::{
    DeviceId,
    access::{AccessKey, Credential, GateKeys, UnsyncedClockPolicy},
};
use std::{collections::BTreeMap, sync::Arc};

/// The lists of all gates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GateLists {
    gates: BTreeMap<DeviceId, Arc<GateKeys>>,
}

/// A change of who is let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyChange {
    /// A gate's list, whole.
    Listed {
        /// Which gate.
        device: DeviceId,
        /// Whom it lets through.
        keys: Arc<GateKeys>,
    },
    /// A device that is configured no more: nobody is let through there.
    Removed {
        /// Which device.
        device: DeviceId,
    },
}

impl GateLists {
    /// The key of what was shown at a gate, and what holds there while nobody knows the time.
    pub(crate) fn key(&self, gate: &DeviceId, credential: Credential) -> Option<(&AccessKey, UnsyncedClockPolicy)> {
        let gate = self.gates.get(gate)?;
        Some((gate.keys.get(credential)?, gate.unsynced_clock))
    }

    pub(crate) fn take(&mut self, change: KeyChange) {
        match change {
            KeyChange::Listed { device, keys } => drop(self.gates.insert(device, keys)),
            KeyChange::Removed { device } => drop(self.gates.remove(&device)),
        }
    }
}
