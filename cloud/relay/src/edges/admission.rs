//! How much is let in: requests per address and per edge, memory for bodies, processor time for inflating.
//!
//! Addresses are counted before anything else is looked at, so that garbage costs the sender more than it costs us.
//! Memory is charged for what is there, not for what is announced, and no organisation has all of it. The only wait is
//! for a processor, and only for those whose batch is here already.

use crate::{
    quota_pool::{QuotaExceeded, QuotaLease, QuotaPool},
    settings::RelayLimits,
};
use cloud_admin::keyed_limiter::{KeyedRateLimiter, SweepSchedule};
use governor::Quota;
use protocol::{EdgeId, OrgId, Timestamp, client_address::counted_network, http_signature::MAX_SKEW_SECONDS};
use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of batches that are here but not inflated yet: all together, and of one organisation.
const WIRE: (usize, usize) = (64 << 20, 16 << 20);
/// The same of everything smaller: joins, enrolments, what edges say without a control channel.
const SMALL: (usize, usize) = (8 << 20, 1 << 20);
/// The largest body that counts as small.
const SMALL_BODY: usize = 256 << 10;
/// Bodies of one edge that may be on their way at once.
const UPLOADS_PER_EDGE: usize = 4;
/// Batches being inflated and read at once: each takes up to 16 MiB.
const INFLATING: usize = 4;
/// Bytes of inflated batches that are read or wait for the writer: all together, and of one organisation.
const HELD: (usize, usize) = (96 << 20, 48 << 20);
/// Audit lines about one address, per minute; what is beyond is counted only.
const NOTES_PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(11);
/// Signed upgrades that are remembered before any of them is forgotten.
const UPGRADES: usize = 50_000;

/// The limits of this process.
#[derive(Debug)]
pub(crate) struct AdmissionControl {
    addresses: KeyedRateLimiter<IpAddr>,
    enrolments: KeyedRateLimiter<IpAddr>,
    notes: KeyedRateLimiter<IpAddr>,
    edges: KeyedRateLimiter<EdgeId>,
    wire: Arc<QuotaPool<BodyOwner>>,
    small: Arc<QuotaPool<BodyOwner>>,
    uploads: Arc<QuotaPool<EdgeId>>,
    inflating: Arc<Semaphore>,
    held: Arc<QuotaPool<OrgId>>,
    upgrades: Mutex<HashMap<String, Timestamp>>,
    upgrade_sweeps: SweepSchedule,
}

impl AdmissionControl {
    pub(crate) fn new(limits: &RelayLimits) -> Self {
        let ten = NonZeroU32::MIN.saturating_add(9);
        let per_second = |count: NonZeroU32| Quota::per_second(count).allow_burst(count.saturating_mul(ten));
        Self {
            addresses: KeyedRateLimiter::new(per_second(limits.per_address)),
            enrolments: KeyedRateLimiter::new(Quota::per_minute(limits.enrolments)),
            notes: KeyedRateLimiter::new(Quota::per_minute(NOTES_PER_MINUTE)),
            edges: KeyedRateLimiter::new(per_second(limits.per_edge)),
            wire: QuotaPool::new(WIRE.0, WIRE.1),
            small: QuotaPool::new(SMALL.0, SMALL.1),
            uploads: QuotaPool::new(usize::MAX, UPLOADS_PER_EDGE),
            inflating: Arc::new(Semaphore::new(INFLATING)),
            held: QuotaPool::new(HELD.0, HELD.1),
            upgrades: Mutex::default(),
            upgrade_sweeps: SweepSchedule::new(UPGRADES),
        }
    }

    /// Whether an address may ask.
    pub(super) fn lets_address(&self, ip: IpAddr) -> bool {
        self.addresses.check(&counted_network(ip)).is_ok()
    }
    /// Whether an address may try to enrol.
    pub(super) fn lets_enrolment(&self, ip: IpAddr) -> bool {
        self.enrolments.check(&counted_network(ip)).is_ok()
    }
    /// Whether an edge may ask.
    pub(super) fn lets_edge(&self, edge: EdgeId) -> bool {
        self.edges.check(&edge).is_ok()
    }
    /// Whether an address's refusal still gets a line of its own.
    pub(super) fn notes(&self, ip: IpAddr) -> bool {
        self.notes.check(&counted_network(ip)).is_ok()
    }

    /// Where a body of up to `limit` bytes is charged, as it arrives: large ones never take the room of small ones.
    pub(super) fn body_lease(&self, owner: BodyOwner, limit: usize) -> QuotaLease<BodyOwner> {
        if limit > SMALL_BODY {
            self.wire.lease(owner)
        } else {
            self.small.lease(owner)
        }
    }
    /// A place for one more body of an edge.
    pub(super) fn upload_permit(&self, edge: EdgeId) -> Result<QuotaLease<EdgeId>, QuotaExceeded> {
        let mut permit = self.uploads.lease(edge);
        permit.grow(1)?;
        Ok(permit)
    }
    /// Room for an inflated batch of so many bytes until it is stored.
    pub(super) fn reserve_batch(&self, org: OrgId, len: usize) -> Result<QuotaLease<OrgId>, QuotaExceeded> {
        let mut room = self.held.lease(org);
        room.grow(len)?;
        Ok(room)
    }
    /// A turn to inflate and read a batch.
    pub(super) async fn decompression_permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.inflating).acquire_owned().await.ok()
    }

    /// Whether a signed upgrade is new. The signature covers a random key, so the same one twice is a replay.
    pub(super) fn is_new_upgrade(&self, signature: &str, now: Timestamp) -> bool {
        let mut upgrades = self.upgrades.lock().unwrap_or_else(PoisonError::into_inner);
        if self.upgrade_sweeps.is_due(upgrades.len()) {
            upgrades.retain(|_, until| *until > now);
            self.upgrade_sweeps.swept(upgrades.len());
        }
        let until = now.plus(Duration::from_secs(2 * MAX_SKEW_SECONDS.unsigned_abs()));
        upgrades
            .insert(signature.to_owned(), until)
            .is_none_or(|before| before <= now)
    }
}

/// To whom the bytes of a body are charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum BodyOwner {
    /// To the organisation of an edge whose signature holds.
    Org(OrgId),
    /// To where it comes from.
    Network(IpAddr),
}

impl BodyOwner {
    /// An address counts as its network.
    pub(super) fn address(ip: IpAddr) -> Self {
        Self::Network(counted_network(ip))
    }
}
