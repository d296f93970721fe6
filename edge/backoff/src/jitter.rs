//! Randomness that is good enough to spread waits, from a seed: the same seed gives the same waits.
//!
//! Nothing that must not be guessed comes from here.

/// A row of numbers that looks random (xorshift64).
#[derive(Debug, Clone)]
pub struct Jitter(u64);

impl Jitter {
    /// The row of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// The next 32 bits, for [`crate::Backoff::after_failure`].
    pub const fn bits(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The high half: the low bits of a row like this are the worst.
        (self.0 >> 32) as u32
    }
}
