//! What is known of each service: how long it took lately, what today brought, whether it was opened or closed by hand.
//!
//! Who stands in its line is not here: each ticket knows its own place.

use protocol::{Timestamp, fact::ServiceAvailability};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many of the last service times are looked at.
const TIMES_KEPT: usize = 30;
/// Fewer say nothing.
pub(crate) const TIMES_NEEDED: usize = 5;

/// A service's own record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct ServiceRecord {
    /// Seconds each of the last services took, the newest last.
    times: VecDeque<u64>,
    /// How many were called before their turn in a row while others waited.
    pub(crate) in_a_row: u8,
    pub(crate) today: DayTotals,
    /// Opened or closed by hand, and when.
    pub(crate) turned: Option<(ServiceAvailability, Timestamp)>,
    /// When it was last heard of.
    pub(crate) last: Timestamp,
}

/// What a day brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DayTotals {
    /// Tickets given out.
    pub issued: u32,
    /// Services finished; a visit may have several.
    pub served: u32,
    /// Seconds they took together.
    pub serve_s: u64,
    /// Seconds that was waited for them together.
    pub wait_s: u64,
    /// Times nobody came.
    pub no_shows: u32,
    /// Tickets given up.
    pub cancelled: u32,
    /// Tickets not ended in time.
    pub expired: u32,
}

impl DayTotals {
    /// How long one service took on average, seconds; none before the first.
    pub fn average_serve_s(&self) -> Option<u64> {
        self.serve_s.checked_div(u64::from(self.served))
    }
    /// How long was waited for one service on average, seconds; none before the first.
    pub fn average_wait_s(&self) -> Option<u64> {
        self.wait_s.checked_div(u64::from(self.served))
    }
    pub(crate) fn add(&mut self, other: &DayTotals) {
        self.issued = self.issued.saturating_add(other.issued);
        self.served = self.served.saturating_add(other.served);
        self.serve_s = self.serve_s.saturating_add(other.serve_s);
        self.wait_s = self.wait_s.saturating_add(other.wait_s);
        self.no_shows = self.no_shows.saturating_add(other.no_shows);
        self.cancelled = self.cancelled.saturating_add(other.cancelled);
        self.expired = self.expired.saturating_add(other.expired);
    }
}

impl ServiceRecord {
    /// A service was finished.
    pub(crate) fn served(&mut self, wait_s: u64, serve_s: u64) {
        self.today.served = self.today.served.saturating_add(1);
        self.today.serve_s = self.today.serve_s.saturating_add(serve_s);
        self.today.wait_s = self.today.wait_s.saturating_add(wait_s);
        self.times.push_back(serve_s);
        if self.times.len() > TIMES_KEPT {
            self.times.pop_front();
        }
    }

    /// The 20th and 80th of a hundred service times, seconds, by nearest rank; none under five samples.
    pub(crate) fn usual_s(&self) -> Option<(u64, u64)> {
        if self.times.len() < TIMES_NEEDED {
            return None;
        }
        let mut times: Vec<u64> = self.times.iter().copied().collect();
        times.sort_unstable();
        let nearest = |of_a_hundred: usize| times.get((times.len() * of_a_hundred).div_ceil(100).saturating_sub(1));
        Some((*nearest(20)?, *nearest(80)?))
    }
}
