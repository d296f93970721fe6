//! A journal on a simulated disk, and how tests look at it.

use crate::{Journal, JournalError, JournalOptions, LostRange, Recovery, sim::SimDisk};
use expect_test::Expect;
use protocol::{Epoch, Lane, Seq, frame};
use std::sync::Arc;

pub(super) const FACTS: Lane = Lane::Facts;

pub(super) struct Site {
    pub(super) disk: SimDisk,
    pub(super) options: JournalOptions,
}

impl Site {
    /// A journal that was opened once, got so many facts of 116 bytes each, and was closed. 19 fit into a segment.
    pub(super) fn with_facts(count: u64) -> Self {
        let mut options = JournalOptions::new("sim", Epoch(1));
        options.segment_bytes = 2400;
        let site = Self {
            disk: SimDisk::new(1),
            options,
        };
        append(&mut site.open().0, count);
        site
    }
    pub(super) fn try_open(&self) -> Result<(Journal, Recovery), JournalError> {
        Journal::open_on(Arc::new(self.disk.clone()), self.options.clone())
    }
    pub(super) fn open(&self) -> (Journal, Recovery) {
        self.try_open().unwrap()
    }
}

/// Appends and commits one by one; gives the last seq.
pub(super) fn append(journal: &mut Journal, count: u64) -> Seq {
    for _ in 0..count {
        journal.append(FACTS, &[b'x'; 100]).unwrap();
        journal.commit(FACTS).unwrap();
    }
    journal.last(FACTS)
}

pub(super) fn check_recovery(recovery: &Recovery, expected: &Expect) {
    let mut words = vec![format!("boot {}", recovery.boot)];
    words.extend(recovery.lost.iter().map(
        |LostRange {
             lane,
             from,
             to,
             bytes,
             reason,
         }| { format!("{lane} {from}-{to} lost, {reason:?}, {bytes} bytes") },
    ));
    if recovery.torn > 0 {
        words.push(format!("{} bytes torn", recovery.torn));
    }
    words.extend(recovery.notes.iter().cloned());
    expected.assert_eq(&words.join("; "));
}

/// Reads the facts from the beginning, as an uplink would.
pub(super) fn check_reading(journal: &Journal, expected: &Expect) {
    let (reader, mut after, mut words) = (journal.reader(), Seq::ZERO, Vec::new());
    loop {
        match reader.after(FACTS, after, 1 << 20) {
            Ok(None) => break,
            Ok(Some(records)) => {
                let seqs = frame::decode_all(&records.bytes)
                    .map(|frame| frame.unwrap().seq)
                    .collect::<Vec<_>>();
                assert_eq!((seqs.first(), seqs.last()), (Some(&records.first), Some(&records.last)));
                words.push(format!("facts {}-{}", records.first, records.last));
                after = records.last;
            }
            Err(JournalError::Damaged { from, to, .. }) => {
                words.push(format!("damaged {from}-{to}"));
                after = to;
            }
            Err(error) => panic!("{error}"),
        }
    }
    expected.assert_eq(&words.join(", "));
}

pub(super) fn check_refusal(error: &JournalError, expected: &Expect) {
    expected.assert_eq(&error.to_string());
}
