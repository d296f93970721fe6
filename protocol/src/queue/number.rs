//! What stands on a ticket: `K-001`, and the local day it counts for.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// One or two capital letters A to Z that begin a ticket's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix([u8; 2]);

/// What stands on a ticket and is called: a prefix and a number from 1, e.g. `K-001`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TicketNumber {
    /// The letters.
    pub prefix: Prefix,
    /// The number, from 1; three digits at least where it is written.
    pub count: u32,
}

/// A day at the site, by its own clock on the wall: `2026-11-20`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day {
    /// Days since 1970-01-01, between those of [`FIRST`](Self::FIRST) and [`LAST`](Self::LAST).
    pub since_epoch: i32,
}

/// No prefix or number of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no ticket number: one or two letters A to Z, '-', and a number from 1, e.g. K-001")]
pub struct TicketNumberError;

/// No day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no day, e.g. 2026-11-20")]
pub struct DayError;

impl FromStr for Prefix {
    type Err = TicketNumberError;
    fn from_str(text: &str) -> Result<Self, TicketNumberError> {
        match *text.as_bytes() {
            [one] if one.is_ascii_uppercase() => Ok(Self([one, b' '])),
            [one, two] if one.is_ascii_uppercase() && two.is_ascii_uppercase() => Ok(Self([one, two])),
            _ => Err(TicketNumberError),
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .filter(|byte| **byte != b' ')
            .try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

impl FromStr for TicketNumber {
    type Err = TicketNumberError;
    fn from_str(text: &str) -> Result<Self, TicketNumberError> {
        let (prefix, count) = text.split_once('-').ok_or(TicketNumberError)?;
        let digits = count.bytes().all(|byte| byte.is_ascii_digit());
        let as_written = count.len() == 3 || count.len() > 3 && !count.starts_with('0');
        let count = count
            .parse()
            .ok()
            .filter(|count| *count > 0 && digits && as_written)
            .ok_or(TicketNumberError)?;
        Ok(Self {
            prefix: prefix.parse()?,
            count,
        })
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:03}", self.prefix, self.count)
    }
}

impl Day {
    /// The day of year, month (1 to 12) and day of month, by the Gregorian calendar; none that there never is.
    pub fn of(year: i32, month: u8, day: u8) -> Option<Self> {
        let days = days_from_civil(year, month, day);
        let real =
            (1..=12).contains(&month) && (1600..=9999).contains(&year) && civil_from_days(days) == (year, month, day);
        real.then_some(Self { since_epoch: days })
    }
    /// Year, month and day of month.
    pub fn civil(self) -> (i32, u8, u8) {
        civil_from_days(self.since_epoch)
    }
    /// The first day that has a text, 1600-01-01.
    pub const FIRST: Day = Day { since_epoch: -135_140 };
    /// The last, 9999-12-31.
    pub const LAST: Day = Day { since_epoch: 2_932_896 };

    /// The day of a moment at a place that is `offset_seconds` ahead of UTC; the nearest that has a text.
    pub fn at(moment: crate::Timestamp, offset_seconds: i32) -> Self {
        let local = moment.as_millis().saturating_add(i64::from(offset_seconds) * 1000);
        Self::nearest(local.div_euclid(86_400_000))
    }
    /// The day `days` later; the nearest that has a text.
    pub fn plus(self, days: i32) -> Self {
        Self::nearest(i64::from(self.since_epoch) + i64::from(days))
    }
    fn nearest(days: i64) -> Self {
        let days = days.clamp(i64::from(Self::FIRST.since_epoch), i64::from(Self::LAST.since_epoch));
        Self {
            since_epoch: i32::try_from(days).unwrap_or(0),
        }
    }
}

/// Days since 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i32, month: u8, day: u8) -> i32 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    i32::try_from(era * 146_097 + day_of_era - 719_468).unwrap_or(i32::MAX)
}

fn civil_from_days(days: i32) -> (i32, u8, u8) {
    let shifted = i64::from(days) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted - era * 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (
        i32::try_from(year).unwrap_or(i32::MAX),
        u8::try_from(month).unwrap_or(1),
        u8::try_from(day).unwrap_or(1),
    )
}

impl FromStr for Day {
    type Err = DayError;
    fn from_str(text: &str) -> Result<Self, DayError> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let mut parts = text.split('-');
        let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(DayError);
        };
        let parsed = || Day::of(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        let lengths = (year.len(), month.len(), day.len());
        parsed().filter(|_| digits && lengths == (4, 2, 2)).ok_or(DayError)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

macro_rules! as_text {
    ($($name:ident: $error:ident),*) => {
        $(impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        })*
    };
}

as_text!(Prefix: TicketNumberError, TicketNumber: TicketNumberError, Day: DayError);

impl crate::time::Moment {
    /// The local day the clock shows, right or wrong.
    pub fn day(self) -> Day {
        Day::at(self.at, self.offset_seconds)
    }
}
