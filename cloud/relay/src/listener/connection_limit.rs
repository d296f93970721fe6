//! How many connections may be open: so many of one network, and so many of all.
//!
//! A connection without a place is closed before a byte of it is read. The connections of trusted proxies have places of
//! their own, for they are everybody's; where a proxy names its caller in front of a connection, that one's network counts.

use crate::{
    quota_pool::{QuotaExceeded, QuotaLease, QuotaPool},
    settings::RelayLimits,
};
use protocol::client_address::{TrustedProxies, counted_network};
use std::{net::IpAddr, sync::Arc};

/// The place of an open connection; free again when it is dropped.
pub(super) type ConnectionLease = QuotaLease<IpAddr>;

/// The places.
#[derive(Debug)]
pub(super) struct ConnectionLimits {
    callers: Arc<QuotaPool<IpAddr>>,
    proxies: Arc<QuotaPool<IpAddr>>,
}

impl ConnectionLimits {
    pub(super) fn new(limits: &RelayLimits) -> Self {
        let all = limits.connections;
        Self {
            callers: QuotaPool::new(all, limits.connections_per_address),
            proxies: QuotaPool::new(all, all),
        }
    }

    /// A place for a connection as it is accepted.
    pub(super) fn accept(&self, peer: IpAddr, trusted: &TrustedProxies) -> Result<ConnectionLease, QuotaExceeded> {
        if trusted.trusts(peer) {
            one(&self.proxies, peer)
        } else {
            self.of_caller(peer)
        }
    }

    /// A place for a connection of this caller.
    pub(super) fn of_caller(&self, caller: IpAddr) -> Result<ConnectionLease, QuotaExceeded> {
        one(&self.callers, counted_network(caller))
    }
}

fn one(pool: &Arc<QuotaPool<IpAddr>>, holder: IpAddr) -> Result<ConnectionLease, QuotaExceeded> {
    let mut place = pool.lease(holder);
    place.grow(1)?;
    Ok(place)
}
