//! What the wall clock did since the last fact: it is on record before anything is stamped with the new time.
//!
//! Never true of it: a fact that is older than the one before it by more than the tolerance, with nothing between them that says why.

use crate::EdgeClock;
use protocol::{ClockState, Timestamp, fact::ClockChange};

/// A wall clock that moved this much against the monotonic one was set, milliseconds.
const JUMP_MS: i64 = 2000;

/// The clock as it was when it was last looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockWatch {
    /// Wall clock less monotonic clock, milliseconds.
    ahead_ms: i64,
    state: ClockState,
}

impl ClockWatch {
    /// A run begins. `last` is the time of the newest fact of the run before: a clock that stands earlier went back.
    pub(crate) fn begin(clock: &dyn EdgeClock, last: Option<Timestamp>) -> Self {
        let now = ahead_ms(clock);
        let up_ms = i64::try_from(clock.up_ms()).unwrap_or(i64::MAX);
        let least = last.map_or(now, |last| last.as_millis().saturating_sub(up_ms));
        Self {
            ahead_ms: now.max(least),
            state: clock.state(),
        }
    }

    /// What changed since the last look, where it is worth recording.
    pub(crate) fn look(&mut self, clock: &dyn EdgeClock) -> Option<ClockChange> {
        let (ahead_ms, state) = (ahead_ms(clock), clock.state());
        let jump_ms = ahead_ms.saturating_sub(self.ahead_ms);
        let is_set = jump_ms.saturating_abs() > JUMP_MS || state != self.state;
        is_set.then(|| {
            *self = Self { ahead_ms, state };
            ClockChange { state, jump_ms }
        })
    }
}

fn ahead_ms(clock: &dyn EdgeClock) -> i64 {
    let up_ms = i64::try_from(clock.up_ms()).unwrap_or(i64::MAX);
    clock.now().as_millis().saturating_sub(up_ms)
}
