//! How long to wait before trying again: doubling, with jitter and a ceiling.

use std::time::Duration;

/// Grows with each failure, starts over after a success.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    ceiling: Duration,
    failures: u32,
    noise: u64,
}

impl Backoff {
    /// From `first`, doubling up to `ceiling`. `seed` spreads devices that fail together.
    pub fn new(first: Duration, ceiling: Duration, seed: u64) -> Self {
        Self {
            first,
            ceiling,
            failures: 0,
            noise: seed | 1,
        }
    }
    /// It worked: the next failure waits the first time again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
    /// The wait after one more failure: between half and all of `first · 2^failures`, at most the ceiling.
    pub fn next_wait(&mut self) -> Duration {
        let full = self
            .first
            .saturating_mul(1u32.checked_shl(self.failures.min(16)).unwrap_or(u32::MAX))
            .min(self.ceiling);
        self.failures = self.failures.saturating_add(1);
        // xorshift64: jitter needs no better randomness.
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        let thousandths = 500 + u32::try_from(self.noise % 501).unwrap_or(0);
        full / 1000 * thousandths
    }
}
