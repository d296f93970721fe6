//! What every use case works with: the store, the clock, and who is connected.

use crate::{
    clock::CloudClock,
    links::Links,
    password::{AccountPasswords, PasswordError},
    rate::{RateLimits, Rates},
    relay_metrics::Figures,
};
use cloud_store::Db;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What the administrators' half shares with the road that edges take.
#[derive(Debug, Clone)]
pub struct AdminDependencies {
    /// The databases.
    pub store: Db,
    /// Wall time.
    pub clock: CloudClock,
    /// Which edges are connected.
    pub links: Arc<Links>,
    /// Counters.
    pub figures: Arc<Figures>,
    /// Cancelled when the relay is to end: every endless answer must end with it.
    pub stop: CancellationToken,
    /// How long a one-time password is good.
    pub one_time_passwords: Duration,
}

/// What every use case works with.
#[derive(Debug)]
pub struct AdminContext {
    /// The databases.
    pub store: Db,
    /// Wall time.
    pub clock: CloudClock,
    /// Which edges are connected.
    pub links: Arc<Links>,
    /// Cancelled when the relay is to end: every endless answer must end with it.
    pub stop: CancellationToken,
    /// Counts requests per address.
    pub rates: RateLimits,
    pub(crate) figures: Arc<Figures>,
    pub(crate) passwords: AccountPasswords,
    pub(crate) one_time_passwords: Duration,
    /// Woken where sessions were ended: whoever streams looks whether theirs was.
    pub(crate) session_changes: watch::Sender<()>,
}

impl AdminContext {
    /// Prepares the use cases, with limits per address.
    pub fn new(parts: AdminDependencies, rates: Rates) -> Result<Arc<Self>, PasswordError> {
        Ok(Arc::new(Self {
            store: parts.store,
            clock: parts.clock,
            links: parts.links,
            stop: parts.stop,
            rates: RateLimits::new(rates),
            figures: parts.figures,
            passwords: AccountPasswords::new()?,
            one_time_passwords: parts.one_time_passwords,
            session_changes: watch::Sender::new(()),
        }))
    }
}
