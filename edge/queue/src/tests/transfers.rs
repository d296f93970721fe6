//! Several services in one visit, and tickets sent to a service, a window or a person.

use super::script::check;
use expect_test::expect;

#[test]
fn several_services_in_one_visit() {
    check(
        "take t1 cash; take t2 loans; in ali w1; in zarina w3; next w1; here w1; wait 60; done w1 then nothing;
         done w1 then loans; line loans; wait 30; next w3; here w3; wait 90; done w3; done w3 code lost;
         done w3 code signed; next w3; periods t1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is L-001 of 2026-11-23 for loans, 0 ahead
            ali at w1 is ready as teller
            zarina at w3 is ready as banker
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            refused: unknown_service (there is no service nothing)
            t1 served at w1 with cash: waited 0 s, served 60 s, then loans
            loans: K-001 L-001
            t1 K-001 called to w3 (13), call 1, after 30 s
            t1 arrived at w3 with loans: waited 30 s, served 0 s
            refused: outcome_needed (a closing code is needed)
            refused: unknown_outcome (the service has no closing code lost)
            t1 done at w3 with loans: waited 30 s, served 90 s, signed
            t2 L-001 called to w3 (13), call 1, after 180 s
              waiting cash 0–0 s
              called cash at w1 0–0 s
              serving cash at w1 0–60 s
              waiting loans 60–90 s
              called loans at w3 90–90 s
              serving loans at w3 90–180 s
              done loans 180–… s
        "#]],
    );
}

#[test]
fn sent_to_another_service() {
    check(
        "take t1 cash; take t2 loans; take t3 loans; in ali w1; next w1; here w1; wait 10; send w1 loans;
         line loans; take t4 cash; next w1; here w1; send w1 loans front; line loans; take t5 cash; next w1;
         here w1; send w1 loans end; line loans; send w1 loans",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is L-001 of 2026-11-23 for loans, 0 ahead
            t3 is L-002 of 2026-11-23 for loans, 1 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            t1 sent from cash to loans, by age, after 10 s
            loans: K-001 L-001 L-002
            t4 is K-002 of 2026-11-23 for cash, 0 ahead
            t4 K-002 called to w1 (1), call 1, after 0 s
            t4 arrived at w1 with cash: waited 0 s, served 0 s
            t4 sent from cash to loans, front, after 0 s
            loans: K-002 K-001 L-001 L-002
            t5 is K-003 of 2026-11-23 for cash, 0 ahead
            t5 K-003 called to w1 (1), call 1, after 0 s
            t5 arrived at w1 with cash: waited 0 s, served 0 s
            t5 sent from cash to loans, end, after 0 s
            loans: K-002 K-001 L-001 L-002 K-003
            refused: no_ticket (no ticket is at the window)
        "#]],
    );
}

#[test]
fn sent_to_a_window_that_is_there() {
    check(
        "take t1 cash; take t2 cash; in ali w1; in bek w2; next w1; here w1; send w1 cash to w9;
         send w1 cash with nobody; send w1 cash to w2; next w1; next w2",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            ali at w1 is ready as teller
            bek at w2 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            refused: unknown_window (there is no window w9)
            refused: unknown_operator (nobody of that id serves here)
            t1 sent from cash to cash to w2, by age, after 0 s
            t2 K-002 called to w1 (1), call 1, after 0 s
            t1 K-001 called to w2 (2), call 1, after 0 s
        "#]],
    );
}

#[test]
fn sent_to_a_window_that_is_empty_it_waits_for_anybody() {
    check(
        "take t1 cash; take t2 cash; in ali w1; next w1; here w1; send w1 cash to w2; upcoming w1; next w1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            t1 sent from cash to cash to w2, by age, after 0 s
            w1 next: K-001 K-002
            t1 K-001 called to w1 (1), call 1, after 0 s
        "#]],
    );
}

#[test]
fn sent_to_a_person_whatever_the_profile() {
    check(
        "take t1 loans; take t2 cash; in ali w1; in zarina w3; next w3; here w3; send w3 loans with ali;
         upcoming w3; upcoming w1; next w3; next w1",
        &expect![[r#"
            t1 is L-001 of 2026-11-23 for loans, 0 ahead
            t2 is K-001 of 2026-11-23 for cash, 0 ahead
            ali at w1 is ready as teller
            zarina at w3 is ready as banker
            t1 L-001 called to w3 (13), call 1, after 0 s
            t1 arrived at w3 with loans: waited 0 s, served 0 s
            t1 sent from loans to loans with ali, by age, after 0 s
            w3 next: K-001
            w1 next: K-001 L-001
            t2 K-001 called to w3 (13), call 1, after 0 s
            t1 L-001 called to w1 (1), call 1, after 0 s
        "#]],
    );
}

#[test]
fn sent_and_comes_back() {
    check(
        "take t1 cash; take t2 cash; in ali w1; in bek w2; in zarina w3; next w1; here w1; send w1 loans back;
         next w3; here w3; wait 60; done w3 code signed; upcoming w2; upcoming w1; next w1; here w1; done w1",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            ali at w1 is ready as teller
            bek at w2 is ready as teller
            zarina at w3 is ready as banker
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            t1 sent from cash to loans, by age, back to w1, after 0 s
            t1 K-001 called to w3 (13), call 1, after 0 s
            t1 arrived at w3 with loans: waited 0 s, served 0 s
            t1 served at w3 with loans: waited 0 s, served 60 s, signed, then cash
            w2 next: K-002
            w1 next: K-001 K-002
            t1 K-001 called to w1 (1), call 1, after 0 s
            t1 arrived at w1 with cash: waited 0 s, served 0 s
            t1 done at w1 with cash: waited 0 s, served 0 s
        "#]],
    );
}
