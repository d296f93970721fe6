//! Clocks of the simulated building: the real one, one that a test turns by hand, and wrong ones for whole processes.
//!
//! A device never reads time elsewhere, so that half an hour of lockout passes as fast as the test can say it.

use protocol::Timestamp;
use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

/// Environment variable by which `ostona-edge` and `ostona-cloud` shift their wall clock: milliseconds, may be negative.
/// Monotonic time is not shifted, as an NTP step would not shift it either.
pub const OFFSET_VARIABLE: &str = "OSTONA_CLOCK_OFFSET_MS";

/// Where a simulated device takes its wall time from. Clones share the same hands.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's own.
    Real,
    /// Stands still until told; milliseconds since 1970.
    ByHand(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start` until [`Clock::advance`].
    pub fn standing_at(start: Timestamp) -> Self {
        Clock::ByHand(Arc::new(AtomicI64::new(start.as_millis())))
    }

    /// The time it shows.
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::Real => wall_time(),
            Clock::ByHand(hands) => Timestamp::from_millis(hands.load(Ordering::SeqCst)),
        }
    }

    /// Turns a clock that stands forward; the real clock goes its own way.
    pub fn advance(&self, by: Duration) {
        match self {
            Clock::Real => {}
            Clock::ByHand(hands) => {
                hands.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
            }
        }
    }
}

/// Starts the program to come with a wall clock `offset_ms` milliseconds ahead (negative: behind).
pub fn with_wrong_clock(command: &mut Command, offset_ms: i64) -> &mut Command {
    command.env(OFFSET_VARIABLE, offset_ms.to_string())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the building reads the machine's wall clock"
)]
fn wall_time() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
