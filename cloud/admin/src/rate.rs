//! Rate limits per address: so many requests a minute over all pages and the API (M53, L70), far fewer sign-ins.
//!
//! An IPv6 address counts as its /64: whoever has one has all of it. Nothing here outlives the process.

use crate::{AdminError, AdminErrorKind, AdminResult, keyed_limiter::KeyedRateLimiter};
use governor::Quota;
use protocol::{client_address::counted_network, id::TicketId};
use std::{fmt, hash::Hash, net::IpAddr, num::NonZeroU32, time::Duration};

/// How many requests one address may make a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Of any kind.
    pub requests: NonZeroU32,
    /// Attempts to sign in.
    pub sign_ins: NonZeroU32,
    /// Requests for tickets' pages: a branch's visitors, and a carrier's, share one address.
    pub visitors: NonZeroU32,
    /// Requests for one ticket's page, from wherever.
    pub per_ticket: NonZeroU32,
}

impl Default for Rates {
    fn default() -> Self {
        let a_minute = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Self {
            requests: a_minute(100),
            sign_ins: a_minute(10),
            visitors: a_minute(30_000),
            per_ticket: a_minute(120),
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
    /// A request for a ticket's page.
    Visitor,
    /// One that names no ticket, or one whose visit is over: as many as of any other request, and none of those.
    Guess,
}

/// Counts requests per address.
pub struct RateLimits {
    requests: KeyedRateLimiter<IpAddr>,
    sign_ins: KeyedRateLimiter<IpAddr>,
    visitors: KeyedRateLimiter<IpAddr>,
    guesses: KeyedRateLimiter<IpAddr>,
    tickets: KeyedRateLimiter<TicketId>,
}

impl RateLimits {
    /// Begins to count.
    pub fn new(rates: Rates) -> Self {
        Self {
            requests: KeyedRateLimiter::new(Quota::per_minute(rates.requests)),
            sign_ins: KeyedRateLimiter::new(Quota::per_minute(rates.sign_ins)),
            visitors: KeyedRateLimiter::new(Quota::per_minute(rates.visitors)),
            guesses: KeyedRateLimiter::new(Quota::per_minute(rates.requests)),
            tickets: KeyedRateLimiter::new(Quota::per_minute(rates.per_ticket)),
        }
    }

    /// Counts one, or refuses it.
    pub fn take(&self, counted: RateLimitKind, from: IpAddr) -> AdminResult<()> {
        let limiter = match counted {
            RateLimitKind::Request => &self.requests,
            RateLimitKind::SignIn => &self.sign_ins,
            RateLimitKind::Visitor => &self.visitors,
            RateLimitKind::Guess => &self.guesses,
        };
        check(limiter, &counted_network(from))
    }

    /// Counts a request of a ticket's holder, wherever it comes from, or refuses it.
    pub fn take_ticket(&self, ticket: TicketId) -> AdminResult<()> {
        check(&self.tickets, &ticket)
    }
}

fn check<K: Hash + Eq + Clone>(limiter: &KeyedRateLimiter<K>, key: &K) -> AdminResult<()> {
    limiter.check(key).map_err(|wait| {
        let seconds = wait.as_secs().saturating_add(1);
        AdminError::new(AdminErrorKind::TooMany, format!("Try again in {seconds} s."))
            .retry_after(Duration::from_secs(seconds))
    })
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RateLimits")
    }
}
