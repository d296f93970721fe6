//! The gate on paper: scripts of what happens to it, and properties of whatever may happen.

mod properties;
mod script;

use expect_test::expect;
use script::check;

const PULSE: &str = "pulse 200ms";
const POTENTIAL: &str = "potential";

#[test]
fn a_grant_that_is_used() {
    check(
        PULSE,
        "off pass_a; wait 20ms; open a 17; wait 1s; on pass_a; wait 300ms; off pass_a; wait 10s",
        &expect![[r#"
            00.020 opened A#0, A pulse 200ms
            01.020 entered A#0
            01.020 locked A
        "#]],
    );
    check(
        POTENTIAL,
        "open b; wait 1s; pass b; wait 10s",
        &expect![[r#"
            00.000 opened B#0, B hold 5s
            01.000 entered B#0
            01.000 locked B, B release
        "#]],
    );
}

#[test]
fn a_grant_that_is_not_used() {
    check(
        PULSE,
        "open a; wait 10s",
        &expect![[r#"
            00.000 opened A#0, A pulse 200ms
            05.000 locked A
            06.000 not entered A#0
        "#]],
    );
    check(
        POTENTIAL,
        "open a; wait 10s",
        &expect![[r#"
            00.000 opened A#0, A hold 5s
            05.000 locked A, A release
            06.000 not entered A#0
        "#]],
    );
}

#[test]
fn who_is_in_the_arms_when_the_time_is_over_may_finish() {
    check(
        PULSE,
        "open a; wait 5500ms; pass a; wait 10s",
        &expect![[r#"
            00.000 opened A#0, A pulse 200ms
            05.000 locked A
            05.500 entered A#0
        "#]],
    );
    check(
        PULSE,
        "open a; wait 5500ms; open a; wait 1s; pass a; wait 10s",
        &expect![[r#"
            00.000 opened A#0, A pulse 200ms
            05.000 locked A
            05.500 not entered A#0
            05.500 opened A#1, A pulse 200ms
            06.500 entered A#1
            06.500 locked A
        "#]],
    );
}

#[test]
fn two_on_one_grant_are_one_too_many() {
    check(
        PULSE,
        "open a; wait 1s; pass a; wait 500ms; pass a; wait 5s",
        &expect![[r#"
            00.000 opened A#0, A pulse 200ms
            01.000 entered A#0
            01.000 locked A
            01.500 forced A
        "#]],
    );
    check(
        PULSE,
        "pass b",
        &expect![[r#"
            00.000 forced B
        "#]],
    );
}

#[test]
fn as_many_as_may_and_no_more() {
    check(
        PULSE,
        "open a; open a; open b; wait 1s; pass a; open a; wait 10s",
        &expect![[r#"
            00.000 opened A#0, A pulse 200ms
            00.000 busy
            00.000 opened B#1, B pulse 200ms
            01.000 entered A#0
            01.000 locked A
            01.000 opened A#2, A pulse 200ms
            05.000 locked B
            06.000 locked A
            06.000 not entered B#1
            07.000 not entered A#2
        "#]],
    );
    check(
        "potential grants 2",
        "open a; wait 2s; open a; open a; pass a; wait 4s; pass a; wait 9s",
        &expect![[r#"
            00.000 opened A#0, A hold 5s
            02.000 opened A#1, A hold 5s
            02.000 busy
            02.000 entered A#0
            06.000 entered A#1
            06.000 locked A, A release
        "#]],
    );
}

#[test]
fn the_alarm_input_is_believed_when_nobody_is_let_through() {
    check(
        PULSE,
        "off alarm; on alarm; wait 1s; off alarm",
        &expect![[r#"
            00.000 forced
        "#]],
    );
    check(
        PULSE,
        "off alarm; open a; on alarm; wait 1s; off alarm; wait 9s",
        &expect![[r#"
            00.000 opened A#0, A pulse 200ms
            05.000 locked A
            06.000 not entered A#0
        "#]],
    );
    check(
        PULSE,
        "off alarm; open a; wait 1s; pass a; on alarm; wait 4s",
        &expect![[r#"
            00.000 opened A#0, A pulse 200ms
            01.000 entered A#0
            01.000 locked A
            04.000 forced
        "#]],
    );
    check(PULSE, "on alarm; wait 10s", &expect![[r#""#]]);
}

#[test]
fn inputs_that_stay_as_they_should_not() {
    check(
        PULSE,
        "off pass_a; open a; on pass_a; wait 20s; off pass_a",
        &expect![[r#"
        00.000 opened A#0, A pulse 200ms
        00.000 entered A#0
        00.000 locked A
        10.000 stuck Pass(A)
        20.000 freed Pass(A)
    "#]],
    );
    check(
        PULSE,
        "on pass_b; wait 11s; open a; pass a; off pass_b; wait 9s",
        &expect![[r#"
        10.000 stuck Pass(B)
        11.000 opened A#0, A pulse 200ms
        11.000 entered A#0
        11.000 locked A
        11.000 freed Pass(B)
    "#]],
    );
    check(
        PULSE,
        "off ready; open a; wait 11s; on ready; open a; wait 7s",
        &expect![[r#"
        00.000 notready
        10.000 stuck Ready
        11.000 freed Ready
        11.000 opened A#0, A pulse 200ms
        16.000 locked A
        17.000 not entered A#0
    "#]],
    );
    check(
        PULSE,
        "on detector; wait 3s; off detector; on detector; wait 20s",
        &expect![[r#"
        13.000 stuck Detector
    "#]],
    );
}

#[test]
fn the_fire_alarm_has_the_gate() {
    check(
        POTENTIAL,
        "off fire; open a; open b 17; wait 1s; on fire; open b 17; open a; pass a; pass b; wait 60s; off fire; pass a; wait 4s; pass a",
        &expect![[r#"
            00.000 opened A#0, A hold 5s
            00.000 opened B#1, B hold 5s
            01.000 not entered A#0
            01.000 not entered B#1
            01.000 emergency, A release, B release
            01.000 emergency
            01.000 emergency
            61.000 calm
            65.000 forced A
        "#]],
    );
    check(
        PULSE,
        "on fire; open a; wait 1s; off fire; open a; wait 9s",
        &expect![[r#"
            00.000 emergency, A release, B release
            00.000 emergency
            01.000 calm
            01.000 opened A#0, A pulse 200ms
            06.000 locked A
            07.000 not entered A#0
        "#]],
    );
}

#[test]
fn a_grant_that_could_not_be_carried_out_has_an_end() {
    check(
        POTENTIAL,
        "open a 17; break 0; break 0; wait 9s",
        &expect![[r#"
            00.000 opened A#0, A hold 5s
            00.000 not entered A#0
            00.000 locked A, A release
            00.000 over
        "#]],
    );
}

#[test]
fn nobody_is_forgotten_at_the_end() {
    check(
        POTENTIAL,
        "open a; open b 17; leave",
        &expect![[r#"
            00.000 opened A#0, A hold 5s
            00.000 opened B#1, B hold 5s
            00.000 not entered A#0
            00.000 not entered B#1
        "#]],
    );
}
