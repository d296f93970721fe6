//! What is refused, what may go and what must, when a lane's budget is used up.

use super::site::{FACTS, Site, append, check_reading, check_recovery};
use crate::{PackedState, Snapshot};
use expect_test::expect;
use protocol::{Lane, LaneCursors, Seq, Timestamp};

const DAY: i64 = 24 * 3600 * 1000;

#[test]
fn a_full_facts_lane_refuses_and_recovers_when_trimmed() {
    let mut site = Site::with_facts(0);
    site.options.facts_budget = 3 * 2400;
    let (mut journal, _) = site.open();
    let full = loop {
        match journal.append(FACTS, &[b'x'; 100]) {
            Ok(_) => journal.commit(FACTS).unwrap(),
            Err(error) => break error,
        }
    };
    assert_eq!(full.to_string(), "the facts lane is full: 7200 of 7200 bytes");
    assert_eq!(journal.last(FACTS), Seq(57));
    journal.advance(LaneCursors {
        facts: Seq(40),
        telemetry: Seq(0),
    });
    journal.trim().unwrap();
    journal.append(FACTS, &[b'x'; 100]).unwrap_err();
    journal
        .checkpoint(&[Snapshot {
            app: "app".to_owned(),
            upto: Seq(57),
            state: Some(PackedState::pack(&[]).unwrap()),
        }])
        .unwrap();
    journal.trim().unwrap();
    assert_eq!(append(&mut journal, 1), Seq(58));
    assert_eq!(journal.usage(FACTS).unsent, 18);
    check_reading(&journal, &expect!["facts 39-57, facts 58-58"]);
}

#[test]
fn telemetry_over_its_budget_is_doomed_and_goes_after_its_tombstone() {
    let mut site = Site::with_facts(0);
    site.options.telemetry_budget = 3 * 2400;
    let (mut journal, _) = site.open();
    for _ in 0..100 {
        journal.append(Lane::Telemetry, &[b'x'; 100]).unwrap();
        journal.commit(Lane::Telemetry).unwrap();
    }
    let doomed = journal.expired_telemetry(Timestamp::from_millis(0)).unwrap();
    expect!["DiscardRange { lane: Telemetry, from: Seq(1), to: Seq(57), bytes: 7200, reason: Budget }"]
        .assert_eq(&format!("{doomed:?}"));
    journal.discard(&doomed).unwrap();
    assert_eq!(journal.expired_telemetry(Timestamp::from_millis(0)), None);
    drop(journal);
    let (journal, recovery) = site.open();
    check_recovery(&recovery, &expect!["boot 3"]);
    assert_eq!(journal.usage(Lane::Telemetry).unsent, 43);
}

#[test]
fn telemetry_older_than_seven_days_is_doomed() {
    let site = Site::with_facts(0);
    let now = |days: i64| Timestamp::from_millis(1_800_000_000_000 + days * DAY);
    let (mut journal, _) = site.open();
    for day in 0..3 {
        site.disk.set_time(now(day));
        for _ in 0..19 {
            journal.append(Lane::Telemetry, &[b'x'; 100]).unwrap();
            journal.commit(Lane::Telemetry).unwrap();
        }
    }
    assert_eq!(journal.expired_telemetry(now(7)), None);
    let doomed = journal.expired_telemetry(now(10)).unwrap();
    expect!["DiscardRange { lane: Telemetry, from: Seq(1), to: Seq(57), bytes: 7200, reason: Age }"]
        .assert_eq(&format!("{doomed:?}"));
    journal.discard(&doomed).unwrap();
    assert_eq!(journal.usage(Lane::Telemetry).unsent, 0);
    journal.append(Lane::Telemetry, b"next").unwrap();
    journal.commit(Lane::Telemetry).unwrap();
    assert_eq!(journal.last(Lane::Telemetry), Seq(58));
}
