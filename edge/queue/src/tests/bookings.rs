//! Agreed times: from early to late they go first, each once, with no network.

use super::script::check;
use expect_test::expect;

#[test]
fn within_its_window_a_booking_goes_first() {
    check(
        "take t1 cash; take t2 cash; minutes 25; take t3 cash code b2; take t4 cash code b1; line cash; ahead t3;
         take t5 cash code b1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-003 of 2026-11-23 for cash, 0 ahead, with a right
            t4 is K-004 of 2026-11-23 for cash, 0 ahead, with a right
            cash: K-004 K-003 K-001 K-002
            t3 ahead Some(1)
            refused: already_used (a ticket was given for that booking already)
        "#]],
    );
}

#[test]
fn too_early_late_and_too_late() {
    check(
        "take t1 cash code b1; minutes 14; wait 59; take t1 cash code b1; wait 1; take t1 cash code b1; minutes 41;
         take t2 cash code b2; line cash; clock 2026-11-25T10:00:00+05:00; take t3 cash code b3",
        &expect![[r#"
            refused: too_early (a ticket is given from 2026-11-23T05:15:00.000Z)
            refused: too_early (a ticket is given from 2026-11-23T05:15:00.000Z)
            t1 is K-001 of 2026-11-23 for cash, 0 ahead, with a right
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            cash: K-001 K-002
            refused: too_late (it was possible until 2026-11-24T05:45:00.000Z)
        "#]],
    );
}

#[test]
fn of_another_service_or_of_none() {
    check(
        "take t1 cash code b4; take t1 cash code b9; take t1 loans code b9; minutes 20; take t1 loans code b4",
        &expect![[r#"
            refused: other_service (that code is for loans)
            refused: unknown_booking (no time was agreed with that code)
            refused: unknown_booking (no time was agreed with that code)
            t1 is L-001 of 2026-11-23 for loans, 0 ahead, with a right
        "#]],
    );
}

#[test]
fn a_clock_that_is_not_sure_refuses_nobody() {
    check(
        "unsure; clock 1970-01-01T05:00:00+05:00; take t1 cash code b1; take t2 cash code b3; take t3 cash code b1",
        &expect![[r#"
            t1 is K-001 of 1970-01-01 for cash, 0 ahead
            t2 is K-002 of 1970-01-01 for cash, 1 ahead
            refused: already_used (a ticket was given for that booking already)
        "#]],
    );
}

#[test]
fn not_more_than_three_before_their_turn_in_a_row() {
    check(
        "take t1 cash; take t2 cash; take t3 cash; take t4 cash; take t5 cash; in bek w2; next w2; here w2;
         send w2 cash front; next w2; here w2; send w2 cash front; next w2; here w2; send w2 cash front; next w2;
         here w2; send w2 cash front; line cash; upcoming w2; next w2; gone w2; next w2; gone w2; next w2; gone w2;
         next w2; gone w2",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-003 of 2026-11-23 for cash, 2 ahead
            t4 is K-004 of 2026-11-23 for cash, 3 ahead
            t5 is K-005 of 2026-11-23 for cash, 4 ahead
            bek at w2 is ready as teller
            t1 K-001 called to w2 (2), call 1, after 0 s
            t1 arrived at w2 with cash: waited 0 s, served 0 s
            t1 sent from cash to cash, front, after 0 s
            t1 K-001 called to w2 (2), call 1, after 0 s
            t1 arrived at w2 with cash: waited 0 s, served 0 s
            t1 sent from cash to cash, front, after 0 s
            t1 K-001 called to w2 (2), call 1, after 0 s
            t1 arrived at w2 with cash: waited 0 s, served 0 s
            t1 sent from cash to cash, front, after 0 s
            t1 K-001 called to w2 (2), call 1, after 0 s
            t1 arrived at w2 with cash: waited 0 s, served 0 s
            t1 sent from cash to cash, front, after 0 s
            cash: K-002 K-001 K-003 K-004 K-005
            w2 next: K-002 K-001 K-003 K-004 K-005
            t2 K-002 called to w2 (2), call 1, after 0 s
            t2 no show at w2 by bek: operator
            t1 K-001 called to w2 (2), call 1, after 0 s
            t1 no show at w2 by bek: operator
            t3 K-003 called to w2 (2), call 1, after 0 s
            t3 no show at w2 by bek: operator
            t4 K-004 called to w2 (2), call 1, after 0 s
            t4 no show at w2 by bek: operator
        "#]],
    );
}
