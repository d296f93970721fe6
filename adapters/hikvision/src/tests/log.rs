//! The device's log: what was missed, what is out of order, and when it is another log.

use super::harness::check;
use expect_test::expect;

#[test]
fn missed_entries_are_recovered_page_by_page_and_in_order() {
    check(
        "mark SN1 2; log 1 9; start; wire; stop",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#3 access.granted Face by 42 (replay), SN1#4 access.granted Face by 42 (replay), SN1#5 access.granted Face by 42 (replay)
        SN1#6 access.granted Face by 42 (replay), SN1#7 access.granted Face by 42 (replay), SN1#8 access.granted Face by 42 (replay)
        SN1#9 access.granted Face by 42 (replay)
          wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 2..=3000000000 from 0 by 1
          wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 2..=3000000000 from 0 by 1
          wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 3..=3000000000 from 0 by 3
          wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 3..=3000000000 from 0 by 3
          wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 3..=3000000000 from 3 by 3
          wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 3..=3000000000 from 3 by 3
          wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 3..=3000000000 from 6 by 1
          wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 3..=3000000000 from 6 by 1
        end refused: what the device reports cannot be taken on
    "#]],
    );
}

#[test]
fn a_log_listed_out_of_order_loses_nothing() {
    // The clock jumped back before 7: sorted by time it comes first, and pages hold three rows.
    check(
        "log 7 9; log 3 6; log 10 11; start; entry 12 75; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#3 access.granted Face by 42 (replay), SN1#4 access.granted Face by 42 (replay), SN1#5 access.granted Face by 42 (replay)
            SN1#6 access.granted Face by 42 (replay), SN1#7 access.granted Face by 42 (replay)
            SN1#8 access.granted Face by 42 (replay), SN1#9 access.granted Face by 42 (replay)
            SN1#10 access.granted Face by 42 (replay), SN1#11 access.granted Face by 42 (replay)
            SN1#12 access.granted Face by 42
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_gap_between_pages_is_looked_into_once() {
    check(
        "mark SN1 2; log 2 4; log 6 9; start; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#3 access.granted Face by 42 (replay), SN1#4 access.granted Face by 42 (replay), SN1#6 access.granted Face by 42 (replay)
            SN1#7 access.granted Face by 42 (replay), SN1#8 access.granted Face by 42 (replay), SN1#9 access.granted Face by 42 (replay)
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 2..=3000000000 from 0 by 1
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 2..=3000000000 from 0 by 1
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 3..=3000000000 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 3..=3000000000 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 3..=6 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 3..=6 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 3..=3000000000 from 3 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 3..=3000000000 from 3 by 3
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_number_no_log_can_have_is_no_entry() {
    check(
        "log 1 1; start; entry 18446744073709551615 75; entry 3000000001 75; entry 2 75; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#1 access.granted Face by 42 (replay)
            isapi.AccessControllerEvent
            SN1#2 access.granted Face by 42
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_live_entry_waits_for_what_is_missing_before_it() {
    check(
        "mark SN1 2; log 1 2; start; skipped 3; skipped 4; entry 6 75; entry 7 75; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#3 access.denied Face by 42 (replay), SN1#4 access.denied Face by 42 (replay)
            SN1#6 access.granted Face by 42
            SN1#7 access.granted Face by 42
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_number_the_device_skipped_is_not_searched_for() {
    check(
        "start; hush; entry 1 75; entry 5 after 1; wire; skipped 6; entry 7 after 6; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#1 access.granted Face by 42
            SN1#5 access.granted Face by 42
            SN1#6 access.denied Face by 42 (replay)
            SN1#7 access.granted Face by 42
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 6..=6 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 6..=6 from 0 by 3
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_log_that_began_anew_is_a_new_log() {
    check(
        "mark SN1 500; log 1 2; start; entry 3 75; stop",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#2#1 access.granted Face by 42 (replay), SN1#2#2 access.granted Face by 42 (replay)
        degraded log_reset
        online V3.16.1
        SN1#2#3 access.granted Face by 42
        end refused: what the device reports cannot be taken on
    "#]],
    );
    check(
        "mark SN1#2 500; log 1 1; start; stop",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#3#1 access.granted Face by 42 (replay)
        degraded log_reset
        online V3.16.1
        end refused: what the device reports cannot be taken on
    "#]],
    );
}

#[test]
fn a_device_still_reading_its_log_in_has_begun_no_new_one() {
    check(
        "mark SN1 2; log 1 3; dozes 1; start; stop",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#3 access.granted Face by 42 (replay)
        end refused: what the device reports cannot be taken on
    "#]],
    );
}

#[test]
fn an_emptied_log_is_a_new_log_once_something_happens() {
    check(
        "mark SN1 500; start; entry 1 75; entry 2 75; stop",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#2#1 access.granted Face by 42
        degraded log_reset
        online V3.16.1
        SN1#2#2 access.granted Face by 42
        end refused: what the device reports cannot be taken on
    "#]],
    );
}

#[test]
fn a_mark_of_another_device_is_not_ours() {
    check(
        "mark OTHER 500; log 1 1; start; stop",
        &expect![[r#"
        online V3.16.1
        reported
        SN1#1 access.granted Face by 42 (replay)
        end refused: what the device reports cannot be taken on
    "#]],
    );
}

#[test]
fn a_device_that_cannot_be_searched_is_believed_on_its_replay() {
    check(
        "unsearchable; mark SN1 1; log 1 2; start; entry 4 75; stop",
        &expect![[r#"
            online V3.16.1
            reported
            SN1#2 access.granted Face by 42 (replay)
            SN1#4 access.granted Face by 42
            end refused: what the device reports cannot be taken on
        "#]],
    );
}

#[test]
fn a_device_that_refused_its_search_while_starting_is_searched_later() {
    check(
        "unsearchable; start; searchable; hush; stream cut; wait 2s; wire; stop",
        &expect![[r#"
            online V3.16.1
            reported
              wire POST /ISAPI/AccessControl/AcsEvent?format=json unsigned 1..=3000000000 from 0 by 3
              wire POST /ISAPI/AccessControl/AcsEvent?format=json Digest 1..=3000000000 from 0 by 3
            end refused: what the device reports cannot be taken on
        "#]],
    );
}
