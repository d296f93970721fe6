//! The edge's wall clock, as a driver reads it, and what becomes of a device's own.
//!
//! No deadline comes from a wall clock: it may jump.

use protocol::{ClockState, Timestamp};
use serde::Deserialize;
use std::{fmt::Debug, time::Duration};

/// The edge's wall clock. For deadlines use `tokio::time`.
pub trait Clock: Send + Sync + Debug {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
    /// Whether that can be trusted.
    fn state(&self) -> ClockState;
    /// Now, where it can be trusted: for whatever a wrong time would spoil.
    fn trusted_now(&self) -> Option<Timestamp> {
        match self.state() {
            ClockState::Synced => Some(self.now()),
            ClockState::Estimated => None,
        }
    }
    /// The site's offset from UTC in seconds, for devices that keep local time.
    fn offset_seconds(&self) -> i32;
}

/// What becomes of a device's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockPolicy {
    /// How far it may be off.
    pub drift: Duration,
    /// What is done about it.
    pub drift_action: DriftAction,
    /// Offset of its local time from UTC in seconds, where the settings say it.
    pub utc_offset: Option<i32>,
}

impl ClockPolicy {
    /// Offset of the device's local time from UTC in seconds: the site's, where the settings say none.
    pub fn offset_seconds(&self, clock: &dyn Clock) -> i32 {
        self.utc_offset.unwrap_or_else(|| clock.offset_seconds())
    }
}

/// What is done about a device's clock that drifts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftAction {
    /// It is set, unless somebody else sets it: NTP or a platform.
    #[default]
    Keep,
    /// It is reported.
    Leave,
}
