//! Moments as people of the site read them: 24 hours, day before month, by the clock on their wall.

use protocol::{Timestamp, queue::Day};

/// `09:05`.
pub(crate) fn time(at: Timestamp, offset_seconds: i32) -> String {
    let local_s = at.as_secs().saturating_add(i64::from(offset_seconds));
    let minutes = local_s.rem_euclid(86_400) / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `20.11.2026`.
pub(crate) fn date(at: Timestamp, offset_seconds: i32) -> String {
    let day = Day::at(at, offset_seconds).to_string();
    let mut parts = day.split('-').rev();
    let mut next = || parts.next().unwrap_or_default();
    format!("{}.{}.{}", next(), next(), next())
}
