//! Who sits where: one window one operator, breaks with a reason, nobody leaves a visitor behind.

use super::script::check;
use expect_test::expect;

#[test]
fn one_window_one_operator() {
    check(
        "in ali w1; in ali w1; in ali w2; in bek w1; in nobody w2; in bek w9; in bek w2 nothing; in bek w2 banker;
         in bek w2; out bek w1; out bek w2; out bek w2; in bek w2",
        &expect![[r#"
            ali at w1 is ready as teller
            already so
            refused: signed_in_elsewhere (that operator is signed in at w1)
            refused: window_taken (somebody else is signed in at that window)
            refused: unknown_operator (nobody of that id serves here)
            refused: unknown_window (there is no window w9)
            refused: unknown_profile (there is no profile nothing)
            bek at w2 is ready as banker
            bek at w2 is ready as teller
            refused: not_signed_in (that operator is not signed in at that window)
            bek at w2 is gone
            already so
            bek at w2 is ready as teller
        "#]],
    );
}

#[test]
fn breaks_have_a_reason() {
    check(
        "take t1 cash; in ali w1; pause ali w1 tired; pause ali w1 lunch; pause ali w1 lunch; next w1;
         call t1 w1 now; pause ali w1 idle; ready ali w1; ready ali w1; ready bek w1; next w1; pause ali w1 lunch",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            ali at w1 is ready as teller
            refused: unknown_reason (the rules have no such reason for a break)
            ali at w1 is on a break: lunch
            already so
            refused: on_break (the operator pauses)
            refused: on_break (the operator pauses)
            ali at w1 is on a break: idle
            ali at w1 is ready
            already so
            refused: not_signed_in (that operator is not signed in at that window)
            t1 K-001 called to w1 (1), call 1, after 0 s
            refused: busy (ticket 00000000-0000-7000-8000-000000000001 is still at the window)
        "#]],
    );
}

#[test]
fn finishing_calls_the_next_where_the_rules_say_so() {
    check(
        "rules auto_next true; take t1 cash; take t2 cash; take t3 cash; in ali w1; next w1; next w1; here w1;
         done w1; next w1; here w1; next w1; here w1; next w1; done w1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-003 of 2026-11-23 for cash, 2 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            refused: busy (ticket 00000000-0000-7000-8000-000000000001 is still at the window)
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            t1 done at w1 with cash: waited 0 s, served 0 s
            t2 K-002 called to w1 (1), call 1, after 0 s
            refused: busy (ticket 00000000-0000-7000-8000-000000000002 is still at the window)
            t2 arrived at w1 with cash: waited 0 s, served 0 s
            t2 done at w1 with cash: waited 0 s, served 0 s
            t3 K-003 called to w1 (1), call 1, after 0 s
            t3 arrived at w1 with cash: waited 0 s, served 0 s
            refused: nobody_waits (nobody waits for this window)
            t3 done at w1 with cash: waited 0 s, served 0 s
        "#]],
    );
}

#[test]
fn a_required_code_is_asked_for_by_calling_the_next_too() {
    check(
        "rules auto_next true; take t1 loans; take t2 loans; in zarina w3; next w3; here w3; next w3;
         done w3 code signed",
        &expect![[r#"
            t1 is L-001 of 2026-11-23 for loans, 0 ahead
            t2 is L-002 of 2026-11-23 for loans, 1 ahead
            zarina at w3 is ready as banker
            t1 L-001 called to w3 (13), call 1, after 0 s
            t1 arrived at w3 with loans: waited 0 s, served 0 s
            refused: outcome_needed (a closing code is needed)
            t1 done at w3 with loans: waited 0 s, served 0 s, signed
            t2 L-002 called to w3 (13), call 1, after 0 s
        "#]],
    );
}

#[test]
fn an_operator_that_was_taken_off_the_branch_leaves() {
    check(
        "take t1 loans; in ali w1; in zarina w3; next w3; without zarina; minutes 1; here w3; done w3 code signed;
         out ali w1; minutes 1; out zarina w3",
        &expect![[r#"
            t1 is L-001 of 2026-11-23 for loans, 0 ahead
            ali at w1 is ready as teller
            zarina at w3 is ready as banker
            t1 L-001 called to w3 (13), call 1, after 0 s
            t1 arrived at w3 with loans: waited 0 s, served 0 s
            t1 done at w3 with loans: waited 0 s, served 0 s, signed
            ali at w1 is gone
            zarina at w3 is gone: removed
            already so
        "#]],
    );
}

#[test]
fn whoever_was_taken_off_the_branch_finishes_and_calls_nobody_more() {
    check(
        "rules auto_next true; take t1 cash; take t2 cash; take t3 cash; in ali w1; in bek w2; next w1; next w2;
         here w1; here w2; without ali; unbuilt w2; done w1; done w2; minutes 1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-003 of 2026-11-23 for cash, 2 ahead
            ali at w1 is ready as teller
            bek at w2 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t2 K-002 called to w2 (2), call 1, after 0 s
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            t2 arrived at w2 with cash: waited 0 s, served 0 s
            t1 done at w1 with cash: waited 0 s, served 0 s
            t2 done at w2 with cash: waited 0 s, served 0 s
            ali at w1 is gone: removed
            bek at w2 is gone: removed
        "#]],
    );
}

#[test]
fn as_many_wait_as_the_rules_allow() {
    check(
        "rules tickets_waiting 2; take t1 cash; take t2 loans; take t3 cash; in ali w1; next w1; take t3 cash",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is L-001 of 2026-11-23 for loans, 0 ahead
            refused: too_many_waiting (2 tickets wait already)
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t3 is K-002 of 2026-11-23 for cash, 0 ahead
        "#]],
    );
}

#[test]
fn hours_holidays_and_hands() {
    check(
        "status cards; clock 2026-11-23T13:30:00+05:00; status cards; take t1 cards; status cash; open cards;
         open cards; status cards; take t1 cards; hours cards; status cards; close cash; status cash; take t2 cash;
         clock 2026-11-23T23:59:59+05:00; status cash; clock 2026-11-24T00:00:00+05:00; status cash; status cards;
         clock 2026-11-24T18:00:00+05:00; status cards; clock 2026-12-07T19:00:00+05:00; status cards;
         status nothing; unsure; status cards",
        &expect![[r#"
            cards Open
            cards Closed { opens_at: Some(Timestamp(1795424400000)) }
            refused: closed (the service is closed now)
            cash Open
            cards Open
            already so
            cards Open
            t1 is K-001 of 2026-11-23 for cards, 0 ahead
            cards ByHours
            cards Closed { opens_at: Some(Timestamp(1795424400000)) }
            cash Closed
            cash Closed { opens_at: Some(Timestamp(1795460400000)) }
            refused: closed (the service is closed now)
            cash Closed { opens_at: Some(Timestamp(1795460400000)) }
            cash Open
            cards Closed { opens_at: Some(Timestamp(1795492800000)) }
            cards Closed { opens_at: Some(Timestamp(1796011200000)) }
            cards Closed { opens_at: Some(Timestamp(1797220800000)) }
            nothing Closed { opens_at: None }
            cards Open
        "#]],
    );
}
