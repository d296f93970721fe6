//! Where the lanes stand: a script per lesson.

use crate::{Timing, batches::Schedule};
use expect_test::{Expect, expect};
use protocol::{Lane, LaneCursors, Seq};
use std::{fmt::Write as _, time::Duration};
use tokio::time::Instant;

/// Steps: `due`, `wait <s>`, `stored|refused|skip <lane> …`, `failed`, `slow <lane>`, `told <facts> <telemetry>`, `hurry`.
fn check(committed: (u64, u64), script: &str, expected: &Expect) {
    let have = |facts, telemetry| LaneCursors {
        facts: Seq(facts),
        telemetry: Seq(telemetry),
    };
    let committed = have(committed.0, committed.1);
    let mut now = Instant::now();
    let mut schedule = Schedule::new(LaneCursors::default(), &Timing::default(), now);
    let mut out = String::new();
    for step in script.split(';') {
        let words: Vec<&str> = step.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap();
        let lane = || words[1].parse::<Lane>().unwrap();
        match words[0] {
            "due" => match schedule.due(committed, now) {
                Some(lane) => writeln!(
                    out,
                    "{lane} after {} in {}",
                    schedule.position(lane),
                    schedule.chunk(lane)
                ),
                None => {
                    let wake = schedule.wake_at(committed.facts, now).saturating_duration_since(now);
                    writeln!(out, "nothing for {wake:?}")
                }
            }
            .unwrap(),
            "wait" => now += Duration::from_secs(number(1)),
            "stored" => {
                let has = LaneCursors::default().with(lane(), Seq(number(4)));
                schedule.stored(lane(), Seq(number(2)), Seq(number(3)), has, now);
            }
            "refused" => {
                let verdict = schedule.refused(lane(), Seq(number(2)), Seq(number(3)), now);
                writeln!(out, "{verdict:?}").unwrap();
            }
            "skip" => writeln!(out, "tombstone: {}", schedule.skip(lane(), Seq(number(2)))).unwrap(),
            "failed" => writeln!(out, "pause {:?}", schedule.failed(now, u32::MAX)).unwrap(),
            "told" => schedule.cloud_has(have(number(1), number(2))),
            "slow" => schedule.too_slow(lane()),
            "hurry" => schedule.hurry(now),
            other => panic!("{other}?"),
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn facts_go_before_telemetry_and_telemetry_waits_its_interval() {
    check(
        (10, 10),
        "due; stored facts 1 10 10; due; stored telemetry 1 5 5; due; stored telemetry 6 10 10; due; wait 30; due",
        &expect![[r#"
            facts after 0 in 1048576
            telemetry after 0 in 1048576
            telemetry after 5 in 1048576
            nothing for 30s
            nothing for 30s
        "#]],
    );
}

#[test]
fn failures_pause_everything_longer_and_longer_until_something_works() {
    check(
        (10, 10),
        "failed; due; wait 1; due; failed; failed; hurry; due; stored facts 1 5 5; failed",
        &expect![[r#"
            pause 1s
            nothing for 1s
            facts after 0 in 1048576
            pause 2s
            pause 4s
            facts after 0 in 1048576
            pause 1s
        "#]],
    );
}

#[test]
fn a_refused_batch_is_halved_and_grows_again() {
    check(
        (10, 0),
        "refused facts 1 10; due; refused facts 1 5; due; stored facts 1 2 2; due; stored facts 3 10 10; due",
        &expect![[r#"
            Smaller
            facts after 0 in 524288
            Smaller
            facts after 0 in 262144
            facts after 2 in 295168
            nothing for 30s
        "#]],
    );
}

#[test]
fn one_refused_record_is_offered_rarely_and_does_not_hold_up_the_other_lane() {
    check(
        (10, 10),
        "refused facts 3 3; due; stored telemetry 1 10 10; due; wait 60; due; refused facts 3 3; stored facts 3 3 3; due",
        &expect![[r#"
            Stuck
            telemetry after 0 in 1048576
            nothing for 30s
            facts after 0 in 1048576
            StillStuck
            facts after 3 in 1048576
        "#]],
    );
}

#[test]
fn what_the_cloud_lacks_is_offered_once_more() {
    // The cloud was restored from a copy that ends at 3.
    check(
        (10, 0),
        "stored facts 1 8 8; stored facts 9 9 3; due; stored facts 4 10 10; due",
        &expect![[r#"
            facts after 3 in 1048576
            nothing for 30s
        "#]],
    );
    // 4 to 8 are gone for good, and the tombstone is still on its way.
    check(
        (12, 0),
        "stored facts 1 3 3; stored facts 9 9 3; due; stored facts 9 9 3; due; stored facts 10 10 3; due",
        &expect![[r#"
            facts after 3 in 1048576
            facts after 9 in 1048576
            facts after 10 in 1048576
        "#]],
    );
}

#[test]
fn damage_is_passed_over_with_one_tombstone() {
    check(
        (10, 0),
        "skip facts 4; due; skip facts 4; told 6 0; due; told 2 0; due",
        &expect![[r#"
            tombstone: true
            facts after 4 in 1048576
            tombstone: false
            facts after 6 in 1048576
            facts after 6 in 1048576
        "#]],
    );
}

#[test]
fn a_slow_line_gets_smaller_batches_but_not_crumbs() {
    check(
        (10, 0),
        "slow facts; due; slow facts; slow facts; slow facts; slow facts; slow facts; slow facts; slow facts; due; stored facts 1 1 1; due",
        &expect![[r#"
            facts after 0 in 524288
            facts after 0 in 16384
            facts after 1 in 18688
        "#]],
    );
}

#[test]
fn what_a_restored_cloud_lost_and_we_let_go_of_is_said_once() {
    let mut schedule = Schedule::new(
        LaneCursors::default().with(Lane::Facts, Seq(80)),
        &Timing::default(),
        Instant::now(),
    );
    // The cloud had confirmed up to 150; what is left here begins with 121.
    assert_eq!(
        schedule.let_go(Lane::Facts, Seq(121), Seq(150)),
        Some((Seq(81), Seq(120)))
    );
    assert_eq!(schedule.position(Lane::Facts), Seq(120));
    assert_eq!(schedule.let_go(Lane::Facts, Seq(121), Seq(150)), None);
    // A hole beyond what was confirmed is none of the cloud's.
    assert_eq!(schedule.let_go(Lane::Telemetry, Seq(9), Seq(0)), None);
}
