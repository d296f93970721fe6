//! The clock: whose time counts, and when.

use crate::{clock::WallClock, settings::ClockSource};
use edge_kernel::EdgeClock as _;
use edge_uplink::CloudTime as _;
use protocol::{ClockState, Timestamp};
use std::{path::Path, time::Duration};

const YEAR_MS: i64 = 365 * 24 * 3600 * 1000;
const MOMENT: Duration = Duration::from_millis(10);

fn clock(ntp_mark: &Path, shift_ms: Option<i64>) -> WallClock {
    WallClock::with(jiff::tz::TimeZone::UTC, ClockSource::Ntp, ntp_mark.to_owned(), shift_ms)
}

/// How far `clock` is from the machine's own, milliseconds.
fn off(clock: &WallClock) -> i64 {
    let machine = self::clock(Path::new("/nowhere"), None);
    clock.now().as_millis() - machine.now().as_millis()
}

fn is_about(found: i64, expected: i64) -> bool {
    (found - expected).abs() < 900
}

fn ahead(clock: &WallClock, ms: i64) -> Timestamp {
    Timestamp::from_millis(clock.now().as_millis() + ms)
}

#[test]
fn the_machines_clock_is_estimated_until_somebody_vouches_for_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let mark = dir.path().join("synchronized");
    let clock = clock(&mark, None);
    assert_eq!(clock.state(), ClockState::Estimated);
    std::fs::write(&mark, "").expect("a mark");
    clock.look_for_ntp();
    assert_eq!(clock.state(), ClockState::Synced);
    std::fs::remove_file(&mark).expect("no mark");
    clock.look_for_ntp();
    assert_eq!(clock.state(), ClockState::Estimated);
}

#[test]
fn the_clouds_time_is_taken_where_it_differs_enough() {
    let nowhere = Path::new("/nowhere");
    for (differs_ms, trip, expected) in [
        (YEAR_MS, MOMENT, YEAR_MS),
        (-YEAR_MS, MOMENT, -YEAR_MS),
        (950, MOMENT, 0),
        (2000, Duration::from_secs(4), 0),
        (8000, Duration::from_secs(4), 10_000),
    ] {
        let clock = clock(nowhere, None);
        clock.learn(ahead(&clock, differs_ms), trip);
        assert_eq!(clock.state(), ClockState::Synced);
        assert!(is_about(off(&clock), expected), "{differs_ms}: {}", off(&clock));
        clock.learn(ahead(&clock, YEAR_MS), MOMENT);
        assert!(is_about(off(&clock), expected + YEAR_MS), "told again: {}", off(&clock));
    }
}

#[test]
fn once_ntp_has_set_the_machine_the_clouds_correction_counts_no_more() {
    let dir = tempfile::tempdir().expect("a directory");
    let mark = dir.path().join("synchronized");
    let clock = clock(&mark, None);
    clock.learn(ahead(&clock, YEAR_MS), MOMENT);
    std::fs::write(&mark, "").expect("a mark");
    clock.look_for_ntp();
    assert!(is_about(off(&clock), 0), "{}", off(&clock));
    clock.learn(ahead(&clock, YEAR_MS), MOMENT);
    assert!(is_about(off(&clock), 0), "NTP knows better: {}", off(&clock));
}

#[test]
fn a_clock_shifted_for_a_test_is_nobodys_until_the_cloud_sets_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let mark = dir.path().join("synchronized");
    std::fs::write(&mark, "").expect("a mark");
    let clock = clock(&mark, Some(-YEAR_MS));
    assert_eq!(clock.state(), ClockState::Estimated);
    assert!(is_about(off(&clock), -YEAR_MS));
    clock.learn(ahead(&clock, YEAR_MS), MOMENT);
    assert_eq!(clock.state(), ClockState::Synced);
    assert!(is_about(off(&clock), 0), "{}", off(&clock));
}

#[test]
fn the_sites_offset_is_that_of_its_zone() {
    let zone = jiff::tz::TimeZone::get("Asia/Tashkent").expect("a zone");
    let clock = WallClock::with(zone, ClockSource::Ntp, "/nowhere".into(), None);
    assert_eq!(adapter_sdk::Clock::offset_seconds(&clock), 5 * 3600);
}

#[test]
fn an_estimated_clock_goes_on_from_the_newest_fact_and_a_trusted_one_does_not() {
    let clock = clock(Path::new("/nowhere"), Some(-YEAR_MS));
    let last = ahead(&clock, YEAR_MS / 2);
    clock.resume_after(last);
    assert!(clock.now() >= last, "time went back behind the newest fact");
    assert!(is_about(off(&clock), -YEAR_MS / 2), "{}", off(&clock));
    assert_eq!(clock.state(), ClockState::Estimated);
    clock.learn(ahead(&clock, -YEAR_MS / 4), MOMENT);
    assert!(
        is_about(off(&clock), -YEAR_MS * 3 / 4),
        "the cloud knows better: {}",
        off(&clock)
    );
}

#[test]
fn a_machine_with_a_battery_is_believed_where_the_settings_say_so() {
    let zone = jiff::tz::TimeZone::UTC;
    let clock = WallClock::with(zone, ClockSource::Machine, "/nowhere".into(), None);
    assert_eq!(clock.state(), ClockState::Synced);
    assert!(adapter_sdk::Clock::trusted_now(&clock).is_some());
}
