//! A visit move by move: every arrow of a ticket's state machine, and every one that is refused.

use super::script::check;
use expect_test::expect;

#[test]
fn from_ticket_to_end() {
    check(
        "take t1 cash; take t2 cash; wait 60; in ali w1; next w1; wait 5; here w1; wait 200; done w1; periods t1;
         rate t1 5; rate t1 5; rate t1 4; rate t2 4; rate t1 6",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 60 s
            t1 arrived at w1 with cash: waited 60 s, served 0 s
            t1 done at w1 with cash: waited 60 s, served 200 s
              waiting cash 0–60 s
              called cash at w1 60–65 s
              serving cash at w1 65–265 s
              done cash 265–… s
            t1 gives 5 for cash
            already so
            refused: scored_already (a score was given already)
            refused: wrong_state (the ticket is waiting)
            refused: bad_score (a score is 1 to 5)
        "#]],
    );
}

#[test]
fn asked_again_a_ticket_is_there_already() {
    check(
        "take t1 cash; take t1 cash; take t2 nothing; cancel t1; cancel t1; take t1 cash",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            already so
            refused: unknown_service (there is no service nothing)
            t1 cancelled: customer
            already so
            already so
        "#]],
    );
}

#[test]
fn nothing_happens_at_a_window_out_of_turn() {
    check(
        "take t1 cash; take t2 cash; next w1; in ali w1; here w1; done w1; recall w1; gone w1; recycle w1; next w1;
         next w1; done w1; send w1 cards; pause ali w1 lunch; out ali w1; here w1; here w1; gone w1; recycle w1;
         recall w1; cancel t1; next w1; done w1; done w1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            refused: not_signed_in (that operator is not signed in at that window)
            ali at w1 is ready as teller
            refused: no_ticket (no ticket is at the window)
            refused: no_ticket (no ticket is at the window)
            refused: no_ticket (no ticket is at the window)
            refused: no_ticket (no ticket is at the window)
            refused: no_ticket (no ticket is at the window)
            t1 K-001 called to w1 (1), call 1, after 0 s
            refused: busy (ticket 00000000-0000-7000-8000-000000000001 is still at the window)
            refused: wrong_state (the ticket is called)
            refused: wrong_state (the ticket is called)
            refused: busy (ticket 00000000-0000-7000-8000-000000000001 is still at the window)
            refused: busy (ticket 00000000-0000-7000-8000-000000000001 is still at the window)
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            already so
            refused: wrong_state (the ticket is serving)
            refused: wrong_state (the ticket is serving)
            refused: wrong_state (the ticket is serving)
            refused: wrong_state (the ticket is serving)
            refused: busy (ticket 00000000-0000-7000-8000-000000000001 is still at the window)
            t1 done at w1 with cash: waited 0 s, served 0 s
            refused: no_ticket (no ticket is at the window)
        "#]],
    );
}

#[test]
fn recalled_three_times_with_pauses() {
    check(
        "take t1 cash; in ali w1; next w1; recall w1; wait 14; recall w1; wait 1; recall w1; wait 15; recall w1;
         wait 15; recall w1; wait 15; recall w1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            refused: too_soon (it may be called again in 15 s)
            refused: too_soon (it may be called again in 1 s)
            t1 K-001 recalled to w1 (1), call 2, after 0 s
            t1 K-001 recalled to w1 (1), call 3, after 0 s
            t1 K-001 recalled to w1 (1), call 4, after 0 s
            refused: recalled_enough (it was called again 3 times already)
        "#]],
    );
}

#[test]
fn did_not_come_and_came_back() {
    check(
        "take t1 cash; take t2 cash; in ali w1; next w1; gone w1; next w1; here w1; minutes 10; resume t1;
         resume t1; line cash; done w1; next w1; periods t1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 no show at w1 by ali: operator
            t2 K-002 called to w1 (1), call 1, after 0 s
            t2 arrived at w1 with cash: waited 0 s, served 0 s
            t1 waits again: customer
            already so
            cash: K-001
            t2 done at w1 with cash: waited 0 s, served 600 s
            t1 K-001 called to w1 (1), call 1, after 0 s
              waiting cash 0–0 s
              called cash at w1 0–0 s
              no_show cash 0–600 s
              waiting cash 600–600 s
              called cash at w1 600–… s
        "#]],
    );
}

#[test]
fn did_not_come_and_came_back_too_late() {
    check(
        "take t1 cash; in ali w1; next w1; gone w1; minutes 14; wait 60; wait 1; resume t1; rate t1 1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 no show at w1 by ali: operator
            t1 expired: no_show
            refused: wrong_state (the ticket is expired)
            refused: wrong_state (the ticket is expired)
        "#]],
    );
}

#[test]
fn a_no_show_is_called_by_name_at_the_desk() {
    check(
        "take t1 cash; in ali w1; next w1; gone w1; call t1 w1; call t1 w1 she came back; here w1; call t1 w1 again",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 no show at w1 by ali: operator
            refused: reason_needed (a reason of 1 to 80 characters is needed)
            t1 waits again by ali: operator
            t1 K-001 called to w1 (1), call 1, after 0 s because she came back
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            refused: busy (ticket 00000000-0000-7000-8000-000000000001 is still at the window)
        "#]],
    );
}

#[test]
fn recycled_behind_the_next_three() {
    check(
        "take t1 cash; take t2 cash; take t3 cash; take t4 cash; take t5 cash; in ali w1; next w1; recycle w1;
         line cash; next w1; recycle w1; line cash",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-003 of 2026-11-23 for cash, 2 ahead
            t4 is K-004 of 2026-11-23 for cash, 3 ahead
            t5 is K-005 of 2026-11-23 for cash, 4 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 waits again at w1 by ali: recycled
            cash: K-002 K-003 K-004 K-001 K-005
            t2 K-002 called to w1 (1), call 1, after 0 s
            t2 waits again at w1 by ali: recycled
            cash: K-003 K-004 K-001 K-002 K-005
        "#]],
    );
}

#[test]
fn recycled_alone_it_is_next() {
    check(
        "take t1 cash; in ali w1; next w1; recycle w1; next w1",
        &expect![[r#"
        t1 is K-001 of 2026-11-23 for cash, 0 ahead
        ali at w1 is ready as teller
        t1 K-001 called to w1 (1), call 1, after 0 s
        t1 waits again at w1 by ali: recycled
        t1 K-001 called to w1 (1), call 1, after 0 s
    "#]],
    );
}

#[test]
fn held_by_a_timer() {
    check(
        "take t1 cash; take t2 cash; in ali w1; next w1; here w1; wait 30; hold t1 5 ali; next w1; minutes 4;
         line cash; wait 60; line cash; gone w1; next w1; here w1; wait 20; done w1; periods t1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            t1 held at w1 by ali: operator
            t2 K-002 called to w1 (1), call 1, after 30 s
            cash: 
            t1 waits again: timer
            cash: K-001
            t2 no show at w1 by ali: operator
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 arrived at w1 with cash: waited 0 s, served 30 s
            t1 done at w1 with cash: waited 0 s, served 50 s
              waiting cash 0–0 s
              called cash at w1 0–0 s
              serving cash at w1 0–30 s
              held cash 30–330 s
              waiting cash 330–330 s
              called cash at w1 330–330 s
              serving cash at w1 330–350 s
              done cash 350–… s
        "#]],
    );
}

#[test]
fn held_where_it_waits_and_taken_back() {
    check(
        "take t1 cash; hold t1 0; hold t1 241; hold t1 15 bek; hold t1 15; hold t1 15; resume t1; in ali w1;
         hold t1 15 ali; resume t1 bek; resume t1 ali; next w1; hold t1 15 ali",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            refused: bad_minutes (a ticket is held for 1 to 240 minutes)
            refused: bad_minutes (a ticket is held for 1 to 240 minutes)
            refused: not_signed_in (that operator is not signed in at that window)
            t1 held: screen
            refused: wrong_state (the ticket is held)
            t1 waits again: customer
            ali at w1 is ready as teller
            t1 held by ali: operator
            refused: not_signed_in (that operator is not signed in at that window)
            t1 waits again by ali: operator
            t1 K-001 called to w1 (1), call 1, after 0 s
            refused: wrong_state (the ticket is called)
        "#]],
    );
}

#[test]
fn held_at_a_window_by_somebody_else() {
    check(
        "take t1 cash; in ali w1; in bek w2; next w1; here w1; hold t1 5 bek; hold t1 5; hold t1 5 ali",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            ali at w1 is ready as teller
            bek at w2 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            refused: elsewhere (the ticket is at w1)
            refused: elsewhere (the ticket is at w1)
            t1 held at w1 by ali: operator
        "#]],
    );
}

#[test]
fn cancelled_by_whom() {
    check(
        "take t1 cash; take t2 cash; take t3 cash; take t4 cash; cancel t1; cancel t2 screen; cancel t3 ali;
         in ali w1; cancel t3 ali; next w1; cancel t4; take t5 cash; next w1; here w1; cancel t5; done w1;
         cancel t5; cancel t9",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-003 of 2026-11-23 for cash, 2 ahead
            t4 is K-004 of 2026-11-23 for cash, 3 ahead
            t1 cancelled: customer
            t2 cancelled: screen
            refused: not_signed_in (that operator is not signed in at that window)
            ali at w1 is ready as teller
            t3 cancelled by ali: operator
            t4 K-004 called to w1 (1), call 1, after 0 s
            t4 cancelled at w1: customer
            t5 is K-005 of 2026-11-23 for cash, 0 ahead
            t5 K-005 called to w1 (1), call 1, after 0 s
            t5 arrived at w1 with cash: waited 0 s, served 0 s
            refused: wrong_state (the ticket is serving)
            t5 done at w1 with cash: waited 0 s, served 0 s
            refused: wrong_state (the ticket is done)
            refused: unknown_ticket (there is no such ticket)
        "#]],
    );
}

#[test]
fn expired_after_a_day() {
    check(
        "take t1 cash; take t2 cash; in ali w1; next w1; here w1; minutes 1439; wait 59; wait 1; next w1; wait 1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            t1 expired at w1: age
            t2 expired: age
            refused: nobody_waits (nobody waits for this window)
        "#]],
    );
}

#[test]
fn ten_more_minutes_once() {
    check(
        "take t1 cash; take t2 cash; take t3 cash; take t4 cash; take t5 cash; delay t1; line cash; delay t1;
         delay t5; delay t2; line cash; ahead t1; delay t4; line cash; in ali w1; next w1; delay t3",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-003 of 2026-11-23 for cash, 2 ahead
            t4 is K-004 of 2026-11-23 for cash, 3 ahead
            t5 is K-005 of 2026-11-23 for cash, 4 ahead
            t1 now behind t4
            cash: K-002 K-003 K-004 K-001 K-005
            refused: delayed_already (more time was asked for once already)
            refused: nobody_behind (nobody waits behind that ticket)
            t2 now behind t1
            cash: K-003 K-004 K-001 K-002 K-005
            t1 ahead Some(2)
            t4 now behind t5
            cash: K-003 K-001 K-002 K-005 K-004
            ali at w1 is ready as teller
            t3 K-003 called to w1 (1), call 1, after 0 s
            refused: wrong_state (the ticket is called)
        "#]],
    );
}

#[test]
fn picked_with_a_reason() {
    check(
        "take t1 cash; take t2 cash; take t3 loans; in ali w1; call t2 w1; call t2 w1 with a child; call t1 w1 busy;
         gone w1; call t3 w1 whatever the profile; call t9 w1 nobody; here w1; done w1 code signed",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is L-001 of 2026-11-23 for loans, 0 ahead
            ali at w1 is ready as teller
            refused: reason_needed (a reason of 1 to 80 characters is needed)
            t2 K-002 called to w1 (1), call 1, after 0 s because with a child
            refused: busy (ticket 00000000-0000-7000-8000-000000000002 is still at the window)
            t2 no show at w1 by ali: operator
            t3 L-001 called to w1 (1), call 1, after 0 s because whatever the profile
            refused: busy (ticket 00000000-0000-7000-8000-000000000003 is still at the window)
            t3 arrived at w1 with loans: waited 0 s, served 0 s
            t3 done at w1 with loans: waited 0 s, served 0 s, signed
        "#]],
    );
}

#[test]
fn help_and_scores() {
    check(
        "help; rate t1 5",
        &expect![[r#"
        help at kiosk-1 in ru
        refused: unknown_ticket (there is no such ticket)
    "#]],
    );
}
