//! How fast one device may speak: publications and bytes per second, with one second's worth in hand.
//!
//! Beyond that it is not disconnected; its socket is simply not read until the rate_limit has filled again.

use std::time::Duration;
use tokio::time::Instant;

/// Filters per second, for each may bring a thousand retained publications.
const FILTERS_PER_S: f64 = 100.0;

/// Two budgets that refill with time. Overdrawn by one packet at most.
#[derive(Debug)]
pub(super) struct RateLimit {
    publications: f64,
    bytes: f64,
    per_s: (f64, f64),
    filled: Instant,
}

impl RateLimit {
    pub(super) fn new(publications_per_s: u32, bytes_per_s: u32) -> Self {
        let per_s = (f64::from(publications_per_s.max(1)), f64::from(bytes_per_s.max(1)));
        Self {
            publications: per_s.0,
            bytes: per_s.1,
            per_s,
            filled: Instant::now(),
        }
    }

    /// Lets time pass.
    pub(super) fn refill(&mut self) {
        let now = Instant::now();
        let seconds = now.duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.publications = (self.publications + seconds * self.per_s.0).min(self.per_s.0);
        self.bytes = (self.bytes + seconds * self.per_s.1).min(self.per_s.1);
    }

    pub(super) fn take_publication(&mut self) {
        self.publications -= 1.0;
    }

    /// A filter costs its share of a second.
    pub(super) fn take_filter(&mut self) {
        self.publications -= self.per_s.0 / FILTERS_PER_S;
    }

    pub(super) fn take_bytes(&mut self, bytes: usize) {
        self.bytes -= f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// There is something left.
    pub(super) fn is_open(&self) -> bool {
        self.publications > 0.0 && self.bytes > 0.0
    }

    /// How long until there is something left again; zero while there is.
    pub(super) fn wait(&self) -> Duration {
        let publications = -self.publications / self.per_s.0;
        let bytes = -self.bytes / self.per_s.1;
        if self.is_open() {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(publications.max(bytes).max(0.0) + 0.001)
        }
    }
}
