//! The line: cut, silent, held by somebody else, garbled, or refused.

use super::harness::check;
use expect_test::expect;

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
