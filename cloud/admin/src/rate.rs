//! Rate limits per address: so many requests a minute over all pages and the API (M53, L70), far fewer sign-ins.
//!
//! An IPv6 address counts as its /64: whoever has one has all of it. Nothing here outlives the process.

use crate::{AdminError, AdminErrorKind, AdminResult};
use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock as _, clock::DefaultClock};
use protocol::client_address::counted_network;
use std::{fmt, net::IpAddr, num::NonZeroU32, time::Duration};

const FORGET_FROM: usize = 10_000;

/// How many requests one address may make a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Of any kind.
    pub requests: NonZeroU32,
    /// Attempts to sign in.
    pub sign_ins: NonZeroU32,
}

impl Default for Rates {
    fn default() -> Self {
        let a_minute = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Self {
            requests: a_minute(100),
            sign_ins: a_minute(10),
        }
    }
}

/// What is being counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimitKind {
    /// Any request.
    Request,
    /// An attempt to sign in.
    SignIn,
}

/// Counts requests per address.
pub struct RateLimits {
    requests: DefaultKeyedRateLimiter<IpAddr>,
    sign_ins: DefaultKeyedRateLimiter<IpAddr>,
}

impl RateLimits {
    /// Begins to count.
    pub fn new(rates: Rates) -> Self {
        Self {
            requests: DefaultKeyedRateLimiter::keyed(Quota::per_minute(rates.requests)),
            sign_ins: DefaultKeyedRateLimiter::keyed(Quota::per_minute(rates.sign_ins)),
        }
    }

    /// Counts one, or refuses it.
    pub fn take(&self, counted: RateLimitKind, from: IpAddr) -> AdminResult<()> {
        let limiter = match counted {
            RateLimitKind::Request => &self.requests,
            RateLimitKind::SignIn => &self.sign_ins,
        };
        if limiter.len() > FORGET_FROM {
            limiter.retain_recent();
        }
        limiter.check_key(&counted_network(from)).map_err(|until| {
            let seconds = until
                .wait_time_from(DefaultClock::default().now())
                .as_secs()
                .saturating_add(1);
            AdminError::new(AdminErrorKind::TooMany, format!("Try again in {seconds} s."))
                .retry_after(Duration::from_secs(seconds))
        })
    }
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RateLimits")
    }
}
