//! Opening hours: up to three slots on each day of the week, by the clock on the wall.

use super::number::Day;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    /// From Monday on.
    pub const ALL: [Weekday; 7] = [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
        Weekday::Sat,
        Weekday::Sun,
    ];

    /// Of a day; 1970-01-01 was a Thursday.
    pub fn of(day: Day) -> Self {
        let at = usize::try_from((i64::from(day.since_epoch) + 3).rem_euclid(7)).unwrap_or(0);
        Self::ALL.get(at).copied().unwrap_or(Weekday::Mon)
    }
}

/// A time of day, minutes since midnight, `00:00` to `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay {
    /// Minutes since midnight: 0 to 1440.
    pub minutes: u16,
}

/// No time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no time of day from 00:00 to 24:00, e.g. 09:30")]
pub struct TimeOfDayError;

impl FromStr for TimeOfDay {
    type Err = TimeOfDayError;
    fn from_str(text: &str) -> Result<Self, TimeOfDayError> {
        let (hours, minutes) = text.split_once(':').ok_or(TimeOfDayError)?;
        let two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if !two(hours) || !two(minutes) {
            return Err(TimeOfDayError);
        }
        let (hours, minutes) = (hours.parse::<u16>(), minutes.parse::<u16>());
        match (hours, minutes) {
            (Ok(hours), Ok(minutes)) if minutes < 60 && hours * 60 + minutes <= 1440 => Ok(Self {
                minutes: hours * 60 + minutes,
            }),
            _ => Err(TimeOfDayError),
        }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = TimeOfDayError;
    fn try_from(text: String) -> Result<Self, TimeOfDayError> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(clock: TimeOfDay) -> String {
        clock.to_string()
    }
}

/// A stretch of a day: from, to (exclusive); both on the same day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(TimeOfDay, TimeOfDay)", into = "(TimeOfDay, TimeOfDay)")]
pub struct Slot {
    /// From.
    pub from: TimeOfDay,
    /// To, not included.
    pub to: TimeOfDay,
}

impl TryFrom<(TimeOfDay, TimeOfDay)> for Slot {
    type Error = TimeOfDayError;
    fn try_from((from, to): (TimeOfDay, TimeOfDay)) -> Result<Self, TimeOfDayError> {
        if from < to {
            Ok(Self { from, to })
        } else {
            Err(TimeOfDayError)
        }
    }
}

impl From<Slot> for (TimeOfDay, TimeOfDay) {
    fn from(slot: Slot) -> Self {
        (slot.from, slot.to)
    }
}

/// Opening hours by weekday: `{"mon": [["09:00", "13:00"], ["14:00", "18:00"]]}`. A day that is left out is closed; no
/// day at all means always open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<Weekday, Vec<Slot>>", into = "BTreeMap<Weekday, Vec<Slot>>")]
pub struct Hours(BTreeMap<Weekday, Vec<Slot>>);

impl TryFrom<BTreeMap<Weekday, Vec<Slot>>> for Hours {
    type Error = TimeOfDayError;
    fn try_from(days: BTreeMap<Weekday, Vec<Slot>>) -> Result<Self, TimeOfDayError> {
        let in_order = |slots: &Vec<Slot>| {
            slots.len() <= 3
                && slots
                    .iter()
                    .zip(slots.iter().skip(1))
                    .all(|(one, next)| one.to <= next.from)
        };
        if days.values().all(in_order) {
            Ok(Self(days))
        } else {
            Err(TimeOfDayError)
        }
    }
}

impl From<Hours> for BTreeMap<Weekday, Vec<Slot>> {
    fn from(hours: Hours) -> Self {
        hours.0
    }
}

impl Hours {
    /// Whether it is open always.
    pub fn is_always(&self) -> bool {
        self.0.is_empty()
    }
    /// The slots of a weekday, in order.
    pub fn on(&self, day: Weekday) -> &[Slot] {
        self.0.get(&day).map_or(&[], Vec::as_slice)
    }
    /// Whether it is open on a day of the week at a time.
    pub fn holds(&self, day: Weekday, at: TimeOfDay) -> bool {
        self.is_always() || self.on(day).iter().any(|slot| slot.from <= at && at < slot.to)
    }
}

impl crate::time::Moment {
    /// The local time of day the clock shows.
    pub fn time_of_day(self) -> TimeOfDay {
        let local = self.at.as_secs().saturating_add(i64::from(self.offset_seconds));
        let minutes = local.rem_euclid(86_400) / 60;
        TimeOfDay {
            minutes: u16::try_from(minutes).unwrap_or(0),
        }
    }
}
