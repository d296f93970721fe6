//! Clocks that jump: no number twice, nobody waits for 56 years, nobody is held for one.

use super::script::check;
use expect_test::expect;

#[test]
fn numbers_begin_anew_at_midnight() {
    check(
        "take t1 cash; take t2 loans; take t3 cards; take t4 cash online; clock 2026-11-23T23:59:59+05:00;
         take t5 cash; clock 2026-11-24T00:00:00+05:00; take t6 cash; restart; take t7 cash",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is L-001 of 2026-11-23 for loans, 0 ahead
            t3 is K-002 of 2026-11-23 for cards, 0 ahead
            t4 is O-001 of 2026-11-23 for cash, 1 ahead
            t5 is K-003 of 2026-11-23 for cash, 2 ahead
            t6 is K-001 of 2026-11-24 for cash, 3 ahead
            t7 is K-002 of 2026-11-24 for cash, 4 ahead
        "#]],
    );
}

#[test]
fn a_clock_that_jumps_a_year_and_back() {
    check(
        "take t1 cash; take t2 cash; clock 2027-11-23T10:00:00+05:00; take t3 cash; clock 2026-11-23T10:05:00+05:00;
         take t4 cash",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-001 of 2027-11-23 for cash, 2 ahead
            t4 is K-003 of 2026-11-23 for cash, 3 ahead
        "#]],
    );
}

#[test]
fn a_box_that_boots_in_1970_opens_no_day() {
    check(
        "take t1 cash; restart; unsure; clock 1970-01-01T05:00:10+05:00; take t2 cash;
         clock 1970-01-02T05:00:10+05:00; take t3 cash; clock 2026-11-23T12:00:00+05:00; sure; take t4 cash",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-003 of 2026-11-23 for cash, 2 ahead
            t4 is K-004 of 2026-11-23 for cash, 3 ahead
        "#]],
    );
}

#[test]
fn after_a_night_without_a_clock_the_day_begins_above_what_was_given() {
    check(
        "take t1 cash; take t2 cash; unsure; take t3 cash; clock 2026-11-24T09:00:00+05:00; sure; take t4 cash;
         take t5 loans; clock 2026-11-25T09:00:00+05:00; take t6 cash",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-003 of 2026-11-23 for cash, 2 ahead
            t4 is K-004 of 2026-11-24 for cash, 3 ahead
            t5 is L-001 of 2026-11-24 for loans, 0 ahead
            t6 is K-001 of 2026-11-25 for cash, 4 ahead
        "#]],
    );
}

#[test]
fn a_box_that_never_knew_the_time_follows_its_clock_forward() {
    check(
        "unsure; clock 1970-01-01T10:00:00+05:00; take t1 cash; clock 1970-01-02T10:00:00+05:00; take t2 cash;
         clock 1970-01-01T10:00:00+05:00; take t3 cash; clock 2026-11-23T10:00:00+05:00; take t4 cash; sure;
         take t5 cash",
        &expect![[r#"
            t1 is K-001 of 1970-01-01 for cash, 0 ahead
            t2 is K-001 of 1970-01-02 for cash, 1 ahead
            t3 is K-002 of 1970-01-02 for cash, 2 ahead
            t4 is K-003 of 2026-11-23 for cash, 3 ahead
            t5 is K-004 of 2026-11-23 for cash, 4 ahead
        "#]],
    );
}

#[test]
fn waiting_is_not_measured_with_a_clock_that_was_set() {
    check(
        "unsure; clock 1970-01-01T10:00:00+05:00; take t1 cash; take t2 cash; hold t2 15; wait 300; in ali w1;
         clock 2026-11-23T10:00:00+05:00; sure; wait 60; next w1; wait 840; next w1; periods t2",
        &expect![[r#"
            t1 is K-001 of 1970-01-01 for cash, 0 ahead
            t2 is K-002 of 1970-01-01 for cash, 1 ahead
            t2 held: screen
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 360 s
            t2 waits again: timer
            refused: busy (ticket 00000000-0000-7000-8000-000000000001 is still at the window)
              waiting cash 0–0 s
              held cash 0–1200 s
              waiting cash 1200–… s
        "#]],
    );
}

#[test]
fn a_clock_that_goes_back_holds_nobody_longer() {
    check(
        "take t1 cash; hold t1 15; in ali w1; clock 2025-11-23T10:00:00+05:00; wait 600; in bek w2; minutes 14;
         minutes 1; next w1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t1 held: screen
            ali at w1 is ready as teller
            bek at w2 is ready as teller
            t1 waits again: timer
            t1 K-001 called to w1 (1), call 1, after 0 s
        "#]],
    );
}

#[test]
fn a_jump_seen_first_by_a_request() {
    check(
        "unsure; clock 1970-01-01T10:00:00+05:00; take t1 cash; in ali w1; wait 120;
         clock 2026-11-23T10:00:00+05:00; trust; next w1; recall w1; wait 30; recall w1",
        &expect![[r#"
            t1 is K-001 of 1970-01-01 for cash, 0 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            refused: too_soon (it may be called again in 15 s)
            t1 K-001 recalled to w1 (1), call 2, after 0 s
        "#]],
    );
}

#[test]
fn a_clock_set_by_hand_is_no_waiting_either() {
    check(
        "unsure; clock 1970-01-01T10:00:00+05:00; take t1 cash; in ali w1; clock 2026-11-23T10:00:00+05:00;
         minutes 1; next w1",
        &expect![[r#"
            t1 is K-001 of 1970-01-01 for cash, 0 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
        "#]],
    );
}

#[test]
fn a_night_is_no_jump() {
    check(
        "take t1 cash; clock 2026-11-24T09:00:00+05:00; in ali w1; next w1; unsure; take t2 cash; minutes 50; trust;
         gone w1; next w1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 82800 s
            t2 is K-002 of 2026-11-23 for cash, 0 ahead
            t1 no show at w1 by ali: operator
            t2 K-002 called to w1 (1), call 1, after 3000 s
        "#]],
    );
}
