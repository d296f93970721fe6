//! The randomness of waits, from the system.
//!
//! A system without randomness keeps nobody from trying again.

/// 32 bits for [`edge_backoff::Backoff::after_failure`]; where the system has none, the middle: jitter is a courtesy, not a
/// promise.
pub(crate) fn random() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX / 2)
}
