//! Every way in which a power cut can leave a batch, at every place in a sector, and every flip of a bit in it: the one
//! is never taken for the other.

use crate::{
    format::{BatchMark, HEADER, MARK, SEAL},
    scan::{self, Bounds, Scan, Tail},
};
use protocol::{Seq, frame};

const SECTOR: usize = 512;
const SIZE: usize = 4096;

#[test]
fn any_subset_of_a_batch_is_unfinished_and_not_damaged() {
    for first in 1..=SECTOR {
        for sizes in [&[40][..], &[700], &[463, 30, 600], &[20, 20, 1100]] {
            let (before, after, at) = history(first, sizes);
            let sectors = at / SECTOR..(at + sizes.iter().sum::<usize>() + 16 * sizes.len() + MARK).div_ceil(SECTOR);
            for kept in 0..1_u32 << sectors.len() {
                let mut bytes = before.clone();
                for (index, sector) in sectors.clone().enumerate().filter(|(index, _)| kept >> index & 1 == 1) {
                    let place = (at / SECTOR + index) * SECTOR..(sector + 1) * SECTOR;
                    bytes[place.clone()].copy_from_slice(&after[place]);
                }
                let found = look(&bytes, Seq(1));
                assert_eq!(found.holes, [], "{first} {sizes:?} {kept:b}");
                assert!(
                    !matches!(found.tail, Tail::Damaged { .. }),
                    "{first} {sizes:?} {kept:b}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn a_flipped_bit_in_a_batch_is_damage_and_not_unfinished() {
    for first in (1..=SECTOR).step_by(7) {
        let sizes = [40, 700, 30];
        let (_, after, at) = history(first, &sizes);
        // Behind the first 16 bytes, for there a record can be made to look like the end of what was written.
        for place in at + 16..at + 16 + 40 {
            let mut bytes = after.clone();
            bytes[place] ^= 1 << (place % 8);
            let found = look(&bytes, Seq(1));
            assert_eq!(
                found.holes.iter().map(|hole| (hole.from, hole.to)).collect::<Vec<_>>(),
                [(Seq(2), Seq(2))]
            );
            assert_eq!((found.last, found.tail), (Some(Seq(4)), Tail::Clean));
        }
    }
}

/// A segment after one record whose body has `first` bytes, and after a further batch; and where that begins.
fn history(first: usize, sizes: &[usize]) -> (Vec<u8>, Vec<u8>, usize) {
    let mut bytes = vec![0; HEADER];
    frame::encode(&mut bytes, Seq(1), &vec![b'a'; first]).unwrap();
    let at = bytes.len();
    let sealed = |mut bytes: Vec<u8>, batch: usize, last: usize| {
        bytes.extend(
            BatchMark {
                batch: batch as u64,
                last: Seq(last as u64),
            }
            .encode(),
        );
        assert!(bytes.len() + SEAL <= SIZE);
        bytes.resize(SIZE, 0);
        bytes
    };
    let before = sealed(bytes.clone(), HEADER, 1);
    for (index, size) in sizes.iter().enumerate() {
        frame::encode(&mut bytes, Seq(index as u64 + 2), &vec![b'b'; *size]).unwrap();
    }
    (before, sealed(bytes, at, sizes.len() + 1), at)
}

fn look(bytes: &[u8], known: Seq) -> Scan {
    scan::scan(
        bytes,
        Bounds {
            after: Seq::ZERO,
            first: Some(Seq(1)),
            before: None,
            committed: known,
        },
    )
}
