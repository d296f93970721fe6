//! What is refused, what may go and what must, when a lane's budget is used up.

use super::site::{FACTS, Site, append, check_reading, check_recovery};
use crate::{FactRetention, Journal, PackedState, Snapshot};
use expect_test::expect;
use protocol::{Lane, LaneCursors, Seq, Timestamp};
use std::time::Duration;

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

fn covered(journal: &mut Journal, upto: u64) {
    let snapshot = Snapshot {
        app: "app".to_owned(),
        upto: Seq(upto),
        state: Some(PackedState::pack(&[]).unwrap()),
    };
    journal.checkpoint(&[snapshot]).unwrap();
}

#[test]
fn facts_that_no_cloud_fetches_go_by_age_and_for_lack_of_room_behind_a_snapshot() {
    let site = Site::with_facts(0);
    let now = |days: i64| Timestamp::from_millis(1_800_000_000_000 + days * DAY);
    let (mut journal, _) = site.open();
    for day in 0..4 {
        site.disk.set_time(now(day));
        for _ in 0..19 {
            journal.append(FACTS, &[b'x'; 100]).unwrap();
            journal.commit(FACTS).unwrap();
        }
    }
    let alone = |free| FactRetention {
        expire_after: Some(Duration::from_secs(7 * 24 * 3600)),
        keep_for: Duration::ZERO,
        free,
    };
    let linked = |free| FactRetention {
        expire_after: None,
        keep_for: Duration::from_secs(7 * 24 * 3600),
        free,
    };
    assert_eq!(journal.expired_facts(now(7), alone(0)), None);
    assert_eq!(journal.expired_facts(now(7), linked(1)), None, "young ones stay");
    assert_eq!(
        journal.expired_facts(now(70), linked(0)),
        None,
        "so do old ones while there is room"
    );
    let old = journal.expired_facts(now(10), alone(0)).unwrap();
    expect!["DiscardRange { lane: Facts, from: Seq(1), to: Seq(38), bytes: 4800, reason: Age }"]
        .assert_eq(&format!("{old:?}"));
    let lacking = journal.expired_facts(now(7), alone(1)).unwrap();
    expect!["DiscardRange { lane: Facts, from: Seq(1), to: Seq(19), bytes: 2400, reason: Budget }"]
        .assert_eq(&format!("{lacking:?}"));
    assert_eq!(
        journal.expired_facts(now(9), linked(1)).map(|doomed| doomed.to),
        Some(Seq(19))
    );
    // Nothing is let go that a restart would need.
    journal.discard(&old).unwrap();
    assert_eq!(journal.usage(FACTS).unsent, 76);
    covered(&mut journal, 38);
    journal.discard(&old).unwrap();
    assert_eq!(journal.usage(FACTS).unsent, 38);
    drop(journal);
    let (journal, recovery) = site.open();
    check_recovery(&recovery, &expect!["boot 3"]);
    assert_eq!(journal.usage(FACTS).unsent, 38);
}

#[test]
fn a_tombstone_has_room_where_nothing_else_has() {
    let mut site = Site::with_facts(0);
    site.options.facts_budget = 2400;
    let (mut journal, _) = site.open();
    while journal.append(FACTS, &[b'x'; 100]).is_ok() {
        journal.commit(FACTS).unwrap();
    }
    let last = journal.last(FACTS);
    assert_eq!(journal.append_past_budget(FACTS, &[b't'; 100]).unwrap(), last.next());
    journal.commit(FACTS).unwrap();
}
