//! How the network is at a moment.
//!
//! Conditions are plain values: nothing here waits or sends.

use crate::rng::Rng;
use std::{ops::Range, time::Duration};

/// What happens to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forwarding {
    /// They are forwarded.
    Normal,
    /// New ones are refused, open ones ended.
    Refusing,
    /// They are accepted and read, nothing is forwarded or answered: half open.
    Swallowing,
    /// Nothing more is read or written, nothing is closed.
    Stalling,
}

/// Whether an HTTP connection may become a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upgrades {
    /// As it wishes.
    Passed,
    /// A connection whose first request asks for an upgrade is answered with 403. Plain HTTP only.
    Forbidden,
}

/// How the network is at the moment. It may change at any time and holds for open connections too, but for `upgrades`.
#[derive(Debug, Clone)]
pub struct NetworkConditions {
    /// See [`Forwarding`].
    pub forwarding: Forwarding,
    /// One-way delay of a connection's bytes; drawn once per connection, so that connections overtake each other.
    pub delay: Range<Duration>,
    /// Bytes per second in each direction of each connection; none: as fast as it goes.
    pub bandwidth: Option<u64>,
    /// Largest piece that is passed on at once; pieces are of random length up to it.
    pub largest_chunk: usize,
    /// Each connection is cut after a random number of bytes, both directions counted, up to twice this; none: never.
    pub cut_after: Option<u64>,
    /// See [`Upgrades`].
    pub upgrades: Upgrades,
}

impl Default for NetworkConditions {
    /// A perfect network: everything passes at once.
    fn default() -> Self {
        Self {
            forwarding: Forwarding::Normal,
            delay: Duration::ZERO..Duration::ZERO,
            bandwidth: None,
            largest_chunk: 64 * 1024,
            cut_after: None,
            upgrades: Upgrades::Passed,
        }
    }
}

impl NetworkConditions {
    /// A connection's delay.
    pub(super) fn draw_delay(&self, rng: &mut Rng) -> Duration {
        let span = self.delay.end.saturating_sub(self.delay.start);
        let micros = rng.below(u64::try_from(span.as_micros()).unwrap_or(u64::MAX));
        self.delay.start.saturating_add(Duration::from_micros(micros))
    }
}
