//! Admission of connections: strangers before they have signed in, devices afterwards, and failed sign-ins per network.
//!
//! Strangers never take a device's place: they have a small pool of their own, where the oldest of the fullest network
//! gives way to whoever comes next. A place taken is given back whatever becomes of the connection.

use crate::settings::BrokerLimits;
use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const MINUTE: Duration = Duration::from_secs(60);
/// Networks whose failures are remembered.
const REMEMBERED: usize = 1024;

/// Where a connection comes from: an IPv4 address, or the /64 that one IPv6 host may use as it likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PeerNetwork(IpAddr);

impl From<IpAddr> for PeerNetwork {
    fn from(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// Counts connections and failed sign-ins.
#[derive(Debug)]
pub(crate) struct Admission {
    inner: Mutex<AdmissionCounts>,
    devices: usize,
    strangers: usize,
    strangers_per_network: usize,
    failures: u32,
}

#[derive(Debug, Default)]
struct AdmissionCounts {
    devices: usize,
    /// By their number: the oldest first.
    strangers: BTreeMap<u64, Stranger>,
    next: u64,
    failed: HashMap<PeerNetwork, (Instant, u32)>,
}

#[derive(Debug)]
struct Stranger {
    network: PeerNetwork,
    evict: CancellationToken,
}

/// A stranger's place, given back when dropped.
#[derive(Debug)]
pub(crate) struct StrangerPermit {
    admission: Arc<Admission>,
    number: u64,
    evicted: CancellationToken,
}

/// A device's place, given back when dropped.
#[derive(Debug)]
pub(crate) struct DevicePermit {
    admission: Arc<Admission>,
}

impl Admission {
    pub(crate) fn new(limits: &BrokerLimits) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            devices: limits.connections,
            strangers: limits.strangers.max(1),
            strangers_per_network: limits.strangers_per_network.max(1),
            failures: limits.failures_per_min,
        })
    }

    /// A place for a connection that has not signed in yet. Where there is none, the oldest has to go: a device on a LAN
    /// needs milliseconds, and who takes longer is no device.
    pub(crate) fn enter(self: &Arc<Self>, ip: IpAddr) -> StrangerPermit {
        let network = PeerNetwork::from(ip);
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let from = |(_, stranger): &(&u64, &Stranger)| stranger.network == network;
        let here = inner.strangers.iter().filter(from).count();
        let oldest = if here >= self.strangers_per_network {
            inner.strangers.iter().find(from).map(|(number, _)| *number)
        } else if inner.strangers.len() >= self.strangers {
            inner.oldest_of_the_fullest()
        } else {
            None
        };
        if let Some(stranger) = oldest.and_then(|number| inner.strangers.remove(&number)) {
            tracing::debug!(?network, "a stranger gives way to the next");
            stranger.evict.cancel();
        }
        inner.next += 1;
        let (number, evict) = (inner.next, CancellationToken::new());
        let evicted = evict.clone();
        inner.strangers.insert(number, Stranger { network, evict });
        StrangerPermit {
            admission: Arc::clone(self),
            number,
            evicted,
        }
    }

    /// A place for a device that has signed in, if there is one.
    pub(crate) fn admit_device(self: &Arc<Self>) -> Option<DevicePermit> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.devices >= self.devices {
            return None;
        }
        inner.devices += 1;
        Some(DevicePermit {
            admission: Arc::clone(self),
        })
    }

    /// Counts a failed sign-in; says how long to wait before refusing it.
    pub(crate) fn failed(&self, ip: IpAddr) -> Duration {
        let now = Instant::now();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.failed.len() >= REMEMBERED {
            inner.failed.retain(|_, (since, _)| now.duration_since(*since) < MINUTE);
        }
        if inner.failed.len() >= REMEMBERED {
            return Duration::from_secs(1);
        }
        let (since, count) = inner.failed.entry(ip.into()).or_insert((now, 0));
        if now.duration_since(*since) >= MINUTE {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        // Beyond the free ones each failure doubles the wait, from 250 ms up to 8 s.
        match count.checked_sub(self.failures + 1) {
            None => Duration::ZERO,
            Some(over) => Duration::from_millis(250 << over.min(5)),
        }
    }
}

impl AdmissionCounts {
    fn oldest_of_the_fullest(&self) -> Option<u64> {
        let mut networks = HashMap::<PeerNetwork, (usize, u64)>::new();
        for (number, stranger) in &self.strangers {
            networks.entry(stranger.network).or_insert((0, *number)).0 += 1;
        }
        networks
            .into_values()
            .max_by_key(|(count, _)| *count)
            .map(|(_, oldest)| oldest)
    }
}

impl StrangerPermit {
    /// Waits until somebody else needs the place.
    pub(crate) async fn evicted(&self) {
        self.evicted.cancelled().await;
    }
}

impl Drop for StrangerPermit {
    fn drop(&mut self) {
        let mut inner = self.admission.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.strangers.remove(&self.number);
    }
}

impl Drop for DevicePermit {
    fn drop(&mut self) {
        let mut inner = self.admission.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.devices = inner.devices.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests;
