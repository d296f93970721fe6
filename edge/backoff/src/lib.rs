//! How long to wait after a failure: doubling up to a ceiling, with jitter so that a thousand edges do not knock at once.
//!
//! No clock and no randomness of its own: both are the caller's.

mod jitter;

pub use jitter::Jitter;

use std::time::Duration;

/// Grows with each failure, starts anew with each success.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    ceiling: Duration,
    failures: u32,
}

impl Backoff {
    /// Waits around `first` after the first failure and never longer than `ceiling`.
    pub const fn new(first: Duration, ceiling: Duration) -> Self {
        Self {
            first,
            ceiling,
            failures: 0,
        }
    }

    /// How long to wait now: between half of the step and all of it, by 32 bits of the caller's randomness.
    #[must_use]
    pub fn after_failure(&mut self, random: u32) -> Duration {
        let factor = 1u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let step = self.first.saturating_mul(factor).min(self.ceiling);
        self.failures = (self.failures + 1).min(31);
        let half = step / 2;
        half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
    }

    /// It worked.
    pub const fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests;
