//! The journal seen from outside, on a real directory.

mod faults;
mod hostile;
mod model;
mod retention;
mod sealing;
mod site;
mod snapshots;
mod torn;

use crate::{Journal, JournalOptions, PackedState, Snapshot, Table};
use protocol::{Epoch, Lane, LaneCursors, Seq};

#[test]
fn readers_go_to_any_thread_and_the_journal_to_one() {
    fn reader<T: Clone + Send + Sync + 'static>() {}
    fn journal<T: Send + 'static>() {}
    reader::<crate::JournalReader>();
    journal::<Journal>();
}

#[test]
fn survives_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let options = JournalOptions::new(dir.path().join("journal"), Epoch(1));
    assert!(crate::is_blank(&options.dir).unwrap());
    {
        let (mut journal, recovery) = Journal::open(options.clone()).unwrap();
        assert_eq!((recovery.boot, recovery.lost.len(), recovery.notes.len()), (1, 0, 0));
        for n in 0..10 {
            journal
                .append(Lane::Facts, format!("{{\"n\":{n}}}").as_bytes())
                .unwrap();
        }
        journal.commit(Lane::Facts).unwrap();
        journal.append(Lane::Facts, b"not committed").unwrap();
        journal.put(Table::Meta, "k", b"v".to_vec());
        journal.advance(LaneCursors {
            facts: Seq(3),
            telemetry: Seq(0),
        });
        journal
            .checkpoint(&[Snapshot {
                app: "app".to_owned(),
                upto: Seq(5),
                state: Some(PackedState::pack(b"state").unwrap()),
            }])
            .unwrap();
    }
    let (journal, recovery) = Journal::open(options).unwrap();
    assert_eq!(
        (recovery.boot, recovery.lost.len(), recovery.notes.len(), recovery.torn),
        (2, 0, 0, 0)
    );
    assert_eq!(journal.last(Lane::Facts), Seq(10));
    assert_eq!(journal.get(Table::Meta, "k").unwrap().unwrap(), b"v");
    let snapshots = journal.snapshots().unwrap();
    assert_eq!(snapshots.len(), 1);
    assert_eq!(snapshots[0].state.as_ref().unwrap().unpack().unwrap(), b"state");
    assert_eq!(journal.cursor().facts, Seq(3));
    let records = journal.reader().after(Lane::Facts, Seq(3), 1 << 20).unwrap().unwrap();
    assert_eq!((records.first, records.last), (Seq(4), Seq(10)));
}
