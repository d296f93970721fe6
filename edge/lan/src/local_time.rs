//! Moments as people of the site read them: 24 hours, day before month, by the clock on their wall.

use crate::words;
use jiff::{civil::DateTime, tz::Offset};
use protocol::{Lang, Timestamp};

/// A text, in whichever language it is asked for.
pub type LocalizedText = fn(Lang) -> &'static str;

/// The days of the week from Monday on: their word in forms, and their name.
pub const WEEKDAYS: [(&str, LocalizedText); 7] = [
    ("mon", words::day_mon),
    ("tue", words::day_tue),
    ("wed", words::day_wed),
    ("thu", words::day_thu),
    ("fri", words::day_fri),
    ("sat", words::day_sat),
    ("sun", words::day_sun),
];

/// `09:05`.
pub fn time(at: Timestamp, offset_seconds: i32) -> String {
    written(at, offset_seconds, "%H:%M")
}

/// `20.11.2026`.
pub fn date(at: Timestamp, offset_seconds: i32) -> String {
    written(at, offset_seconds, "%d.%m.%Y")
}

fn written(at: Timestamp, offset_seconds: i32, format: &str) -> String {
    local(at, offset_seconds).strftime(format).to_string()
}

/// The clock on the wall; the first moment of 1970 for a time that no calendar has.
fn local(at: Timestamp, offset_seconds: i32) -> DateTime {
    let moment = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let offset = Offset::from_seconds(offset_seconds).unwrap_or(Offset::UTC);
    offset.to_datetime(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_changes_with_the_site_s_clock() {
        let late = Timestamp::from_millis(1_795_215_900_000);
        assert_eq!((date(late, 0), time(late, 0)), ("20.11.2026".into(), "23:05".into()));
        assert_eq!(
            (date(late, 5 * 3600), time(late, 5 * 3600)),
            ("21.11.2026".into(), "04:05".into())
        );
    }
}
