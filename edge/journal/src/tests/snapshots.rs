//! Snapshots per app: what did not change is not written again, and what an older build left is read.

use super::site::Site;
use crate::{Journal, PackedState, Snapshot};
use protocol::Seq;

fn of(app: &str, upto: u64, state: Option<&[u8]>) -> Snapshot {
    Snapshot {
        app: app.to_owned(),
        upto: Seq(upto),
        state: state.map(|state| PackedState::pack(state).unwrap()),
    }
}

fn found(journal: &Journal) -> Vec<(String, u64, Vec<u8>)> {
    let snapshots = journal.snapshots().unwrap().into_iter();
    let plain = |snapshot: Snapshot| (snapshot.app, snapshot.upto.0, snapshot.state.unwrap().unpack().unwrap());
    snapshots.map(plain).collect()
}

#[test]
fn an_unchanged_app_moves_on_without_its_state() {
    let site = Site::with_facts(5);
    let (mut journal, _) = site.open();
    journal
        .checkpoint(&[of("a", 3, Some(b"a3")), of("b", 3, Some(b"b3"))])
        .unwrap();
    journal
        .checkpoint(&[of("a", 5, None), of("b", 5, Some(b"b5"))])
        .unwrap();
    drop(journal);
    let (journal, _) = site.open();
    let expected = [("a".to_owned(), 5, b"a3".to_vec()), ("b".to_owned(), 5, b"b5".to_vec())];
    assert_eq!(found(&journal), expected);
}

#[test]
fn a_checkpoint_without_snapshots_leaves_them_alone() {
    let site = Site::with_facts(5);
    let (mut journal, _) = site.open();
    journal.checkpoint(&[of("a", 3, Some(b"a3"))]).unwrap();
    journal.checkpoint(&[]).unwrap();
    assert_eq!(found(&journal), [("a".to_owned(), 3, b"a3".to_vec())]);
}

#[test]
fn an_app_without_a_snapshot_cannot_be_unchanged_and_keeps_every_record() {
    let site = Site::with_facts(5);
    let (mut journal, _) = site.open();
    journal
        .checkpoint(&[of("a", 5, Some(b"a5")), of("new", 5, None)])
        .unwrap();
    assert_eq!(found(&journal), [("a".to_owned(), 5, b"a5".to_vec())]);
    assert_eq!(
        journal.state.meta.snapshot,
        Seq::ZERO,
        "the new app would miss what is let go"
    );
}

#[test]
fn an_app_that_is_gone_is_forgotten() {
    let site = Site::with_facts(5);
    let (mut journal, _) = site.open();
    journal
        .checkpoint(&[of("a", 3, Some(b"a3")), of("b", 3, Some(b"b3"))])
        .unwrap();
    journal.checkpoint(&[of("b", 4, None)]).unwrap();
    assert_eq!(found(&journal), [("b".to_owned(), 4, b"b3".to_vec())]);
    assert_eq!(
        journal.state.meta.snapshot,
        Seq(3),
        "facts are kept since the one before"
    );
    journal.checkpoint(&[of("b", 5, None)]).unwrap();
    assert_eq!(journal.state.meta.snapshot, Seq(4));
}

#[test]
fn the_one_before_is_kept_and_a_newer_layout_is_refused() {
    let site = Site::with_facts(5);
    let (mut journal, _) = site.open();
    for upto in 3..=5 {
        let state = format!("a{upto}");
        journal.checkpoint(&[of("a", upto, Some(state.as_bytes()))]).unwrap();
    }
    assert_eq!(found(&journal), [("a".to_owned(), 5, b"a5".to_vec())]);
    let before = journal.previous_snapshots().unwrap();
    assert_eq!(before, [of("a", 4, Some(b"a4"))]);
    assert_eq!(journal.covered(), Seq(4));
    let newer = crate::state::JournalMeta {
        format: u32::MAX,
        ..journal.state.meta.clone()
    };
    journal.state.commit(newer, &[]).unwrap();
    drop(journal);
    let refused = site.try_open().unwrap_err();
    assert!(matches!(refused, crate::JournalError::Newer { .. }), "{refused}");
}

#[test]
fn the_one_snapshot_of_an_older_build_is_read_until_each_app_has_its_own() {
    let site = Site::with_facts(5);
    let (journal, _) = site.open();
    crate::sim::leave_whole_snapshot(&journal, Seq(4), b"all");
    drop(journal);
    let (mut journal, _) = site.open();
    assert_eq!(journal.whole_snapshot().unwrap(), Some((Seq(4), b"all".to_vec())));
    assert_eq!(found(&journal), []);
    journal.checkpoint(&[]).unwrap();
    assert!(journal.whole_snapshot().unwrap().is_some());
    journal.checkpoint(&[of("a", 5, Some(b"a5"))]).unwrap();
    assert_eq!(journal.whole_snapshot().unwrap(), None);
}
