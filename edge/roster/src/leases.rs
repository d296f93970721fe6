//! Leases: who was heard when. Lives in memory only: after a restart everybody gets a fresh lease.

use protocol::DeviceId;
use std::collections::BTreeMap;

/// Milliseconds a device may be silent where nobody says otherwise (A48: offline at 45 s).
pub const DEFAULT_LEASE_MS: u64 = 45_000;

/// When each device was heard last, by the monotonic clock.
#[derive(Debug, Default)]
pub struct Leases {
    renewed_at: BTreeMap<DeviceId, u64>,
    terms: BTreeMap<DeviceId, u64>,
}

impl Leases {
    /// The device was heard.
    pub fn renew(&mut self, device: &DeviceId, up_ms: u64) {
        match self.renewed_at.get_mut(device) {
            Some(heard) => *heard = up_ms,
            None => {
                self.renewed_at.insert(device.clone(), up_ms);
            }
        }
    }
    /// How long the device may be silent, milliseconds; none: as long as everybody.
    pub fn set_term(&mut self, device: DeviceId, term_ms: Option<u64>) {
        match term_ms {
            Some(term_ms) => self.terms.insert(device, term_ms),
            None => self.terms.remove(&device),
        };
    }
    /// The device is gone.
    pub fn forget(&mut self, device: &DeviceId) {
        self.renewed_at.remove(device);
        self.terms.remove(device);
    }
    /// Whether the lease has run out. A device never heard in this run has none to lose.
    pub fn is_over(&self, device: &DeviceId, up_ms: u64) -> bool {
        let term = self.terms.get(device).copied().unwrap_or(DEFAULT_LEASE_MS);
        self.renewed_at
            .get(device)
            .is_some_and(|heard| up_ms.saturating_sub(*heard) >= term)
    }
}
