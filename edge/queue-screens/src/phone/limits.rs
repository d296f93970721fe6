//! How often one address may ask: guessing tokens and taking tickets for fun are slow, a waiting holder never notices.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Looks and changes are counted over this.
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses remembered at once; a new one is refused until an old one's window has passed.
const REMEMBERED: usize = 4096;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhoneRequestKind {
    /// A page or stream.
    Look,
    /// A change to a ticket.
    Change,
    /// A new ticket.
    Take,
}

impl PhoneRequestKind {
    /// Units of the window's budget it uses up.
    const fn cost(self) -> u32 {
        match self {
            PhoneRequestKind::Look => 1,
            PhoneRequestKind::Change => 4,
            PhoneRequestKind::Take => 20,
        }
    }
}

/// Units of one address in one window: a phone that reloads each second, or six tickets of a family.
const BUDGET: u32 = 120;

/// What each address used up.
#[derive(Debug, Default)]
pub(crate) struct PhoneRateLimiter(Mutex<HashMap<Option<IpAddr>, (u32, Instant)>>);

impl PhoneRateLimiter {
    /// Whether an address may ask now; it is counted then. The box itself is not.
    pub(crate) fn admits(&self, from: Option<IpAddr>, kind: PhoneRequestKind, now: Instant) -> bool {
        if from.is_some_and(|from| from.to_canonical().is_loopback()) {
            return true;
        }
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= REMEMBERED {
            used.retain(|_, (_, since)| now.duration_since(*since) < WINDOW);
        }
        if used.len() >= REMEMBERED && !used.contains_key(&from) {
            return false;
        }
        let (units, since) = used.entry(from).or_insert((0, now));
        if now.duration_since(*since) >= WINDOW {
            (*units, *since) = (0, now);
        }
        if *units + kind.cost() > BUDGET {
            return false;
        }
        *units += kind.cost();
        true
    }
}
