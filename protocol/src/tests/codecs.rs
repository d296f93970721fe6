//! Frames, batches and export files: what goes in comes out, and damage is named.

use crate::{
    EdgeId, Epoch, Lane, Seq, Timestamp,
    batch::{self, BatchError, BatchHeader},
    export::{self, ExportError},
    frame::{self, FrameError, HEADER},
    key::SecretKey,
};
use proptest::prelude::*;

fn edge() -> EdgeId {
    EdgeId::new(Timestamp::from_millis(1), [3; 10])
}

fn header(first: u64, last: u64) -> BatchHeader {
    let (first, last) = (Seq(first), Seq(last));
    BatchHeader {
        edge: edge(),
        epoch: Epoch(1),
        lane: Lane::Facts,
        first,
        last,
        sent_at: Timestamp::from_millis(5),
    }
}

fn frames(records: &[(u64, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (seq, body) in records {
        frame::encode(&mut bytes, Seq(*seq), body).expect("a good body");
    }
    bytes
}

fn batch_of(first: u64, last: u64, records: &[(u64, &[u8])]) -> Vec<u8> {
    batch::encode(&header(first, last), &frames(records)).expect("a header is JSON")
}

proptest! {
    #[test]
    fn what_is_framed_comes_back(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..20)) {
        let mut bytes = Vec::new();
        for (index, body) in bodies.iter().enumerate() {
            frame::encode(&mut bytes, Seq(index as u64 + 1), body).expect("a good body");
        }
        let read: Vec<_> = frame::decode_all(&bytes).map(|frame| frame.expect("a good record")).collect();
        prop_assert_eq!(read.len(), bodies.len());
        for (index, (frame, body)) in read.iter().zip(&bodies).enumerate() {
            prop_assert_eq!(frame.seq, Seq(index as u64 + 1));
            prop_assert_eq!(frame.body, body.as_slice());
        }
    }

    #[test]
    fn one_flipped_bit_anywhere_is_seen(body in prop::collection::vec(any::<u8>(), 1..200), at: prop::sample::Index, bit in 0..8u8) {
        let mut bytes = frames(&[(7, &body)]);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(frame::decode(&bytes).is_err());
    }

    #[test]
    fn a_cut_record_is_never_whole(body in prop::collection::vec(any::<u8>(), 1..200), keep: prop::sample::Index) {
        let bytes = frames(&[(7, &body)]);
        let cut = &bytes[..keep.index(bytes.len())];
        prop_assert_eq!(frame::decode(cut), Err(FrameError::Cut));
    }
}

#[test]
fn zeros_are_the_end_and_empty_bodies_are_refused() {
    assert_eq!(frame::decode(&[0; 64]), Err(FrameError::End));
    assert!(frame::encode(&mut Vec::new(), Seq(1), b"").is_err());
    assert!(frame::encode(&mut Vec::new(), Seq(1), &vec![0; frame::MAX_BODY + 1]).is_err());
    let long = [&(frame::MAX_BODY as u32 + 1).to_le_bytes()[..], &[0; HEADER]].concat();
    assert!(matches!(frame::decode(&long), Err(FrameError::TooLong { .. })));
}

#[test]
fn a_batch_says_what_is_wrong_with_it() {
    let good = batch_of(3, 6, &[(3, b"a"), (4, b"b"), (6, b"c")]);
    let batch = batch::decode(&good).expect("holes are the sender's to explain");
    assert_eq!(
        batch.records.iter().map(|frame| frame.seq.0).collect::<Vec<_>>(),
        [3, 4, 6]
    );
    for (bad, index) in [
        (batch_of(3, 4, &[(4, b"a")]), 0),
        (batch_of(3, 5, &[(3, b"a"), (3, b"b")]), 1),
        (batch_of(3, 5, &[(3, b"a"), (6, b"b")]), 1),
        (batch_of(3, 5, &[(3, b"a"), (4, b"b")]), 1),
        (batch_of(0, 0, &[(0, b"a")]), 0),
    ] {
        assert!(matches!(batch::decode(&bad), Err(BatchError::Order { index: at, .. }) if at == index));
    }
    assert!(matches!(batch::decode(&batch_of(1, 1, &[])), Err(BatchError::Empty)));
    assert!(matches!(batch::decode(b"OSB2"), Err(BatchError::Magic)));
    assert!(matches!(
        batch::decode(b"OSB1\xff\xff\xff\xff{}"),
        Err(BatchError::Header)
    ));
    let mut damaged = good;
    *damaged.last_mut().expect("bytes") ^= 1;
    let expected = BatchError::Record {
        index: 2,
        source: FrameError::Checksum,
    };
    assert_eq!(
        batch::decode(&damaged).expect_err("damaged").to_string(),
        expected.to_string()
    );
}

#[test]
fn the_same_records_always_have_the_same_idempotency_key() {
    let later = BatchHeader {
        sent_at: Timestamp::from_millis(99),
        ..header(3, 9)
    };
    assert_eq!(later.idempotency_key(), header(3, 9).idempotency_key());
    assert_ne!(header(3, 8).idempotency_key(), header(3, 9).idempotency_key());
}

#[test]
fn an_export_file_is_believed_whole_or_not_at_all() {
    let key = SecretKey::from_seed(&[9; 32]);
    let batches = [(header(1, 2), b"first".to_vec()), (header(3, 3), b"second".to_vec())];
    let file = export::encode(edge(), Timestamp::from_millis(8), &batches, &key).expect("encodes");
    let export = export::decode(&file).expect("reads");
    assert_eq!(export.claimed_edge().expect("names its edge"), edge());
    let (manifest, parts) = export.verify(&key.public()).expect("believed");
    assert_eq!((manifest.parts.len(), parts), (2, vec![&b"first"[..], b"second"]));
    let stranger = SecretKey::from_seed(&[8; 32]).public();
    assert!(matches!(export.verify(&stranger), Err(ExportError::Signature(_))));
    for at in 0..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 0x20;
        let believed = export::decode(&damaged).and_then(|export| export.verify(&key.public()).map(|_| ()));
        assert!(believed.is_err(), "a changed byte at {at} is not seen");
    }
    let longer = [&file[..], b"x"].concat();
    assert!(matches!(
        export::decode(&longer).and_then(|e| e.verify(&key.public()).map(|_| ())),
        Err(ExportError::Trailing)
    ));
}

#[test]
fn fuzz_frames() {
    bolero::check!().for_each(|bytes: &[u8]| {
        for frame in frame::decode_all(bytes).flatten() {
            assert!(frame.size() <= bytes.len());
        }
    });
}

#[test]
fn fuzz_batches_and_exports() {
    let key = SecretKey::from_seed(&[9; 32]).public();
    bolero::check!().for_each(|bytes: &[u8]| {
        for magic in [&b"OSB1"[..], b"OSX1", b""] {
            let bytes = [magic, bytes].concat();
            let _ = batch::decode(&bytes);
            let _ = export::decode(&bytes).and_then(|export| export.verify(&key).map(|_| ()));
        }
    });
}
