//! Arbitrary bytes where segments and state should be: never a panic, never a record that was not written.

use crate::{
    Journal, JournalError, JournalOptions, Table,
    format::{BatchMark, Header, Seal},
    scan::{self, Bounds},
    sim::SimDisk,
};
use proptest::prelude::*;
use protocol::{Epoch, Lane, Seq, frame};
use std::sync::Arc;

#[test]
fn fuzz_a_segment_of_arbitrary_bytes() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let bounds = Bounds {
            after: Seq::ZERO,
            first: None,
            before: None,
            committed: Seq::ZERO,
        };
        let found = scan::scan(bytes, bounds);
        assert!(found.end <= bytes.len().max(64));
        open_with("facts-0000000001.seg", bytes);
    });
}

#[test]
fn fuzz_header_mark_and_seal() {
    bolero::check!().for_each(|bytes: &[u8]| {
        if let Some(header) = Header::decode(bytes) {
            assert_eq!(Header::decode(&header.encode()), Some(header));
        }
        if let Some(mark) = BatchMark::decode(bytes) {
            assert_eq!(BatchMark::decode(&mark.encode()), Some(mark));
        }
        if let Some(seal) = Seal::decode(bytes) {
            assert_eq!(Seal::decode(&seal.encode()), Some(seal));
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_mangled_segment_gives_only_records_that_were_written(
        places in proptest::collection::vec((0..2400_usize, any::<u8>()), 1..12),
        cut in prop_oneof![Just(2400_usize), 0..2400_usize],
        which in 1..4_u64,
    ) {
        let (disk, options) = written();
        let name = format!("facts-{which:010}.seg");
        let mut bytes = disk.bytes(&name).unwrap();
        for (place, byte) in places {
            let place = place % bytes.len();
            bytes[place] ^= byte;
        }
        bytes.truncate(cut);
        disk.plant(&name, &bytes);
        let (mut journal, recovery) = Journal::open_on(Arc::new(disk), options).unwrap();
        let reported = |seq: Seq| recovery.lost.iter().any(|lost| lost.from <= seq && seq <= lost.to);
        let (reader, mut after, mut seen) = (journal.reader(), Seq::ZERO, Vec::new());
        loop {
            match reader.after(Lane::Facts, after, 700) {
                Ok(None) => break,
                Ok(Some(records)) => {
                    for record in frame::decode_all(&records.bytes) {
                        let record = record.unwrap();
                        assert_eq!(record.body, body(record.seq.0));
                        seen.push(record.seq);
                    }
                    after = records.last;
                }
                Err(JournalError::Damaged { from, to, .. }) => {
                    seen.extend((from.0..=to.0).map(Seq));
                    after = to;
                }
                Err(error) => panic!("{error}"),
            }
        }
        for seq in (1..=50).map(Seq) {
            assert!(seen.contains(&seq) || reported(seq), "nobody says what became of {seq}");
        }
        let next = journal.append(Lane::Facts, b"next").unwrap();
        assert!(next > Seq(50));
        journal.commit(Lane::Facts).unwrap();
    }

    #[test]
    fn what_was_encoded_is_decoded(ordinal: u64, first: u64, last: u64, count: u64, end: u64) {
        for lane in Lane::ALL {
            let header = Header { lane, epoch: Epoch(7), ordinal, first: Seq(first) };
            assert_eq!(Header::decode(&header.encode()), Some(header));
        }
        let mark = BatchMark { batch: end, last: Seq(last) };
        assert_eq!(BatchMark::decode(&mark.encode()), Some(mark));
        let seal = Seal { first: Seq(first), last: Seq(last), count, end };
        assert_eq!(Seal::decode(&seal.encode()), Some(seal));
    }
}

#[test]
fn a_state_of_arbitrary_bytes_is_set_aside() {
    for bytes in [&b""[..], b"redb", &[0; 4096], &[0xff; 100_000]] {
        open_with("state.redb", bytes);
    }
}

fn open_with(name: &str, bytes: &[u8]) {
    let disk = SimDisk::new(1);
    disk.plant(name, bytes);
    let mut options = JournalOptions::new("sim", Epoch(1));
    options.segment_bytes = 2400;
    let (journal, _) = Journal::open_on(Arc::new(disk), options).unwrap();
    let reader = journal.reader();
    let mut after = Seq::ZERO;
    while let Some(records) = reader.after(Lane::Facts, after, 1 << 20).unwrap() {
        after = records.last;
    }
}

/// 50 facts in three segments, committed in batches of two.
fn written() -> (SimDisk, JournalOptions) {
    let disk = SimDisk::new(1);
    let mut options = JournalOptions::new("sim", Epoch(1));
    options.segment_bytes = 2400;
    let (mut journal, _) = Journal::open_on(Arc::new(disk.clone()), options.clone()).unwrap();
    for n in (1..=50).step_by(2) {
        journal.append(Lane::Facts, &body(n)).unwrap();
        journal.append(Lane::Facts, &body(n + 1)).unwrap();
        journal.commit(Lane::Facts).unwrap();
    }
    journal.checkpoint(&[]).unwrap();
    (disk, options)
}

fn body(n: u64) -> Vec<u8> {
    format!("{{\"n\":{n:3},\"pad\":\"{}\"}}", "x".repeat(80)).into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_mangled_state_never_gives_a_value_that_was_not_put(
        places in proptest::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..4),
    ) {
        let (disk, options) = written();
        {
            let (mut journal, _) = Journal::open_on(Arc::new(disk.clone()), options.clone()).unwrap();
            for n in 0..20 {
                journal.put(Table::Devices, &format!("device {n:02}"), body(n));
            }
            journal.checkpoint(&[]).unwrap();
        }
        let mut bytes = disk.bytes("state.redb").unwrap();
        let used = bytes.iter().enumerate().filter(|(_, byte)| **byte != 0).map(|(at, _)| at).collect::<Vec<_>>();
        for (place, flip) in places {
            bytes[*place.get(&used)] ^= flip;
        }
        disk.plant("state.redb", &bytes);
        let Ok((mut journal, _)) = Journal::open_on(Arc::new(disk), options) else { return Ok(()) };
        for n in 0..20 {
            if let Ok(Some(value)) = journal.get(Table::Devices, &format!("device {n:02}")) {
                assert_eq!(value, body(n));
            }
        }
        let _ = journal.scan(Table::Devices);
        let _ = journal.checkpoint(&[]);
    }
}
