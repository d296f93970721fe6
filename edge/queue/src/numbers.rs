//! Which number a ticket gets, whatever the clock does: `K-001`, counted per local day and prefix.
//!
//! A number is never given twice in a day. The rule:
//!
//! - With a trusted clock the day is the one it shows. Counters of [`DAYS_KEPT`] days are kept, and of the days
//!   forgotten the highest numbers: a clock that jumps away and comes back goes on counting where it was.
//! - With a clock that is not trusted the last known day goes on, whatever the clock shows: a box that boots in 1970
//!   opens no day. Numbers grow until the clock is right again.
//! - Numbers given meanwhile may have been given on any day, so the next trusted day begins above them.
//! - A box whose clock was never trusted has nothing better: its days follow the clock forward, never back. A step of
//!   up to [`ORDINARY_DAYS`] begins at 1 as any morning does; a longer one is a clock being set, and the count goes on.

use crate::Moment;
use protocol::{
    ClockState,
    queue::{Day, Prefix, TicketNumber},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Days whose counters are kept.
const DAYS_KEPT: usize = 40;
/// A box without a trusted clock may have been off for so many days.
const ORDINARY_DAYS: i32 = 7;

type Counts = BTreeMap<Prefix, u32>;

/// The highest number given by day and prefix.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Numbers {
    /// The day of the last ticket.
    current: Option<Day>,
    /// Whether a trusted clock ever said what day it is.
    known: DayTrust,
    days: BTreeMap<Day, Counts>,
    /// Given since the clock was last trusted: on which real day, nobody can say.
    loose: Counts,
    /// The highest of the days that were forgotten.
    forgotten: Option<Day>,
    floor: Counts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DayTrust {
    #[default]
    Never,
    Once,
}

impl Numbers {
    /// The day of the last ticket.
    pub(crate) fn current(&self) -> Option<Day> {
        self.current
    }

    /// The day a ticket of this moment counts for.
    pub(crate) fn day(&self, now: Moment) -> Day {
        let shown = now.day();
        match (now.clock, self.current, self.known) {
            (ClockState::Synced, _, _) | (ClockState::Estimated, None, _) => shown,
            (ClockState::Estimated, Some(current), DayTrust::Once) => current,
            (ClockState::Estimated, Some(current), DayTrust::Never) => current.max(shown),
        }
    }

    /// The next number with a prefix.
    pub(crate) fn next(&self, now: Moment, prefix: Prefix) -> (Day, TicketNumber) {
        let day = self.day(now);
        let given = self.begun(day, now.clock).get(&prefix).copied().unwrap_or(0);
        let count = given.saturating_add(1);
        (day, TicketNumber { prefix, count })
    }

    /// A number was given.
    pub(crate) fn given(&mut self, day: Day, number: TicketNumber, clock: ClockState) {
        let mut counts = self.begun(day, clock);
        raise(&mut counts, number.prefix, number.count);
        match clock {
            ClockState::Synced => {
                self.loose.clear();
                self.known = DayTrust::Once;
            }
            ClockState::Estimated => {
                if self.is_an_ordinary_morning(day) {
                    self.loose.clear();
                }
                raise(&mut self.loose, number.prefix, number.count);
            }
        }
        self.days.insert(day, counts);
        self.current = Some(day);
        while self.days.len() > DAYS_KEPT {
            self.forget();
        }
    }

    /// What was given on a day, once numbers of no certain day are counted where they may belong.
    fn begun(&self, day: Day, clock: ClockState) -> Counts {
        let mut counts = self.days.get(&day).cloned().unwrap_or_else(|| {
            let may_be_forgotten = self.forgotten.is_some_and(|forgotten| day <= forgotten);
            if may_be_forgotten {
                self.floor.clone()
            } else {
                Counts::new()
            }
        });
        let may_belong = match clock {
            ClockState::Synced => true,
            ClockState::Estimated => self.current != Some(day) && !self.is_an_ordinary_morning(day),
        };
        if may_belong {
            for (prefix, count) in &self.loose {
                raise(&mut counts, *prefix, *count);
            }
        }
        counts
    }

    fn is_an_ordinary_morning(&self, day: Day) -> bool {
        let after = |last: Day| (1..=ORDINARY_DAYS).contains(&day.since_epoch.saturating_sub(last.since_epoch));
        self.current.is_some_and(after)
    }

    fn forget(&mut self) {
        if let Some((day, counts)) = self.days.pop_first() {
            self.forgotten = self.forgotten.max(Some(day));
            for (prefix, count) in counts {
                raise(&mut self.floor, prefix, count);
            }
        }
    }
}

fn raise(counts: &mut Counts, prefix: Prefix, to: u32) {
    let count = counts.entry(prefix).or_insert(to);
    *count = to.max(*count);
}
