//! How much is let in: requests per address and per edge, memory for bodies, processor time for inflating.
//!
//! Addresses are counted before anything else is looked at, so that garbage costs the sender more than it costs us.

use crate::settings::RelayLimits;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use protocol::{EdgeId, Timestamp, batch, client_address::counted_network, http_signature::MAX_SKEW_SECONDS};
use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bodies being received, all together, KiB.
const BODIES_KIB: u32 = 64 << 10;
/// Batches being inflated and read at once: each takes up to 16 MiB.
const INFLATING: usize = 4;
/// Inflated batches that wait for the writer, all together, KiB.
const HELD_KIB: u32 = 64 << 10;
/// Audit lines about one address, per minute; what is beyond is counted only.
const NOTES_PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(11);
/// Keys under which limiters remember somebody, before they forget whoever has been quiet.
const REMEMBERED: usize = 50_000;

/// The limits of this process.
#[derive(Debug)]
pub(crate) struct AdmissionControl {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    enrolments: DefaultKeyedRateLimiter<IpAddr>,
    notes: DefaultKeyedRateLimiter<IpAddr>,
    edges: DefaultKeyedRateLimiter<EdgeId>,
    bodies: Arc<Semaphore>,
    inflating: Arc<Semaphore>,
    held: Arc<Semaphore>,
    upgrades: Mutex<HashMap<String, Timestamp>>,
}

impl AdmissionControl {
    pub(crate) fn new(limits: &RelayLimits) -> Self {
        let ten = NonZeroU32::MIN.saturating_add(9);
        let per_second = |count: NonZeroU32| Quota::per_second(count).allow_burst(count.saturating_mul(ten));
        Self {
            addresses: RateLimiter::keyed(per_second(limits.per_address)),
            enrolments: RateLimiter::keyed(Quota::per_minute(limits.enrolments)),
            notes: RateLimiter::keyed(Quota::per_minute(NOTES_PER_MINUTE)),
            edges: RateLimiter::keyed(per_second(limits.per_edge)),
            bodies: Arc::new(Semaphore::new(BODIES_KIB as usize)),
            inflating: Arc::new(Semaphore::new(INFLATING)),
            held: Arc::new(Semaphore::new(HELD_KIB as usize)),
            upgrades: Mutex::default(),
        }
    }

    /// Whether an address may ask.
    pub(super) fn lets_address(&self, ip: IpAddr) -> bool {
        allows(&self.addresses, &counted_network(ip))
    }
    /// Whether an address may try to enrol.
    pub(super) fn lets_enrolment(&self, ip: IpAddr) -> bool {
        allows(&self.enrolments, &counted_network(ip))
    }
    /// Whether an edge may ask.
    pub(super) fn lets_edge(&self, edge: EdgeId) -> bool {
        allows(&self.edges, &edge)
    }
    /// Whether an address's refusal still gets a line of its own.
    pub(super) fn notes(&self, ip: IpAddr) -> bool {
        allows(&self.notes, &counted_network(ip))
    }

    /// Room for a body of up to `len` bytes; waits until there is some.
    pub(super) async fn reserve_body(&self, len: usize) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(len.min(batch::MAX_WIRE).div_ceil(1024))
            .unwrap_or(BODIES_KIB)
            .max(1);
        Arc::clone(&self.bodies).acquire_many_owned(kib).await.ok()
    }
    /// Room for an inflated batch of `len` bytes until it is stored; waits until there is some.
    pub(super) async fn reserve_batch(&self, len: usize) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(len.div_ceil(1024)).unwrap_or(HELD_KIB).clamp(1, HELD_KIB);
        Arc::clone(&self.held).acquire_many_owned(kib).await.ok()
    }
    /// A turn to inflate and read a batch.
    pub(super) async fn decompression_permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.inflating).acquire_owned().await.ok()
    }

    /// Whether a signed upgrade is new. The signature covers a random key, so the same one twice is a replay.
    pub(super) fn is_new_upgrade(&self, signature: &str, now: Timestamp) -> bool {
        let mut upgrades = self.upgrades.lock().unwrap_or_else(PoisonError::into_inner);
        if upgrades.len() >= REMEMBERED {
            upgrades.retain(|_, until| *until > now);
        }
        let until = now.plus(Duration::from_secs(2 * MAX_SKEW_SECONDS.unsigned_abs()));
        upgrades
            .insert(signature.to_owned(), until)
            .is_none_or(|before| before <= now)
    }
}

fn allows<K: std::hash::Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> bool {
    if limiter.len() >= REMEMBERED {
        limiter.retain_recent();
    }
    limiter.check_key(key).is_ok()
}
