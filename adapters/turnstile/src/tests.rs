//! The driver at a gate on paper: what the board heard, what was told, when. Time is tokio's, paused.

mod board;
mod cards;
mod harness;
mod pins;
mod settings;

use expect_test::expect;
use harness::check;
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn a_command_opens_once_and_not_late() {
    let day = "start; open 1 10s; wait 10ms; open 1 10s; wait 1s; open 2 0ms; open 3 9s; wait 9s; stop";
    check(
        json!({}),
        day,
        &expect![[r#"
        00.002 board: coil 0 off
        00.004 board: coil 1 off
        00.006 online
        00.012 board: function 5 [02, 00, 00, 02]
        00.012 door 1: Ok { detail: None }
        00.012 access.opened door 1 remote
        00.020 door 1: Rejected { reason: Busy, detail: Some("somebody else is being let through") }
        01.020 door 2: Expired
        01.020 door 3: Rejected { reason: UnknownTarget, detail: Some("the gate has no such door") }
        06.010 access.not_entered door 1 in
        10.022 board: coil 0 off
        10.024 board: coil 1 off
        10.024 end: refused
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_command_whose_answer_is_lost_is_not_repeated() {
    check(
        json!({}),
        "start; board silent; open 1 10s; end",
        &expect![[r#"
            00.002 board: coil 0 off
            00.004 board: coil 1 off
            00.006 online
            00.012 board: function 5 [02, 00, 00, 02]
            01.010 door 1: Failed { reason: TimedOut, detail: Some("no answer; it may have been carried out") }
            01.012 board: coil 0 off
            01.612 board: coil 1 off
            02.210 access.not_entered door 1 in
            02.210 end: unreachable
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_board_that_refuses_is_told_about() {
    let day = "start; board refuses; open 1 10s; wait 100ms; card 17; wait 1s; board kind; open 1 10s; wait 9s; stop";
    check(
        json!({}),
        day,
        &expect![[r#"
        00.002 board: coil 0 off
        00.004 board: coil 1 off
        00.006 online
        00.012 door 1: Failed { reason: Hardware, detail: Some("the board refuses") }
        00.012 degraded: board_refuses
        00.012 access.not_entered door 1 in
        00.140 access.granted door 1 in p17
        00.142 access.not_entered door 1 in p17
        01.112 board: function 5 [02, 00, 00, 02]
        01.112 door 1: Ok { detail: None }
        01.112 online
        01.112 access.opened door 1 remote
        07.110 access.not_entered door 1 in
        10.112 board: coil 0 off
        10.114 board: coil 1 off
        10.114 end: refused
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_nothing_and_three_are_a_board_gone() {
    check(
        json!({}),
        "start; board silent; wait 400ms; board kind; wait 2s; board silent; end",
        &expect![[r#"
            00.002 board: coil 0 off
            00.004 board: coil 1 off
            00.006 online
            03.358 board: coil 0 off
            03.958 board: coil 1 off
            04.556 end: unreachable
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_unit_is_no_board() {
    check(
        json!({}),
        "board absent; start; end",
        &expect![[r#"
            00.010 end: silent
        "#]],
    )
    .await;
    check(
        json!({}),
        "board garbled; start; end",
        &expect![[r#"
            00.010 end: protocol
        "#]],
    )
    .await;
    check(
        json!({}),
        "board silent; start; open 1 10s; end",
        &expect![[r#"
            00.002 board: coil 0 off
            00.010 door 1: Rejected { reason: Offline, detail: Some("the gate is being connected to") }
            00.602 board: coil 1 off
            01.202 board: coil 0 off
            01.802 board: coil 1 off
            02.400 end: unreachable
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_gate_tells_of_those_nobody_let_through() {
    let day = "start; pass b; card 17; wait 500ms; pass a; wait 500ms; pass a; wait 9s; stop";
    check(
        json!({}),
        day,
        &expect![[r#"
        00.002 board: coil 0 off
        00.004 board: coil 1 off
        00.006 online
        00.058 access.forced door 2
        00.440 access.granted door 1 in p17
        00.442 board: function 5 [02, 00, 00, 02]
        00.958 access.entered door 1 in p17
        01.858 access.forced door 1
        11.212 board: coil 0 off
        11.214 board: coil 1 off
        11.214 end: refused
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stuck_pass_is_told_and_taken_back() {
    let day = "start; bit 0 off; wait 12s; bit 0 on; wait 1s; stop";
    check(
        json!({}),
        day,
        &expect![[r#"
        00.002 board: coil 0 off
        00.004 board: coil 1 off
        00.006 online
        00.058 access.forced door 1
        10.058 degraded: pass_a_stuck
        10.058 access.held door 1
        12.058 online
        13.012 board: coil 0 off
        13.014 board: coil 1 off
        13.014 end: refused
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_fire_alarm_has_the_gate() {
    let day = "start; open 1 10s; wait 1s; bit 2 off; wait 1s; open 1 10s; card 17; wait 9s; pass a; bit 2 on; wait 1s; open 1 10s; wait 1s; stop";
    check(
        json!({"mode": "potential"}),
        day,
        &expect![[r#"
        00.002 board: coil 0 off
        00.004 board: coil 1 off
        00.006 online
        00.012 board: function 5 [02, 00, 00, 32]
        00.012 door 1: Ok { detail: None }
        00.012 access.opened door 1 remote
        01.060 board: coil 0 off
        01.062 board: coil 1 off
        01.062 access.not_entered door 1 in
        01.062 access.opened fire
        02.010 door 1: Rejected { reason: Policy, detail: Some("emergency") }
        11.458 access.closed fire
        12.412 board: function 5 [02, 00, 00, 32]
        12.412 door 1: Ok { detail: None }
        12.412 access.opened door 1 remote
        13.412 board: coil 0 off
        13.414 board: coil 1 off
        13.414 access.not_entered door 1 in
        13.414 end: refused
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_board_without_a_pulse_of_its_own_is_switched_off_by_us() {
    let coil = json!({"modbus": {"host": "10.0.0.9", "pulse": "coil"}, "pulse_ms": 300});
    check(
        coil.clone(),
        "start; open 1 10s; wait 9s; stop",
        &expect![[r#"
            00.002 board: coil 0 off
            00.004 board: coil 1 off
            00.006 online
            00.012 board: coil 0 on
            00.012 door 1: Ok { detail: None }
            00.012 access.opened door 1 remote
            00.314 board: coil 0 off
            06.010 access.not_entered door 1 in
            09.012 board: coil 0 off
            09.014 board: coil 1 off
            09.014 end: refused
        "#]],
    )
    .await;
    check(
        coil,
        "start; open 1 10s; wait 100ms; stop",
        &expect![[r#"
            00.002 board: coil 0 off
            00.004 board: coil 1 off
            00.006 online
            00.012 board: coil 0 on
            00.012 door 1: Ok { detail: None }
            00.012 access.opened door 1 remote
            00.112 board: coil 0 off
            00.114 board: coil 1 off
            00.114 access.not_entered door 1 in
            00.114 end: refused
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn pins_do_what_a_board_does() {
    let pins = json!({"modbus": null, "gpio": {"chip": "/dev/gpiochip0"}});
    let day = "start; card 17; wait 1s; pass a; wait 1s; open 2 10s; wait 50ms; stop";
    check(
        pins,
        day,
        &expect![[r#"
            00.000 gate: pin 0 Inactive
            00.000 gate: pin 1 Inactive
            00.000 online
            00.040 access.granted door 1 in p17
            00.040 gate: pin 0 Active
            00.240 gate: pin 0 Inactive
            01.010 access.entered door 1 in p17
            02.410 gate: pin 1 Active
            02.410 door 2: Ok { detail: None }
            02.410 access.opened door 2 remote
            02.460 gate: pin 0 Inactive
            02.460 gate: pin 1 Inactive
            02.460 access.not_entered door 2 out
            02.460 end: refused
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_breaks_disturbs_nobody_and_is_begun_anew() {
    let day = "start; reader breaks; wait 500ms; open 1 10s; wait 1s; card 17; pass a; card 17; wait 1s; stop";
    check(
        json!({}),
        day,
        &expect![[r#"
            00.002 board: coil 0 off
            00.004 board: coil 1 off
            00.006 online
            00.010 degraded: reader_lost
            00.512 board: function 5 [02, 00, 00, 02]
            00.512 door 1: Ok { detail: None }
            00.512 access.opened door 1 remote
            01.010 online
            01.540 access.denied door 1 in p17 other
            01.558 access.entered door 1 in
            01.940 access.granted door 1 in p17
            01.942 board: function 5 [02, 00, 00, 02]
            02.912 board: coil 0 off
            02.914 board: coil 1 off
            02.914 access.not_entered door 1 in p17
            02.914 end: refused
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_reader_whose_frames_have_one_length_waits_for_no_silence() {
    let reader = json!({"way": "wiegand", "side": "a", "chip": "/dev/gpiochip1", "d0": 17, "d1": 27, "bits": 26});
    let day = "start; card 17; wait 100ms; stop";
    check(
        json!({"readers": [reader]}),
        day,
        &expect![[r#"
            00.002 board: coil 0 off
            00.004 board: coil 1 off
            00.006 online
            00.010 access.granted door 1 in p17
            00.012 board: function 5 [02, 00, 00, 02]
            00.112 board: coil 0 off
            00.114 board: coil 1 off
            00.114 access.not_entered door 1 in p17
            00.114 end: refused
        "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_door_that_sees_nobody_says_of_nobody_that_they_did_not_pass() {
    let blind = json!({"inputs": {"fire": {"at": 6}}});
    check(
        blind,
        "start; open 1 10s; wait 9s; stop",
        &expect![[r#"
        00.002 board: coil 0 off
        00.004 board: coil 1 off
        00.006 online
        00.012 board: function 5 [02, 00, 00, 02]
        00.012 door 1: Ok { detail: None }
        00.012 access.opened door 1 remote
        09.012 board: coil 0 off
        09.014 board: coil 1 off
        09.014 end: refused
    "#]],
    )
    .await;
}
