//! The clock the kernel is given: wall time for people and expiries, uptime for order and leases.

use protocol::{ClockState, Timestamp};

/// The edge's clock. One implementation reads the real one; tests turn a dial.
pub trait EdgeClock: Send + Sync + std::fmt::Debug {
    /// Wall time in UTC, corrected by the cloud's where the board has no trustworthy time of its own.
    fn now(&self) -> Timestamp;
    /// Whether that can be trusted.
    fn state(&self) -> ClockState;
    /// The site's offset from UTC in seconds: what the clock on its wall shows beyond UTC. UTC unless it says otherwise.
    fn offset_seconds(&self) -> i32 {
        0
    }
    /// The newest fact of the run before is of this time. A clock that nobody vouches for goes on from there, not from before.
    fn resume_after(&self, last: Timestamp) {
        let _ = last;
    }
    /// Monotonic milliseconds since this run started.
    fn up_ms(&self) -> u64;
}
