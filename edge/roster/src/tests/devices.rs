//! Devices: a change is told once, entries of their logs are kept once, nobody speaks for another.

use super::script::{RosterScript, check, id};
use crate::{DEFAULT_LEASE_MS, Leases};
use expect_test::expect;

#[test]
fn presence_is_told_once_per_change() {
    check(
        "pair gate; online gate; online gate; online gate 1.2; online gate 1.2; online gate; offline gate refused; \
         offline gate refused; offline gate silent; degraded gate drift; degraded gate drift; online gate",
        &expect![[r#"
            device.paired gate
            device.online gate
            device.online gate 1.2
            device.offline gate refused
            device.offline gate silent
            device.degraded gate drift
            device.online gate
        "#]],
    );
}

#[test]
fn a_device_is_paired_again_only_where_it_changed_or_was_retired() {
    check(
        "pair gate; pair gate; pair gate zkteco 10.0.0.7; pair gate zkteco 10.0.0.7; pair gate zkteco 10.0.0.8; \
         retire gate; retire gate; online gate; pair gate zkteco 10.0.0.8; online gate",
        &expect![[r#"
            device.paired gate
            device.paired gate zkteco 10.0.0.7
            device.paired gate zkteco 10.0.0.8
            device.retired gate
            device.paired gate zkteco 10.0.0.8
            device.online gate
        "#]],
    );
}

#[test]
fn unknown_devices_change_nothing() {
    check(
        "online ghost; retire ghost; heard ghost; close ghost; wait 90000",
        &expect![[r#"
            unknown ghost
        "#]],
    );
}

#[test]
fn nobody_speaks_for_another_and_the_retired_do_not_speak() {
    check(
        "pair gate; pair other; close gate as other; retire gate; close gate; pair gate; close gate",
        &expect![[r#"
            device.paired gate
            device.paired other
            not other's
            device.retired gate
            unknown gate
            device.paired gate
            access.closed gate
        "#]],
    );
}

#[test]
fn silence_is_noticed_once_when_the_lease_is_over() {
    check(
        "pair gate; heard gate; wait 44999; wait 1; wait 90000; heard gate; wait 44999; heard gate; wait 44999",
        &expect![[r#"
            device.paired gate
            device.online gate
            device.offline gate silent
            device.online gate
        "#]],
    );
}

#[test]
fn a_degraded_device_falls_silent_too_and_hearing_it_does_not_heal_it() {
    check(
        "pair gate; heard gate; degraded gate drift; heard gate; wait 45000",
        &expect![[r#"
            device.paired gate
            device.online gate
            device.degraded gate drift
            device.offline gate silent
        "#]],
    );
}

#[test]
fn a_device_may_have_a_lease_of_its_own() {
    check(
        "pair gate; lease gate 100; heard gate; wait 99; wait 1",
        &expect![[r#"
            device.paired gate
            device.online gate
            device.offline gate silent
        "#]],
    );
}

#[test]
fn leases_of_devices_that_are_gone_are_forgotten() {
    let mut leases = Leases::default();
    leases.set_term(id("gate"), Some(100));
    leases.renew(&id("gate"), 0);
    assert!(leases.is_over(&id("gate"), 100));
    leases.forget(&id("gate"));
    assert!(!leases.is_over(&id("gate"), 100), "never heard in this run");
    leases.renew(&id("gate"), 0);
    assert!(
        !leases.is_over(&id("gate"), DEFAULT_LEASE_MS - 1),
        "the common term again"
    );
    assert!(leases.is_over(&id("gate"), DEFAULT_LEASE_MS));
    leases.set_term(id("gate"), Some(100));
    leases.set_term(id("gate"), None);
    assert!(!leases.is_over(&id("gate"), DEFAULT_LEASE_MS - 1));
    assert!(
        !leases.is_over(&id("other"), u64::MAX),
        "whoever was never heard has no lease to lose"
    );
}

#[test]
fn an_entry_of_a_devices_log_is_taken_once() {
    check(
        "pair gate; close gate a 3; close gate a 3; close gate a 2; close gate a 4; close gate; close gate; \
         close gate b 1; close gate a 4; close gate b 1",
        &expect![[r#"
            device.paired gate
            access.closed gate
            known
            known
            access.closed gate
            access.closed gate
            access.closed gate
            access.closed gate
            known
            known
        "#]],
    );
}

#[test]
fn the_four_logs_heard_last_are_remembered() {
    let mut play = RosterScript::default();
    play.step("pair gate");
    for step in ["a 9", "b 9", "c 9", "d 9", "a 10", "e 9"] {
        play.step(&format!("close gate {step}"));
    }
    let device = play.roster.device(&id("gate")).expect("on the roster");
    let marks = ["a", "b", "c", "d", "e"].map(|log| device.mark(log));
    assert_eq!(
        marks,
        [Some(10), None, Some(9), Some(9), Some(9)],
        "b was heard longest ago"
    );
    assert_eq!(device.latest_mark(), Some(("e", 9)));
}

#[test]
fn a_retired_device_that_is_paired_again_keeps_its_marks() {
    check(
        "pair gate; close gate a 3; retire gate; pair gate; close gate a 3; close gate a 4",
        &expect![[r#"
            device.paired gate
            access.closed gate
            device.retired gate
            device.paired gate
            known
            access.closed gate
        "#]],
    );
}

#[test]
fn the_tally_leaves_out_the_retired() {
    let mut play = RosterScript::default();
    for step in [
        "pair a",
        "pair b",
        "pair c",
        "pair d",
        "online a",
        "degraded b drift",
        "retire c",
    ] {
        play.step(step);
    }
    assert_eq!(play.roster.tally(), (1, 2));
}
