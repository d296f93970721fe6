//! Scripts: a device on paper, the driver as it ships, and what a person watching would see. Time is tokio's, paused.

mod commands;
mod device;
mod facts;
mod harness;
mod line;
mod log;
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
