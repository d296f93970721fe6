//! Numbers: whatever a device repeats and in whatever order it tells, each row is new once and numbers only grow.

use crate::adms::{
    rows::{self, AdmsRow},
    upload_cursor::{NumberedRow, UploadCursor},
};
use adapter_sdk::LogPosition;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A row of person `who` at the `at`-th second of an hour.
fn row((who, at): (u8, u16)) -> AdmsRow {
    let (minute, second) = (at / 60 % 60, at % 60);
    let line = format!("{who}\t2026-11-20 13:{minute:02}:{second:02}\t0\t15");
    rows::row(line.as_bytes()).expect("a row")
}

fn told(body: &[(u8, u16)]) -> Vec<AdmsRow> {
    body.iter().copied().map(row).collect()
}

/// The number of each log only grows.
fn grows(all: &[NumberedRow]) -> bool {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    all.iter().all(|numbered| {
        last.insert(numbered.position.log.as_str(), numbered.position.number)
            .is_none_or(|before| before < numbered.position.number)
    })
}

proptest! {
    #[test]
    fn whatever_is_repeated_and_in_whatever_order_each_row_is_new_once(
        bodies in prop::collection::vec(prop::collection::vec((0..5_u8, 0..90_u16), 0..12), 0..20),
        lost in prop::collection::vec(any::<bool>(), 20),
    ) {
        let mut upload_cursor = UploadCursor::new(&"A1".into(), None);
        let mut all = Vec::new();
        for (body, lost) in bodies.iter().zip(&lost) {
            let new = upload_cursor.new_rows(told(body), None);
            if *lost {
                // The disk did not take it: told again, it comes out the same.
                prop_assert_eq!(&new, &upload_cursor.new_rows(told(body), None));
                continue;
            }
            upload_cursor.adopt(&new);
            upload_cursor.acknowledged();
            prop_assert!(upload_cursor.new_rows(told(body), None).is_empty());
            all.extend(new);
        }
        let expected = bodies.iter().zip(&lost).filter(|(_, lost)| !**lost).flat_map(|(body, _)| body.iter().copied());
        let expected: BTreeSet<(u8, u16)> = expected.collect();
        prop_assert_eq!(all.len(), expected.len());
        prop_assert!(grows(&all));
    }

    /// Rows in order, cut anywhere into bodies; killed anywhere between disk and "OK", and registered or not.
    #[test]
    fn a_log_in_order_survives_any_kill(
        steps in prop::collection::vec((0..5_u8, 0..3_u16), 1..40),
        cuts in prop::collection::vec((1..6_usize, any::<bool>(), any::<bool>()), 1..40),
    ) {
        let mut at = 0;
        let mut log: Vec<(u8, u16)> = steps.iter().map(|(who, step)| { at += step; (*who, at) }).collect();
        log.dedup();
        let mut seen = BTreeSet::new();
        log.retain(|row| seen.insert(*row));
        let mut rest = log.as_slice();
        let (mut upload_cursor, mut all): (_, Vec<NumberedRow>) = (UploadCursor::new(&"A1".into(), None), Vec::new());
        for (size, killed, registers) in cuts.iter().cycle() {
            if rest.is_empty() { break; }
            let (body, further) = rest.split_at((*size).min(rest.len()));
            let new = upload_cursor.new_rows(told(body), None);
            upload_cursor.adopt(&new);
            all.extend(new);
            if *killed {
                let mark = all.last().map(|newest| newest.position.clone());
                upload_cursor = UploadCursor::new(&"A1".into(), mark);
                if *registers { upload_cursor.registered(); }
                prop_assert!(upload_cursor.new_rows(told(body), None).is_empty());
            }
            upload_cursor.acknowledged();
            rest = further;
        }
        prop_assert_eq!(all.len(), log.len());
        prop_assert!(grows(&all));
        prop_assert!(all.iter().all(|numbered| numbered.position.log == "A1"));
    }
}

#[test]
fn a_long_body_that_was_half_on_disk_goes_on_where_it_broke_off() {
    let body: Vec<(u8, u16)> = (0..3000).map(|at| (u8::try_from(at % 5).expect("small"), at)).collect();
    let mut upload_cursor = UploadCursor::new(&"A1".into(), None);
    let new = upload_cursor.new_rows(told(&body), None);
    upload_cursor.adopt(&new[..2000]);
    let again = upload_cursor.new_rows(told(&body), None);
    assert_eq!(again, new[2000..]);
}

#[test]
fn a_mark_of_another_device_is_none() {
    let mark = |log: &str| {
        Some(LogPosition {
            log: log.into(),
            number: 7 << 20,
        })
    };
    let stamps = ["A1", "A1#2", "B1", "A1x", "A12"].map(|log| UploadCursor::new(&"A1".into(), mark(log)).stamp());
    assert_eq!(stamps, [6, 6, 0, 0, 0]);
}
