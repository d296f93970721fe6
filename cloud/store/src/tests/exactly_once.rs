//! Ingest: every seq once, every gap visible, whatever the order and however often.

use super::{NOW, body, custom, edge, event, incoming, open, org, run, store};
use crate::{
    Db, OrgStore, StoreError, audit,
    events::{self, EventFilter, UNREADABLE},
    ingest,
};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use protocol::{
    Fact, Lane, Seq, Timestamp,
    fact::{DropReason, EventRange},
};
use std::collections::BTreeSet;

/// `3-5 8` stores these seqs as one batch of the facts lane; `drop 6-7 budget` is the tombstone, at the next seq given
/// after `at`; shows what is stored and what is missing.
#[expect(
    clippy::needless_pass_by_value,
    reason = "expectations are written where they are handed over"
)]
fn check(script: &str, expected: Expect) {
    let shown = run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let mut shown = String::new();
        for line in script.split(';').map(str::trim) {
            let records = match line.strip_prefix("drop ") {
                Some(rest) => vec![tombstone(rest)],
                None => seqs(line).into_iter().map(|seq| (seq, body(custom(seq)))).collect(),
            };
            let done = store(&scope, Lane::Facts, &records).await;
            let protocol::control::IngestReply { have, new, known } = done.stored;
            shown += &format!("{line}: have {} new {new} known {known}\n", have.facts);
        }
        shown + &show(&scope).await
    });
    expected.assert_eq(&shown);
}

fn seqs(text: &str) -> Vec<u64> {
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let ranges = text
        .split(' ')
        .map(|range| range.split_once('-').unwrap_or((range, range)));
    ranges.flat_map(|(from, to)| number(from)..=number(to)).collect()
}

fn tombstone(text: &str) -> (u64, Vec<u8>) {
    let (range, at) = text.split_once(" at ").expect("range at seq");
    let range = seqs(range);
    let (from_seq, to_seq) = (Seq(range[0]), Seq(range[range.len() - 1]));
    let dropped = EventRange {
        lane: Lane::Facts,
        from_seq,
        to_seq,
        bytes: 1,
        reason: DropReason::Budget,
    };
    (at.parse().expect("a seq"), body(Fact::JournalDropped(dropped)))
}

async fn show(scope: &OrgStore) -> String {
    let stored = events::stored_after(scope, 0, 10_000).await.expect("events");
    let stored: Vec<String> = stored.iter().map(|event| event.seq.to_string()).collect();
    let gaps = events::gaps(scope, None).await.expect("gaps");
    let gaps = gaps.iter().map(|gap| {
        let reason = gap.gap.reason.as_ref().map_or("?", AsRef::as_ref);
        format!("gap {}-{} {reason}\n", gap.gap.from, gap.gap.to)
    });
    format!("stored {}\n{}", stored.join(" "), gaps.collect::<String>())
}

#[test]
fn what_is_known_already_is_stored_no_second_time() {
    check(
        "1-3; 2-5; 1-5",
        expect![[r#"
            1-3: have 3 new 3 known 0
            2-5: have 5 new 2 known 2
            1-5: have 5 new 0 known 5
            stored 1 2 3 4 5
        "#]],
    );
}

#[test]
fn a_jump_is_a_gap_and_a_tombstone_explains_it() {
    check(
        "1-2; 5 8; drop 3-4 at 9; drop 6-6 at 10",
        expect![[r#"
            1-2: have 2 new 2 known 0
            5 8: have 8 new 2 known 0
            drop 3-4 at 9: have 9 new 1 known 0
            drop 6-6 at 10: have 10 new 1 known 0
            stored 1 2 5 8 9 10
            gap 3-4 budget
            gap 6-6 budget
            gap 7-7 ?
        "#]],
    );
}

#[test]
fn a_tombstone_may_come_before_its_gap() {
    check(
        "drop 2-4 at 1; 5",
        expect![[r#"
            drop 2-4 at 1: have 1 new 1 known 0
            5: have 5 new 1 known 0
            stored 1 5
            gap 2-4 budget
        "#]],
    );
}

#[test]
fn an_import_fills_a_gap() {
    check(
        "1 9; 3-5 9; 2-8",
        expect![[r#"
            1 9: have 9 new 2 known 0
            3-5 9: have 9 new 3 known 1
            2-8: have 9 new 4 known 3
            stored 1 9 3 4 5 2 6 7 8
        "#]],
    );
}

#[test]
fn a_poisoned_record_is_stored_and_holds_up_nothing() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let records = [
            (1, b"\xff\x00 no JSON".to_vec()),
            (2, b"{\"name\":\"a.b\"}".to_vec()),
            (3, body(custom(3))),
        ];
        let done = store(&scope, Lane::Facts, &records).await;
        assert_eq!((done.stored.new, done.irregular.unreadable), (3, 2));
        let filter = EventFilter {
            name: Some(UNREADABLE.into()),
            limit: 10,
            ..EventFilter::default()
        };
        let found = events::query(&scope, filter).await.expect("events");
        let bodies: Vec<&[u8]> = found.iter().map(|event| event.body.as_slice()).collect();
        assert_eq!(bodies, [records[1].1.as_slice(), records[0].1.as_slice()]);
        let trail = audit::list(&scope, None, 10).await.expect("a trail");
        assert_eq!(
            trail.first().map(|line| line.entry.action.as_str()),
            Some("ingest.unreadable")
        );
    });
}

#[test]
fn an_unbelievable_clock_is_marked_and_does_not_move_events_out_of_reach() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let at = |millis| event(custom(1), Timestamp::from_millis(millis)).encode().expect("JSON");
        let (past, future) = (0, NOW.as_millis() * 2);
        let records = [
            (1, at(past)),
            (2, at(future)),
            (3, at(i64::MIN)),
            (4, at(i64::MAX)),
            (5, body(custom(5))),
        ];
        store(&scope, Lane::Facts, &records).await;
        let stored = events::stored_after(&scope, 0, 10).await.expect("events");
        let marks: Vec<bool> = stored.iter().map(|event| event.clock_bad).collect();
        assert_eq!(marks, [true, true, true, true, false]);
        assert!(
            stored
                .iter()
                .all(|event| event.at.since(NOW).as_secs() <= 600 && NOW.since(event.at).as_secs() <= 90 * 86_400)
        );
    });
}

#[test]
fn a_full_disk_is_said_so_and_leaves_nothing_half_stored() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        store(&scope, Lane::Facts, &[(1, body(custom(1)))]).await;
        let limit = |pages: u32| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            scope.write(move |tx| tx.first(&sql, &[], |_| Ok(())))
        };
        limit(1).await.expect("a limit");
        let many: Vec<(u64, Vec<u8>)> = (2..4000).map(|seq| (seq, body(custom(seq)))).collect();
        let failed = ingest::store(&scope, incoming(edge(1), Lane::Facts, &many), NOW).await;
        assert!(matches!(failed, Err(StoreError::Full)), "{failed:?}");
        assert_eq!(events::stored_after(&scope, 0, 10).await.expect("events").len(), 1);
        limit(1_000_000).await.expect("a limit");
        assert_eq!(store(&scope, Lane::Facts, &many).await.stored.new, 3998);
    });
}

/// One step of a random history.
#[derive(Debug, Clone)]
enum Step {
    /// A batch from this seq on; each following record skips so many.
    Batch(u64, Vec<u8>),
    /// The cloud starts again.
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let skips = prop::collection::vec(prop_oneof![4 => Just(0u8), 1 => 1..4u8], 0..12);
    let batch = (1..60u64, skips).prop_map(|(first, skips)| Step::Batch(first, skips));
    prop::collection::vec(prop_oneof![8 => batch, 1 => Just(Step::Restart)], 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn each_seq_is_stored_once_and_the_rest_is_gaps(steps in steps()) {
        let dir = tempfile::tempdir().expect("a directory");
        let (stored, missing, sent) = run(async {
            let mut db = Db::open(dir.path()).expect("a store");
            let mut sent = BTreeSet::new();
            for step in steps {
                match step {
                    Step::Restart => {
                        db.close();
                        db = Db::open(dir.path()).expect("a store");
                    }
                    Step::Batch(first, skips) => {
                        let mut seqs = vec![first];
                        seqs.extend(skips.iter().scan(first, |seq, skip| {
                            *seq += 1 + u64::from(*skip);
                            Some(*seq)
                        }));
                        let records: Vec<_> = seqs.iter().map(|seq| (*seq, body(custom(*seq)))).collect();
                        let done = store(&db.scope(org(1)), Lane::Facts, &records).await;
                        let new = seqs.iter().filter(|seq| sent.insert(**seq)).count() as u64;
                        assert_eq!(done.stored.new, new);
                        assert_eq!(done.stored.have.facts.0, *sent.last().expect("one"));
                    }
                }
            }
            let scope = db.scope(org(1));
            let stored: Vec<u64> = events::stored_after(&scope, 0, 10_000).await.expect("events")
                .iter().map(|event| event.seq.0).collect();
            let missing: Vec<u64> = events::gaps(&scope, None).await.expect("gaps")
                .iter().flat_map(|gap| gap.gap.from.0..=gap.gap.to.0).collect();
            (stored, missing, sent)
        });
        let mut sorted = stored;
        sorted.sort_unstable();
        let last = sent.last().copied().unwrap_or(0);
        prop_assert_eq!(sorted, sent.iter().copied().collect::<Vec<_>>());
        prop_assert_eq!(missing, (1..=last).filter(|seq| !sent.contains(seq)).collect::<Vec<_>>());
    }
}

#[test]
fn a_listener_is_told_of_the_newest_event_only() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let mut newest = scope.new_events(1).expect("nobody listens yet");
        assert!(matches!(scope.new_events(1), Err(StoreError::Busy)));
        let mut stores = Vec::new();
        for (number, seq) in (1..=8u8).flat_map(|number| (1..=20u64).map(move |seq| (number, seq))) {
            let scope = db.scope(org(1));
            let batch = incoming(edge(number), Lane::Facts, &[(seq, body(custom(seq)))]);
            stores.push(tokio::spawn(async move {
                ingest::store(&scope, batch, NOW).await.expect("stored");
            }));
        }
        for store in stores {
            store.await.expect("no panic");
        }
        newest.changed().await.expect("the store is open");
        assert_eq!(*newest.borrow_and_update(), 160);
        store(&db.scope(org(2)), Lane::Facts, &[(1, body(custom(1)))]).await;
        assert!(!newest.has_changed().expect("the store is open"));
        drop(newest);
        store(&scope, Lane::Facts, &[(1, body(custom(1)))]).await;
        assert_eq!(db.event_listeners(), 0);
    });
}

#[test]
fn the_other_half_of_a_sparse_batch_takes_linear_time() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let half = |first: u64| {
            let seqs = (0..15_000).map(move |number| first + 2 * number);
            seqs.map(|seq| (seq, b"{}".to_vec())).collect::<Vec<_>>()
        };
        for part in half(1).chunks(1_000) {
            store(&scope, Lane::Facts, part).await;
        }
        for part in half(2).chunks(1_000) {
            let done = store(&scope, Lane::Facts, part).await;
            assert_eq!((done.stored.new, done.stored.known), (1_000, 0));
        }
        assert_eq!(events::gaps(&scope, None).await.expect("gaps"), []);
    });
}

#[test]
fn a_long_batch_takes_several_commits_and_is_one_batch_all_the_same() {
    run(async {
        let (_dir, db) = open();
        let scope = db.scope(org(1));
        let mut newest = scope.new_events(1).expect("nobody listens yet");
        let records: Vec<_> = (1..=12_000).map(|seq| (seq, b"{}".to_vec())).collect();
        let done = store(&scope, Lane::Facts, &records).await;
        assert_eq!((done.stored.new, done.stored.have.facts), (12_000, Seq(12_000)));
        assert_eq!(done.irregular.unreadable, 12_000);
        newest.changed().await.expect("the store is open");
        assert_eq!(*newest.borrow(), 12_000);
        let again = store(&scope, Lane::Facts, &records).await;
        assert_eq!((again.stored.new, again.stored.known), (0, 12_000));
    });
}
