//! The queue's own time: the wall clock without its jumps, so that nobody has waited for 56 years.
//!
//! A clock that is set by NTP after a boot in 1970, or goes back, says nothing about how long anybody waited. What is
//! open is moved along with the clock then: the time between the two events that saw the jump counts as none.

use crate::{Moment, State, Ticket};
use protocol::{ClockState, Timestamp};
use serde::{Deserialize, Serialize};

/// A clock that was not trusted may be right; what it is set forward by, up to this, passes for time.
const FORWARD_MS: i64 = 3_600_000;
/// Longer than this nothing happens only where a clock that is not trusted was set by hand.
const QUIET_MS: i64 = 7 * 24 * 3_600_000;
/// A clock may go back by as much and nothing is moved, milliseconds.
const BACK_MS: i64 = 60_000;

/// The clock when the queue last heard of anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClockReading {
    pub(crate) at: Timestamp,
    pub(crate) clock: ClockState,
}

impl ClockReading {
    /// By how much the clock jumped since, milliseconds.
    pub(crate) fn jump_ms(self, at: Timestamp, clock: ClockState) -> Option<i64> {
        let step = at.as_millis().saturating_sub(self.at.as_millis());
        let furthest = match (self.clock, clock) {
            (ClockState::Synced, _) => i64::MAX,
            (ClockState::Estimated, ClockState::Synced) => FORWARD_MS,
            (ClockState::Estimated, ClockState::Estimated) => QUIET_MS,
        };
        let jumps = !(-BACK_MS..=furthest).contains(&step);
        jumps.then_some(step)
    }
}

/// The moment to measure by: that of the last event, where the clock jumped since.
pub(crate) fn steady(heard: Option<ClockReading>, now: Moment) -> Timestamp {
    match heard {
        Some(heard) if heard.jump_ms(now.at, now.clock).is_some() => heard.at,
        Some(_) | None => now.at,
    }
}

/// Moves a moment along with the clock.
pub(crate) fn moved(moment: &mut Timestamp, by_ms: i64) {
    *moment = Timestamp::from_millis(moment.as_millis().saturating_add(by_ms));
}

impl Ticket {
    /// Moves everything but the agreed time along with the clock.
    pub(crate) fn move_along(&mut self, by_ms: i64) {
        moved(&mut self.issued_at, by_ms);
        moved(&mut self.since, by_ms);
        for moment in self.delayed_at.iter_mut() {
            moved(moment, by_ms);
        }
        for period in &mut self.periods {
            moved(&mut period.from, by_ms);
            for to in period.to.iter_mut() {
                moved(to, by_ms);
            }
        }
        match &mut self.state {
            State::Called { last, .. } => moved(last, by_ms),
            State::Held { until } | State::NoShow { until } => moved(until, by_ms),
            State::Waiting | State::Serving { .. } | State::Ended { .. } => {}
        }
    }
}
