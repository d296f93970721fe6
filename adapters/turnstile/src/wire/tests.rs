//! Frames as readers send them, properties of their pulses, and anything at all.

use super::wiegand::{Collector, GLITCH, STUCK, WiegandError, number};
use adapter_sdk::gpio::{Level, PinEdge};
use proptest::prelude::*;
use std::time::Duration;

const GAP: Duration = Duration::from_millis(30);

/// The frame of a number: parity, data, parity.
fn frame(number: u64, count: u8) -> u64 {
    let half = u32::from(count - 2) / 2;
    let ones = |bits: u64| u64::from((bits & ((1 << half) - 1)).count_ones());
    let (even, odd) = (ones(number >> half) % 2, 1 - ones(number) % 2);
    even << (count - 1) | number << 1 | odd
}

/// Pulses of a frame from `at_ns` on; `widths` and `pauses` in nanoseconds are used in turn.
fn pulses(bits: u64, count: u8, mut at_ns: u64, widths: &[u64], pauses: &[u64]) -> Vec<PinEdge> {
    let mut edges = Vec::new();
    for (turn, bit) in (0..count).rev().enumerate() {
        let pin = usize::from(bits >> bit & 1 == 1);
        let (width, pause) = (widths[turn % widths.len()], pauses[turn % pauses.len()]);
        edges.push(PinEdge {
            pin,
            to: Level::Active,
            at_ns,
        });
        edges.push(PinEdge {
            pin,
            to: Level::Inactive,
            at_ns: at_ns + width,
        });
        at_ns += width + pause;
    }
    edges
}

fn collect(edges: &[PinEdge]) -> Vec<Result<u64, WiegandError>> {
    let mut collector = Collector::default();
    let mut frames: Vec<_> = edges.iter().filter_map(|edge| collector.take(*edge, GAP)).collect();
    frames.extend(collector.end());
    assert!(collector.is_empty());
    frames
}

#[test]
fn frames_of_both_lengths() {
    // Facility 18, card 52719: 4 ones of 12 before, 10 of 12 after.
    let data = 0b0001_0010_1100_1101_1110_1111;
    assert_eq!(number(data << 1 | 1, 26), Ok(18 << 16 | 52_719));
    assert_eq!(number(1 << 25 | data << 1 | 1, 26), Err(WiegandError::Parity));
    assert_eq!(number(data << 1, 26), Err(WiegandError::Parity));
    assert_eq!(number(frame(0xDEAD_BEEF, 34), 34), Ok(0xDEAD_BEEF));
    assert_eq!(number(0, 0), Err(WiegandError::Length(0)));
    assert_eq!(number(1, 37), Err(WiegandError::Length(37)));
}

#[test]
fn frames_end_with_a_pause_and_not_before() {
    let first = pulses(frame(17, 26), 26, 1_000, &[50_000], &[1_000_000]);
    let second = pulses(frame(18, 34), 34, 100_000_000, &[50_000], &[1_000_000]);
    assert_eq!(collect(&[first, second].concat()), [Ok(17), Ok(18)]);
    let half = pulses(frame(17, 26) >> 13, 13, 0, &[50_000], &[1_000_000]);
    assert_eq!(collect(&half), [Err(WiegandError::Length(13))]);
    assert_eq!(collect(&[]), []);
}

#[test]
fn a_frame_that_never_ends_takes_no_room() {
    let endless: Vec<PinEdge> = (0..1000)
        .flat_map(|turn| pulses(1, 1, turn * 1_000_000, &[50_000], &[0]))
        .collect();
    assert_eq!(collect(&endless), [Err(WiegandError::Length(u8::MAX))]);
}

#[test]
fn broken_wires_are_told_from_cards() {
    let both = [
        (0, Level::Active, 0),
        (1, Level::Active, 1),
        (0, Level::Inactive, 60_000),
        (1, Level::Inactive, 61_000),
    ];
    let both = both.map(|(pin, to, at_ns)| PinEdge { pin, to, at_ns });
    assert_eq!(collect(&both), [Err(WiegandError::Wires)]);
    assert_eq!(collect(&both[..1]), [Err(WiegandError::Wires)], "it stays active");
    let long = u64::try_from(STUCK.as_nanos()).unwrap() + 1;
    assert_eq!(collect(&pulses(1, 1, 0, &[long], &[0])), [Err(WiegandError::Wires)]);
}

proptest! {
    #[test]
    fn every_number_comes_back(
        card in any::<u32>(),
        long in any::<bool>(),
        widths in prop::collection::vec(20_000..100_000_u64, 1..5),
        pauses in prop::collection::vec(200_000..20_000_000_u64, 1..5),
    ) {
        let (count, card) = if long { (34, u64::from(card)) } else { (26, u64::from(card >> 8)) };
        let edges = pulses(frame(card, count), count, 0, &widths, &pauses);
        prop_assert_eq!(collect(&edges), [Ok(card)]);
    }

    #[test]
    fn glitches_are_not_pulses(card in any::<u32>(), places in prop::collection::btree_set(0..34_usize, 1..8), pin in 0..2_usize) {
        let mut edges = pulses(frame(u64::from(card), 34), 34, 0, &[50_000], &[1_000_000]);
        let width = u64::try_from(GLITCH.as_nanos()).unwrap() - 1;
        // From the last place on, so that the others stay where they are.
        for place in places.into_iter().rev() {
            let after = edges[2 * place + 1].at_ns + 100_000;
            edges.insert(2 * place + 2, PinEdge { pin, to: Level::Inactive, at_ns: after + width });
            edges.insert(2 * place + 2, PinEdge { pin, to: Level::Active, at_ns: after });
        }
        prop_assert_eq!(collect(&edges), [Ok(u64::from(card))]);
    }

    #[test]
    fn a_bit_turned_over_is_noticed(card in any::<u32>(), bit in 0..34_u8) {
        let turned = frame(u64::from(card), 34) ^ 1 << bit;
        prop_assert_eq!(number(turned, 34), Err(WiegandError::Parity));
    }
}

#[test]
fn fuzz_edges_of_any_kind() {
    bolero::check!().with_type::<Vec<(u8, bool, u32)>>().for_each(|edges| {
        let mut at_ns = 0_u64;
        let mut collector = Collector::default();
        for (pin, active, after_us) in edges {
            at_ns += u64::from(*after_us % 100_000) * 1_000;
            let to = if *active { Level::Active } else { Level::Inactive };
            let edge = PinEdge {
                pin: usize::from(*pin % 3),
                to,
                at_ns,
            };
            if let Some(Ok(number)) = collector.take(edge, GAP) {
                assert!(number < 1 << 32);
            }
        }
        if let Some(Ok(number)) = collector.end() {
            assert!(number < 1 << 32);
        }
    });
}

#[test]
fn fuzz_frames_of_any_kind() {
    bolero::check!().with_type::<(u64, u8)>().for_each(|(bits, count)| {
        if let Ok(card) = number(*bits, *count) {
            let mask = (1_u64 << count) - 1;
            assert_eq!(frame(card, *count), bits & mask);
        }
    });
}
