//! Lines: by age whatever happens, in one order for every screen.

use super::script::check;
use expect_test::expect;

#[test]
fn by_age_across_services_of_one_weight() {
    check(
        "take t1 loans; take t2 loans; in zarina w3; next w3; gone w3; next w3; gone w3; next w3",
        &expect![[r#"
            t1 is L-001 of 2026-11-23 for loans, 0 ahead
            t2 is L-002 of 2026-11-23 for loans, 1 ahead
            zarina at w3 is ready as banker
            t1 L-001 called to w3 (13), call 1, after 0 s
            t1 no show at w3 by zarina: operator
            t2 L-002 called to w3 (13), call 1, after 0 s
            t2 no show at w3 by zarina: operator
            refused: nobody_waits (nobody waits for this window)
        "#]],
    );
}

#[test]
fn two_for_one_by_weight() {
    check(
        "take t1 cash; take t2 cash; take t3 cash; take t4 cash; take t5 cards; take t6 cards; in ali w1;
         upcoming w1; next w1; gone w1; next w1; gone w1; next w1; gone w1; upcoming w1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-003 of 2026-11-23 for cash, 2 ahead
            t4 is K-004 of 2026-11-23 for cash, 3 ahead
            t5 is K-005 of 2026-11-23 for cards, 0 ahead
            t6 is K-006 of 2026-11-23 for cards, 1 ahead
            ali at w1 is ready as teller
            w1 next: K-001 K-002 K-005 K-003 K-004 K-006
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 no show at w1 by ali: operator
            t2 K-002 called to w1 (1), call 1, after 0 s
            t2 no show at w1 by ali: operator
            t5 K-005 called to w1 (1), call 1, after 0 s
            t5 no show at w1 by ali: operator
            w1 next: K-003 K-004 K-006
        "#]],
    );
}

#[test]
fn a_lower_priority_comes_up_after_four() {
    check(
        "take t1 cash; take t2 loans; take t3 loans; take t4 loans; take t5 loans; take t6 loans; take t7 loans;
         in zarina w3; upcoming w3",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is L-001 of 2026-11-23 for loans, 0 ahead
            t3 is L-002 of 2026-11-23 for loans, 1 ahead
            t4 is L-003 of 2026-11-23 for loans, 2 ahead
            t5 is L-004 of 2026-11-23 for loans, 3 ahead
            t6 is L-005 of 2026-11-23 for loans, 4 ahead
            t7 is L-006 of 2026-11-23 for loans, 5 ahead
            zarina at w3 is ready as banker
            w3 next: L-001 L-002 L-003 L-004 K-001 L-005 L-006
        "#]],
    );
}

#[test]
fn delayed_ones_keep_their_places() {
    check(
        "take t1 cash; take t2 cash; take t3 cash; take t4 cash; take t5 cash; take t6 cash; delay t1; delay t2;
         delay t3; line cash; take t7 cash; line cash; restart; line cash",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-003 of 2026-11-23 for cash, 2 ahead
            t4 is K-004 of 2026-11-23 for cash, 3 ahead
            t5 is K-005 of 2026-11-23 for cash, 4 ahead
            t6 is K-006 of 2026-11-23 for cash, 5 ahead
            t1 now behind t4
            t2 now behind t1
            t3 now behind t2
            cash: K-004 K-001 K-002 K-003 K-005 K-006
            t7 is K-007 of 2026-11-23 for cash, 6 ahead
            cash: K-004 K-001 K-002 K-003 K-005 K-006 K-007
            cash: K-004 K-001 K-002 K-003 K-005 K-006 K-007
        "#]],
    );
}
