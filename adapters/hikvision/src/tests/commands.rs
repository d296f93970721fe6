//! What is asked of the device: once, signed, in time, or not at all.

use super::harness::check;
use expect_test::expect;

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
