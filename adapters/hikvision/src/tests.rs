//! Scripts: a device on paper, the driver as it ships, and what a person watching would see. Time is tokio's, paused.

mod device;
mod facts;
mod harness;
mod settings;

use expect_test::expect;
use harness::check;

#[test]
fn a_day_at_the_door() {
    check(
        "log 1 2; start; entry 3 75; entry 4 113; heartbeat; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#1 access.granted Face by 42 (replay), SN1#2 access.granted Face by 42 (replay)
            SN1#3 access.granted Face by 42
            SN1#4 isapi.5.113
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn missed_entries_are_recovered_page_by_page_and_in_order() {
    check(
        "mark SN1 2; log 1 9; start; wire; stop",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#3 access.granted Face by 42 (replay), SN1#4 access.granted Face by 42 (replay), SN1#5 access.granted Face by 42 (replay)
        SN1#6 access.granted Face by 42 (replay), SN1#7 access.granted Face by 42 (replay), SN1#8 access.granted Face by 42 (replay)
        SN1#9 access.granted Face by 42 (replay)
          wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 2..=3000000000 from 0 by 1
          wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 2..=3000000000 from 0 by 1
          wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 3..=3000000000 from 0 by 3
          wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 3..=3000000000 from 0 by 3
          wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 3..=3000000000 from 3 by 3
          wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 3..=3000000000 from 3 by 3
          wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 3..=3000000000 from 6 by 1
          wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 3..=3000000000 from 6 by 1
        end refused: what the device reports cannot be taken on
    "#]],
    );
}

#[test]
fn a_log_listed_out_of_order_loses_nothing() {
    // The clock jumped back before 7: sorted by time it comes first, and pages hold three rows.
    check(
        "log 7 9; log 3 6; log 10 11; start; entry 12 75; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#3 access.granted Face by 42 (replay), SN1#4 access.granted Face by 42 (replay), SN1#5 access.granted Face by 42 (replay)
            SN1#6 access.granted Face by 42 (replay), SN1#7 access.granted Face by 42 (replay)
            SN1#8 access.granted Face by 42 (replay), SN1#9 access.granted Face by 42 (replay)
            SN1#10 access.granted Face by 42 (replay), SN1#11 access.granted Face by 42 (replay)
            SN1#12 access.granted Face by 42
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_gap_between_pages_is_looked_into_once() {
    check(
        "mark SN1 2; log 2 4; log 6 9; start; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#3 access.granted Face by 42 (replay), SN1#4 access.granted Face by 42 (replay), SN1#6 access.granted Face by 42 (replay)
            SN1#7 access.granted Face by 42 (replay), SN1#8 access.granted Face by 42 (replay), SN1#9 access.granted Face by 42 (replay)
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 2..=3000000000 from 0 by 1
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 2..=3000000000 from 0 by 1
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 3..=3000000000 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 3..=3000000000 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 3..=6 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 3..=6 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 3..=3000000000 from 3 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 3..=3000000000 from 3 by 3
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_number_no_log_can_have_is_no_entry() {
    check(
        "log 1 1; start; entry 18446744073709551615 75; entry 3000000001 75; entry 2 75; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#1 access.granted Face by 42 (replay)
            isapi.AccessControllerEvent
            SN1#2 access.granted Face by 42
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_live_entry_waits_for_what_is_missing_before_it() {
    check(
        "mark SN1 2; log 1 2; start; skipped 3; skipped 4; entry 6 75; entry 7 75; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#3 access.denied Face by 42 (replay), SN1#4 access.denied Face by 42 (replay)
            SN1#6 access.granted Face by 42
            SN1#7 access.granted Face by 42
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_number_the_device_skipped_is_not_searched_for() {
    check(
        "start; hush; entry 1 75; entry 5 after 1; wire; skipped 6; entry 7 after 6; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#1 access.granted Face by 42
            SN1#5 access.granted Face by 42
            SN1#6 access.denied Face by 42 (replay)
            SN1#7 access.granted Face by 42
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 6..=6 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 6..=6 from 0 by 3
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_cut_line_is_opened_again_and_nothing_is_told_twice() {
    check(
        "log 1 1; start; entry 2 75; stream cut; skipped 3; wait 2s; entry 4 75; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#1 access.granted Face by 42 (replay)
            SN1#2 access.granted Face by 42
            SN1#3 access.denied Face by 42 (replay)
            SN1#4 access.granted Face by 42
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_silent_device_is_listened_to_anew() {
    check(
        "start; wait 60s; heartbeat; skipped 1; wait 66s; wait 2s; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#1 access.denied Face by 42 (replay)
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn heartbeats_keep_the_stream() {
    check(
        "start; hush; wait 60s; heartbeat; wait 60s; heartbeat; wait 60s; alive; signed; stop",
        &expect![[r#"
            online V3.16.1
            reported
              2 times alive
              0 signed requests
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_held_slot_is_waited_for_and_the_log_searched_meanwhile() {
    check(
        "stream busy; log 1 1; start; skipped 2; wait 1s; stream fine; wait 3s; entry 3 75; stop",
        &expect![[r#"
            online V3.16.1
            reported
            degraded stream_busy
            SN1#1 access.granted Face by 42 (replay)
            SN1#2 access.denied Face by 42 (replay)
            online V3.16.1
            SN1#3 access.granted Face by 42
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_device_that_is_gone_is_said_so_once() {
    check(
        "start; line gone; stream cut; wait 300s",
        &expect![[r#"
        online V3.16.1
        reported
        end unreachable: cannot talk to the device: opening the event stream
    "#]],
    );
}

#[test]
fn a_device_that_never_answers_ends_the_run() {
    check(
        "line hangs; start; wait 11s",
        &expect![[r#"
        end unreachable: cannot talk to the device: asking who it is
    "#]],
    );
}

#[test]
fn garbage_ends_the_run() {
    check(
        "stream garbage; start; wait 1s",
        &expect![[r#"
        online V3.16.1
        reported
        end protocol: the device does not answer as it should: the event stream is no multipart
    "#]],
    );
}

#[test]
fn a_part_that_cannot_be_read_does_not_stop_the_next() {
    check(
        "start; say {\"broken; say <!DOCTYPE>; entry 1 75; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#1 access.granted Face by 42
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_wrong_password_is_tried_twice_and_said_once() {
    check(
        "believe wrong; start; wait 3600s; signed",
        &expect![[r#"
            end wrong_password: the device refuses our name or password, wait 1800 s
              2 signed requests
        "#]],
    );
}

#[test]
fn a_lock_is_not_touched() {
    check(
        "believe locked; start; wait 3600s; signed",
        &expect![[r#"
            end locked_out: the device has locked us out for 1790 s, wait 1790 s
              0 signed requests
        "#]],
    );
}

#[test]
fn a_password_changed_while_we_listen_ends_the_run() {
    check(
        "start; hush; believe wrong; stream cut; wait 3s; signed",
        &expect![[r#"
            online V3.16.1
            reported
            end wrong_password: the device refuses our name or password, wait 1800 s
              2 signed requests
        "#]],
    );
}

#[test]
fn basic_is_refused_unless_the_settings_say_so() {
    check(
        "believe basic; start; wait 1s; signed",
        &expect![[r#"
            end protocol: the device does not answer as it should: it offers only Basic, which the settings do not allow
              0 signed requests
        "#]],
    );
    check(
        "believe basic; set allow_basic true; start; wait 1ms; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
              wire GET /ISAPI/System/deviceInfo Basic
              wire GET /ISAPI/AccessControl/RemoteControl/door/capabilities Basic
              wire GET /ISAPI/AccessControl/AcsEvent/capabilities?format=json Basic
              wire GET /ISAPI/System/time Basic
              wire GET /ISAPI/Event/notification/alertStream Basic
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 1..=3000000000 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Basic 1..=3000000000 from 0 by 3
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_firmware_that_refuses_a_renewed_nonce_is_asked_from_the_start() {
    check(
        "believe refuses-once; start; entry 1 75; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#1 access.granted Face by 42
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_log_that_began_anew_is_a_new_log() {
    check(
        "mark SN1 500; log 1 2; start; entry 3 75; stop",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#2#1 access.granted Face by 42 (replay), SN1#2#2 access.granted Face by 42 (replay)
        degraded log_reset
        online V3.16.1
        SN1#2#3 access.granted Face by 42
        end refused: what the device reports cannot be taken on
    "#]],
    );
    check(
        "mark SN1#2 500; log 1 1; start; stop",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#3#1 access.granted Face by 42 (replay)
        degraded log_reset
        online V3.16.1
        end refused: what the device reports cannot be taken on
    "#]],
    );
}

#[test]
fn a_device_still_reading_its_log_in_has_begun_no_new_one() {
    check(
        "mark SN1 2; log 1 3; dozes 1; start; stop",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#3 access.granted Face by 42 (replay)
        end refused: what the device reports cannot be taken on
    "#]],
    );
}

#[test]
fn an_emptied_log_is_a_new_log_once_something_happens() {
    check(
        "mark SN1 500; start; entry 1 75; entry 2 75; stop",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#2#1 access.granted Face by 42
        degraded log_reset
        online V3.16.1
        SN1#2#2 access.granted Face by 42
        end refused: what the device reports cannot be taken on
    "#]],
    );
}

#[test]
fn a_mark_of_another_device_is_not_ours() {
    check(
        "mark OTHER 500; log 1 1; start; stop",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#1 access.granted Face by 42 (replay)
        end refused: what the device reports cannot be taken on
    "#]],
    );
}

#[test]
fn a_device_that_cannot_be_searched_is_believed_on_its_replay() {
    check(
        "unsearchable; mark SN1 1; log 1 2; start; entry 4 75; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#2 access.granted Face by 42 (replay)
            SN1#4 access.granted Face by 42
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_device_that_refused_its_search_while_starting_is_searched_later() {
    check(
        "unsearchable; start; searchable; hush; stream cut; wait 2s; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 1..=3000000000 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 1..=3000000000 from 0 by 3
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn pushes_and_stream_tell_the_same_once() {
    check(
        "set push \"on\"; start; wire; push 1 75; entry 1 75; entry 2 75; push 2 75; push 4 23; stop",
        &expect![[r#"
            online V3.16.1
            reported
              wire PUT /ISAPI/Event/notification/httpHosts/2 unsigned
              wire PUT /ISAPI/Event/notification/httpHosts/2 Digest
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 1..=3000000000 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 1..=3000000000 from 0 by 3
              wire PUT /ISAPI/Event/notification/httpHosts/2 unsigned
              wire PUT /ISAPI/Event/notification/httpHosts/2 Digest
            SN1#1 access.granted Face by 42
            push 1 taken: true
            SN1#2 access.granted Face by 42
            push 2 taken: true
            SN1#4 access.opened
            push 4 taken: true
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_slot_of_somebody_else_is_never_written() {
    check(
        "set push \"on\"; foreign slots; start; wire; stop",
        &expect![[r#"
        online V3.16.1
        reported
        degraded push_slots_taken
          wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 1..=3000000000 from 0 by 3
          wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 1..=3000000000 from 0 by 3
        end refused: what the device reports cannot be taken on
    "#]],
    );
}

#[test]
fn a_forgotten_push_slot_is_written_again() {
    check(
        "set push \"on\"; start; hush; stream cut; wait 2s; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 1..=3000000000 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 1..=3000000000 from 0 by 3
              wire PUT /ISAPI/Event/notification/httpHosts/2 unsigned
              wire PUT /ISAPI/Event/notification/httpHosts/2 Digest
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_push_is_not_taken_before_it_is_on_disk() {
    check(
        "start; disk full; push 1 75",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#1 access.granted Face by 42
        end refused: what the device reports cannot be taken on
        push 1 taken: false
    "#]],
    );
}

#[test]
fn a_clock_that_drifts_is_set() {
    check(
        "drift 3600; start; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            degraded clock_drift
            online V3.16.1
              wire PUT /ISAPI/System/time unsigned
              wire PUT /ISAPI/System/time Digest
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 1..=3000000000 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 1..=3000000000 from 0 by 3
            end refused: what the device reports cannot be taken on
        "#]],
    );
    check(
        "drift 3600; set clock \"leave\"; start; hush; ask sync 10s; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            degraded clock_drift
            sync settled {"outcome":"ok","detail":"it was off by 3599 s"}
              wire PUT /ISAPI/System/time unsigned
              wire PUT /ISAPI/System/time Digest
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_door_opens_with_one_signed_put() {
    check(
        "start; hush; ask open 1 10s; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            open settled {"outcome":"ok"}
              wire PUT /ISAPI/AccessControl/RemoteControl/door/1 Digest
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_late_ask_writes_nothing() {
    check(
        "start; hush; ask open 1 0s; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            open settled {"outcome":"expired"}
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_challenge_that_comes_too_late_opens_nothing() {
    check(
        "start; hush; line hangs; ask open 1 2s; wait 4s; wire",
        &expect![[r#"
            online V3.16.1
            reported
            end unreachable: cannot talk to the device: asking for a challenge
            open settled {"outcome":"rejected","reason":"offline","detail":"cannot talk to the device: asking for a challenge"}
        "#]],
    );
}

#[test]
fn an_unanswered_put_is_never_repeated() {
    check(
        "start; hush; door hangs; ask open 1 10s; wait 60s; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            open settled {"outcome":"failed","reason":"timed_out","detail":"no answer within 10000 ms; it may have been carried out"}
              wire PUT /ISAPI/AccessControl/RemoteControl/door/1 Digest
            end refused: what the device reports cannot be taken on
        "#]],
    );
    check(
        "start; hush; door gone; ask open 1 10s; wait 60s; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            open settled {"outcome":"failed","reason":"timed_out","detail":"the connection broke; it may have been carried out"}
              wire PUT /ISAPI/AccessControl/RemoteControl/door/1 Digest
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_refused_put_is_never_repeated() {
    check(
        "start; hush; believe refuses-once; ask open 1 10s; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            open settled {"outcome":"failed","reason":"not_authorised","detail":"the device refused our name; nothing was done"}
              wire PUT /ISAPI/AccessControl/RemoteControl/door/1 Digest
            end refused: what the device reports cannot be taken on
        "#]],
    );
    check(
        "start; hush; door busy; ask open 1 10s; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            open settled {"outcome":"failed","reason":"busy","detail":"deviceBusy"}
              wire PUT /ISAPI/AccessControl/RemoteControl/door/1 Digest
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn asks_the_device_cannot_do_are_refused_unsent() {
    check(
        "start; hush; ask open 2 10s; ask open 0 10s; ask identify 10s; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            open settled {"outcome":"rejected","reason":"unknown_target","detail":"the device has no such door"}
            open settled {"outcome":"rejected","reason":"unknown_target","detail":"the device has no such door"}
            identify settled {"outcome":"rejected","reason":"unsupported"}
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn an_ask_while_connecting_is_turned_away() {
    check(
        "line hangs; start; ask open 1 10s; wire; stop",
        &expect![[r#"
        open settled {"outcome":"rejected","reason":"offline","detail":"the device is being connected to"}
        end refused: what the device reports cannot be taken on
    "#]],
    );
}

#[test]
fn an_ask_under_way_when_the_run_ends_settles() {
    check(
        "start; hush; door hangs; ask open 1 100s; line gone; stream cut; wait 3s; wire",
        &expect![[r#"
            online V3.16.1
            reported
            end unreachable: cannot talk to the device: opening the event stream
            open settled {"outcome":"failed","reason":"interrupted","detail":"the driver gave up"}
              wire PUT /ISAPI/AccessControl/RemoteControl/door/1 Digest
        "#]],
    );
}

#[test]
fn the_other_commands() {
    check(
        "start; hush; ask test 60s; ask reboot 300s; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            test settled {"outcome":"ok","detail":"DS-K1T342MWX, serial SN1, firmware V3.16.1"}
            reboot settled {"outcome":"ok"}
              wire PUT /ISAPI/System/reboot Digest
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_camera_s_alarm_is_one_notice_until_it_is_over() {
    let motion = r#"<EventNotificationAlert><eventType>VMD</eventType><eventState>active</eventState><channelID>1</channelID></EventNotificationAlert>"#;
    check(
        &format!("start; say {motion}; wait 1s; say {motion}; wait 1s; say {motion}; wait 11s; say {motion}; stop"),
        &expect![[r#"
            online V3.16.1
            reported
            isapi.VMD
            isapi.VMD
            end refused: what the device reports cannot be taken on
        "#]],
    );
}
