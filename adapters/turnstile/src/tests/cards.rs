//! Somebody shows a card: on disk first, opened once, or not at all.

use super::harness::check;
use expect_test::expect;
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn a_known_card_is_on_disk_first_and_opens_at_once() {
    let day = "disk 15ms; start; card 17; wait 1s; pass a; wait 9s; stop";
    check(
        json!({}),
        day,
        &expect![[r#"
        00.002 board: coil 0 off
        00.004 board: coil 1 off
        00.006 online
        00.055 access.granted door 1 in p17
        00.057 board: function 5 [02, 00, 00, 02]
        01.074 access.entered door 1 in p17
        10.412 board: coil 0 off
        10.414 board: coil 1 off
        10.414 end: refused
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_card_opens_nothing_and_is_not_named() {
    let day = "start; card 4711; card 18; wait 1s; stop";
    check(
        json!({}),
        day,
        &expect![[r#"
            00.002 board: coil 0 off
            00.004 board: coil 1 off
            00.006 online
            00.010 access.denied door 1 in unknown_key
            00.040 access.denied door 1 in p18 not_allowed
            01.012 board: coil 0 off
            01.014 board: coil 1 off
            01.014 end: refused
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_card_that_stays_at_its_reader_opens_once() {
    let day = "start; card 17; card 17; wait 500ms; card 17; wait 9s; card 17; wait 9s; stop";
    check(
        json!({}),
        day,
        &expect![[r#"
        00.002 board: coil 0 off
        00.004 board: coil 1 off
        00.006 online
        00.010 access.granted door 1 in p17
        00.012 board: function 5 [02, 00, 00, 02]
        06.010 access.not_entered door 1 in p17
        09.540 access.granted door 1 in p17
        09.542 board: function 5 [02, 00, 00, 02]
        15.540 access.not_entered door 1 in p17
        18.512 board: coil 0 off
        18.514 board: coil 1 off
        18.514 end: refused
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_disk_too_slow_opens_nothing() {
    let day = "start; disk 3s; card 17; wait 9s; disk 0ms; card 17; wait 1s; stop";
    check(
        json!({}),
        day,
        &expect![[r#"
        00.002 board: coil 0 off
        00.004 board: coil 1 off
        00.006 online
        03.040 access.granted door 1 in p17
        06.040 access.not_entered door 1 in p17
        09.040 access.granted door 1 in p17
        09.042 board: function 5 [02, 00, 00, 02]
        10.012 board: coil 0 off
        10.014 board: coil 1 off
        10.014 access.not_entered door 1 in p17
        10.014 end: refused
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_somebody_is_asked_about_waits_for_that_and_is_let_through() {
    let day = "start; disk 500ms; card 4711; card 17; wait 1s; card 17; wait 500ms; disk 0ms; pass a; wait 1s; stop";
    check(
        json!({}),
        day,
        &expect![[r#"
            00.002 board: coil 0 off
            00.004 board: coil 1 off
            00.006 online
            00.510 access.denied door 1 in unknown_key
            01.010 access.granted door 1 in p17
            01.012 board: function 5 [02, 00, 00, 02]
            01.558 access.entered door 1 in p17
            02.912 board: coil 0 off
            02.914 board: coil 1 off
            02.914 end: refused
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_is_granted_in_a_fire_is_not_let_through_and_that_is_said() {
    let day = "start; disk 500ms; card 17; wait 100ms; bit 2 off; wait 2s; bit 2 on; wait 1s; stop";
    check(
        json!({}),
        day,
        &expect![[r#"
            00.002 board: coil 0 off
            00.004 board: coil 1 off
            00.006 online
            00.160 board: coil 0 off
            00.162 board: coil 1 off
            00.540 access.granted door 1 in p17
            00.662 access.opened fire
            01.040 access.not_entered door 1 in p17
            02.658 access.closed fire
            03.112 board: coil 0 off
            03.114 board: coil 1 off
            03.114 end: refused
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_refuses_opens_nothing() {
    check(
        json!({}),
        "start; disk refuses; card 17; wait 3s; stop",
        &expect![[r#"
            00.002 board: coil 0 off
            00.004 board: coil 1 off
            00.006 online
            03.012 board: coil 0 off
            03.014 board: coil 1 off
            03.014 end: refused
        "#]],
    )
    .await;
}
