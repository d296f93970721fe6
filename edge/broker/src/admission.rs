//! Admission of connections: how many in all, per address, and failed sign-ins per address.
//!
//! A place taken is given back whatever becomes of the connection.

use crate::settings::BrokerLimits;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);
/// Addresses whose failures are remembered.
const REMEMBERED: usize = 1024;

/// Counts connections and failed sign-ins.
#[derive(Debug)]
pub(crate) struct Admission {
    inner: Mutex<AdmissionCounts>,
    connections: usize,
    per_ip: usize,
    failures: u32,
}

#[derive(Debug, Default)]
struct AdmissionCounts {
    total: usize,
    inside: HashMap<IpAddr, usize>,
    failed: HashMap<IpAddr, (Instant, u32)>,
}

/// A place inside, given back when dropped.
#[derive(Debug)]
pub(crate) struct AdmissionPermit {
    admission: Arc<Admission>,
    ip: IpAddr,
}

impl Admission {
    pub(crate) fn new(limits: &BrokerLimits) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            connections: limits.connections,
            per_ip: limits.connections_per_ip,
            failures: limits.failures_per_min,
        })
    }

    /// A place for a connection from `ip`, if there is one.
    pub(crate) fn enter(self: &Arc<Self>, ip: IpAddr) -> Option<AdmissionPermit> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let here = inner.inside.get(&ip).copied().unwrap_or(0);
        if inner.total >= self.connections || here >= self.per_ip {
            return None;
        }
        inner.total += 1;
        inner.inside.insert(ip, here + 1);
        Some(AdmissionPermit {
            admission: Arc::clone(self),
            ip,
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
        let (since, count) = inner.failed.entry(ip).or_insert((now, 0));
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

impl Drop for AdmissionPermit {
    fn drop(&mut self) {
        let mut inner = self.admission.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.total = inner.total.saturating_sub(1);
        if let Some(here) = inner.inside.get_mut(&self.ip) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                inner.inside.remove(&self.ip);
            }
        }
    }
}
