//! How many tickets phones take: a hall full of people behind one address each get theirs, a neighbour for fun does not get
//! them all.
//!
//! In memory: a restart forgets who took what. What phones may take together is the queue's own rule, and is not forgotten.

use edge_lan::{
    ClientNetwork,
    rate::{RateAllowance, RateExceeded, RateLimiter},
};
use protocol::id::TicketId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Tickets of one network at once, and how fast more may be taken: twelve a minute.
const TAKEN: RateAllowance = RateAllowance {
    burst: 20,
    refill: Duration::from_secs(5),
};
/// So many of a network's tickets may wait in any branch.
const FEWEST_OPEN: u16 = 20;

/// Tickets that phones took, by network.
#[derive(Debug)]
pub(crate) struct PhoneTickets {
    rate: RateLimiter<ClientNetwork>,
    open: Arc<Mutex<HashMap<ClientNetwork, OpenTickets>>>,
}

#[derive(Debug, Default)]
struct OpenTickets {
    /// Being given out.
    pending: usize,
    given: Vec<TicketId>,
}

/// Why a network takes no ticket now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhoneLimit {
    /// It takes them too fast.
    Rate(RateExceeded),
    /// So many of its tickets are open.
    Open,
}

/// One ticket that may be taken; dropped without one, it was not.
#[derive(Debug)]
pub(crate) struct PhoneTicketPermit {
    network: ClientNetwork,
    open: Arc<Mutex<HashMap<ClientNetwork, OpenTickets>>>,
}

impl Default for PhoneTickets {
    fn default() -> Self {
        Self {
            rate: RateLimiter::new(TAKEN),
            open: Arc::default(),
        }
    }
}

impl PhoneTickets {
    /// Whether a network may take a ticket now, of `online` that phones may have open; `is_open` says which still are.
    pub(crate) fn permit(
        &self,
        network: ClientNetwork,
        online: u16,
        is_open: impl Fn(&TicketId) -> bool,
        now: Instant,
    ) -> Result<PhoneTicketPermit, PhoneLimit> {
        self.rate.take(&network, now).map_err(PhoneLimit::Rate)?;
        let most = usize::from((online / 5).max(FEWEST_OPEN).min(online));
        let mut open = lock(&self.open);
        open.retain(|_, tickets| {
            tickets.given.retain(&is_open);
            tickets.pending > 0 || !tickets.given.is_empty()
        });
        let tickets = open.entry(network).or_default();
        if tickets.pending + tickets.given.len() >= most {
            return Err(PhoneLimit::Open);
        }
        tickets.pending += 1;
        Ok(PhoneTicketPermit {
            network,
            open: Arc::clone(&self.open),
        })
    }
}

impl PhoneTicketPermit {
    /// The ticket was given out.
    pub(crate) fn given(self, ticket: TicketId) {
        if let Some(tickets) = lock(&self.open).get_mut(&self.network) {
            tickets.given.push(ticket);
        }
    }
}

impl Drop for PhoneTicketPermit {
    fn drop(&mut self) {
        if let Some(tickets) = lock(&self.open).get_mut(&self.network) {
            tickets.pending = tickets.pending.saturating_sub(1);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
