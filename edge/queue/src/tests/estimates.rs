//! What screens show: honest ranges, tallies, calls.

use super::{
    sample_branch::id,
    script::{QueueScript, check},
};
use expect_test::expect;

/// Five visits of one to five minutes each.
const FIVE: &str = "in ali w1;
    take t1 cash; next w1; here w1; minutes 1; done w1; take t2 cash; next w1; here w1; minutes 2; done w1;
    take t3 cash; next w1; here w1; minutes 3; done w1; take t4 cash; next w1; here w1; minutes 4; done w1;
    take t5 cash; next w1; here w1; minutes 5; done w1";

#[test]
fn nothing_is_said_under_five_samples() {
    let mut play = QueueScript::default();
    let (four, _) = FIVE.rsplit_once("done").expect("a script");
    play.script(four);
    assert_eq!(play.queue.estimate(&play.setup, &id("cash")), None);
    play.script("done w1");
    assert!(play.queue.estimate(&play.setup, &id("cash")).is_some());
}

#[test]
fn a_range_grows_with_those_ahead_and_shrinks_with_windows() {
    let mut play = QueueScript::default();
    play.script(FIVE);
    play.said.clear();
    play.script(
        "estimate cash; take t6 cash; take t7 cash; take t8 cash; estimate cash; in bek w2; estimate cash;
         take t9 cards; estimate cash; pause ali w1 lunch; estimate cash; out bek w2; estimate cash; estimate cards",
    );
    expect![[r#"
        Some(WaitRange { lo_min: 0, hi_min: 4 })
        t6 is K-006 of 2026-11-23 for cash, 0 ahead, 0–4 min
        t7 is K-007 of 2026-11-23 for cash, 1 ahead, 1–8 min
        t8 is K-008 of 2026-11-23 for cash, 2 ahead, 2–12 min
        Some(WaitRange { lo_min: 3, hi_min: 16 })
        bek at w2 is ready as teller
        Some(WaitRange { lo_min: 1, hi_min: 8 })
        t9 is K-009 of 2026-11-23 for cards, 0 ahead
        Some(WaitRange { lo_min: 2, hi_min: 13 })
        ali at w1 is on a break: lunch
        Some(WaitRange { lo_min: 4, hi_min: 25 })
        bek at w2 is gone
        None
        None
    "#]]
    .assert_eq(&play.said);
}

#[test]
fn one_long_visit_does_not_frighten_anybody() {
    let mut play = QueueScript::default();
    play.script(FIVE);
    play.said.clear();
    play.script("estimate cash; take t6 cash; next w1; here w1; minutes 600; done w1; estimate cash");
    expect![[r#"
        Some(WaitRange { lo_min: 0, hi_min: 4 })
        t6 is K-006 of 2026-11-23 for cash, 0 ahead, 0–4 min
        t6 K-006 called to w1 (1), call 1, after 0 s
        t6 arrived at w1 with cash: waited 0 s, served 0 s
        t6 done at w1 with cash: waited 0 s, served 36000 s
        Some(WaitRange { lo_min: 0, hi_min: 5 })
    "#]]
    .assert_eq(&play.said);
}

#[test]
fn a_day_in_figures() {
    check(
        "tallies; take t1 cash; take t2 cash; take t3 loans; take t4 cash; cancel t4; in ali w1; minutes 1; next w1;
         here w1; minutes 2; done w1; next w1; gone w1; tallies; minutes 16; tallies; previous w1; calls;
         clock 2026-11-24T09:00:00+05:00; tallies; take t5 cash; tallies; previous w1",
        &expect![[r#"
            DayTotals { issued: 0, served: 0, serve_s: 0, wait_s: 0, no_shows: 0, cancelled: 0, expired: 0 }, averages (None, None), 0 windows for cash
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is L-001 of 2026-11-23 for loans, 0 ahead
            t4 is K-003 of 2026-11-23 for cash, 2 ahead
            t4 cancelled: customer
            ali at w1 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 60 s
            t1 arrived at w1 with cash: waited 60 s, served 0 s
            t1 done at w1 with cash: waited 60 s, served 120 s
            t2 K-002 called to w1 (1), call 1, after 180 s
            t2 no show at w1 by ali: operator
            DayTotals { issued: 4, served: 1, serve_s: 120, wait_s: 60, no_shows: 1, cancelled: 1, expired: 0 }, averages (Some(60), Some(120)), 1 windows for cash
            t2 expired: no_show
            DayTotals { issued: 4, served: 1, serve_s: 120, wait_s: 60, no_shows: 1, cancelled: 1, expired: 1 }, averages (Some(60), Some(120)), 1 windows for cash
            K-002 expired, K-001 done
            K-002 → 1, K-001 → 1
            DayTotals { issued: 0, served: 0, serve_s: 0, wait_s: 0, no_shows: 0, cancelled: 0, expired: 0 }, averages (None, None), 1 windows for cash
            t5 is K-001 of 2026-11-24 for cash, 0 ahead
            DayTotals { issued: 1, served: 0, serve_s: 0, wait_s: 0, no_shows: 0, cancelled: 0, expired: 0 }, averages (None, None), 1 windows for cash

        "#]],
    );
}

#[test]
fn calls_newest_first_one_for_each_ticket() {
    check(
        "take t1 cash; take t2 cash; take t3 cash; in ali w1; in bek w2; next w1; next w2; calls; wait 20;
         recall w1; calls; recycle w1; next w1; calls; recycle w1; call t1 w1 again; calls",
        &expect![[r#"
            t1 is K-001 of 2026-11-23 for cash, 0 ahead
            t2 is K-002 of 2026-11-23 for cash, 1 ahead
            t3 is K-003 of 2026-11-23 for cash, 2 ahead
            ali at w1 is ready as teller
            bek at w2 is ready as teller
            t1 K-001 called to w1 (1), call 1, after 0 s
            t2 K-002 called to w2 (2), call 1, after 0 s
            K-002 → 2, K-001 → 1
            t1 K-001 recalled to w1 (1), call 2, after 0 s
            K-001 → 1, K-002 → 2
            t1 waits again at w1 by ali: recycled
            t3 K-003 called to w1 (1), call 1, after 20 s
            K-003 → 1, K-001 → 1, K-002 → 2
            t3 waits again at w1 by ali: recycled
            t1 K-001 called to w1 (1), call 1, after 0 s because again
            K-001 → 1, K-003 → 1, K-002 → 2
        "#]],
    );
}
