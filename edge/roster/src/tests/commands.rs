//! Commands: taken on at most once, never late, each with exactly one outcome.

use super::script::{RosterScript, check, command_id};
use crate::KEPT;
use expect_test::expect;
use protocol::Timestamp;

#[test]
fn a_command_is_accepted_once_and_only_the_first_outcome_counts() {
    check(
        "pair gate; online gate; open 1 gate 0 10000; open 1 gate 0 10000; wait 40; settle 1 ok; settle 1 failed; \
         open 1 gate 0 10000",
        &expect![[r#"
            device.paired gate
            device.online gate
            command.accepted gate
            known
            command.ok gate 40 ms
            known
        "#]],
    );
}

#[test]
fn every_way_to_end_is_told_with_its_reason() {
    check(
        "pair gate; online gate; open 1 gate 0 10000; open 2 gate 0 10000; open 3 gate 0 10000; \
         settle 1 failed; settle 2 rejected; settle 3 expired; settle 9 ok",
        &expect![[r#"
            device.paired gate
            device.online gate
            command.accepted gate
            command.accepted gate
            command.accepted gate
            command.failed gate hardware 0 ms
            command.rejected gate busy 0 ms
            command.expired gate expired 0 ms
        "#]],
    );
}

#[test]
fn a_late_command_is_expired_at_the_very_millisecond() {
    check(
        "pair gate; online gate; open 1 gate 9999 10000; open 2 gate 10000 10000; open 3 gate 10001 10000",
        &expect![[r#"
            device.paired gate
            device.online gate
            command.accepted gate
            command.expired gate expired
            command.expired gate expired
        "#]],
    );
}

#[test]
fn a_door_command_may_not_live_longer_than_a_minute_and_no_other_longer_than_thirty_days() {
    check(
        "pair gate; online gate; open 1 gate 0 60000; open 2 gate 0 60001; \
         identify 3 gate 0 2592000000; identify 4 gate 0 2592000001",
        &expect![[r#"
            device.paired gate
            device.online gate
            command.accepted gate
            command.rejected gate policy
            command.accepted gate
            command.rejected gate policy
        "#]],
    );
}

#[test]
fn nothing_actuates_while_the_time_is_unknown_or_the_clocks_disagree() {
    check(
        "pair gate; online gate; open 1 gate -5000 10000; open 2 gate -5001 10000; identify 3 gate -60000 10000; \
         distrust clock; open 4 gate 0 10000; identify 5 gate 0 10000",
        &expect![[r#"
            device.paired gate
            device.online gate
            command.accepted gate
            command.rejected gate clock_unsynced
            command.accepted gate
            command.rejected gate clock_unsynced
            command.accepted gate
        "#]],
    );
}

#[test]
fn only_a_device_that_is_there_is_asked() {
    check(
        "open 1 gate 0 9000; pair gate; open 2 gate 0 9000; online gate; open 3 gate 0 9000; \
         degraded gate clock_drift; open 4 gate 0 9000; offline gate silent; open 5 gate 0 9000; \
         retire gate; open 6 gate 0 9000",
        &expect![[r#"
            command.rejected gate unknown_target
            device.paired gate
            command.rejected gate offline
            device.online gate
            command.accepted gate
            device.degraded gate clock_drift
            command.accepted gate
            device.offline gate silent
            command.rejected gate offline
            device.retired gate
            command.rejected gate unknown_target
        "#]],
    );
}

#[test]
fn the_edge_itself_only_sends_what_waits() {
    check(
        "flush 1; reboot 2",
        &expect![[r#"
            command.accepted
            command.rejected unknown_target
        "#]],
    );
}

#[test]
fn a_command_for_another_edge_is_not_ended_here() {
    check(
        "pair gate; online gate; elsewhere 1 gate; foreign 2 gate; open 1 gate 0 1000; open 2 gate 0 1000",
        &expect![[r#"
            device.paired gate
            device.online gate
            audit.recorded command.misdirected signed for another edge
            audit.recorded command.misdirected signed for another edge
            command.accepted gate
            command.accepted gate
        "#]],
    );
}

#[test]
fn a_full_disk_takes_no_new_command_on_but_still_knows_the_old_ones() {
    check(
        "pair gate; online gate; open 1 gate 0 9000; fill disk; open 1 gate 0 9000; open 2 gate 0 9000; \
         open 3 gate 9000 9000; settle 1 ok",
        &expect![[r#"
            device.paired gate
            device.online gate
            command.accepted gate
            known
            command.rejected gate full
            command.expired gate expired
            command.ok gate 0 ms
        "#]],
    );
}

#[test]
fn a_restart_ends_what_was_under_way_once() {
    check(
        "pair gate; online gate; open 1 gate 0 9000; open 2 gate 0 9000; settle 1 ok; wait 5; restart; restart; \
         settle 2 ok; open 2 gate 0 9000",
        &expect![[r#"
            device.paired gate
            device.online gate
            command.accepted gate
            command.accepted gate
            command.ok gate 0 ms
            command.failed gate interrupted the edge restarted 5 ms
            known
        "#]],
    );
}

#[test]
fn a_clock_set_back_gives_no_negative_time() {
    let mut play = RosterScript::default();
    for step in ["pair gate", "online gate", "open 1 gate 0 9000"] {
        play.step(step);
    }
    let before = Timestamp::from_millis(0);
    let fact = crate::decide::settle(&play.roster, command_id(1), protocol::Outcome::Expired, before);
    assert!(matches!(fact, Some(protocol::Fact::CommandExpired(moved)) if moved.took_ms == Some(0)));
}

#[test]
fn the_inbox_forgets_by_count_alone_and_a_restart_in_between_changes_nothing() {
    let mut play = RosterScript::default();
    let mut restarted = None;
    for step in ["pair gate", "online gate"] {
        play.step(step);
    }
    for number in 0..KEPT as u64 + 10 {
        for step in [format!("open {number} gate 0 9000"), format!("settle {number} ok")] {
            play.step(&step);
            if let Some(other) = &mut restarted {
                RosterScript::step(other, &step);
            }
        }
        if number == KEPT as u64 / 2 {
            let bytes = serde_json::to_vec(&play.roster).expect("JSON");
            let mut other = RosterScript::default();
            other.roster = serde_json::from_slice(&bytes).expect("as written");
            restarted = Some(other);
        }
    }
    let restarted = restarted.expect("half way there was a restart");
    for roster in [&play.roster, &restarted.roster] {
        assert!(!roster.inbox().knows(&command_id(9)), "the oldest are forgotten");
        assert!(roster.inbox().knows(&command_id(10)), "{KEPT} are kept");
        assert!(roster.inbox().knows(&command_id(KEPT as u64 + 9)));
    }
    let bytes = |roster| serde_json::to_vec(roster).expect("JSON");
    assert_eq!(bytes(&play.roster), bytes(&restarted.roster));
}
