//! Whom each gate lets through: the lists of keys in force. A gate without a list lets nobody through.

use protocol::{
    DeviceId,
    access::{Credential, Key, Keys},
};
use std::{collections::BTreeMap, sync::Arc};

/// The lists of all gates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setup {
    gates: BTreeMap<DeviceId, Arc<Keys>>,
}

/// A change of who is let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A gate's list, whole.
    Listed {
        /// Which gate.
        device: DeviceId,
        /// Whom it lets through.
        keys: Arc<Keys>,
    },
    /// A device that is configured no more: nobody is let through there.
    Removed {
        /// Which device.
        device: DeviceId,
    },
}

impl Setup {
    /// The key of what was shown at a gate.
    pub(crate) fn key(&self, gate: &DeviceId, credential: Credential) -> Option<&Key> {
        self.gates.get(gate)?.get(credential)
    }

    pub(crate) fn take(&mut self, change: Change) {
        match change {
            Change::Listed { device, keys } => drop(self.gates.insert(device, keys)),
            Change::Removed { device } => drop(self.gates.remove(&device)),
        }
    }
}
