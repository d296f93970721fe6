//! Frames of our own: what the documents print, what makers print, and anything at all.

use crate::modbus::frame::{self, FrameReply};
use proptest::prelude::*;

#[test]
fn a_relay_board_s_own_pulse_is_the_frame_its_maker_prints() {
    let frame = frame::rtu(1, 0x05, &[0x02, 0x00, 0x00, 0x07]);
    assert_eq!(frame, [0x01, 0x05, 0x02, 0x00, 0x00, 0x07, 0x8D, 0xB0]);
    assert_eq!(frame::from_rtu(&frame), Some((1, &frame[1..6])));
}

#[test]
fn a_question_over_tcp_says_how_long_it_is() {
    let frame = frame::tcp(0x1234, 9, 0x41, &[1, 2, 3]);
    assert_eq!(frame, [0x12, 0x34, 0, 0, 0, 5, 9, 0x41, 1, 2, 3]);
}

#[test]
fn what_a_unit_says_is_an_answer_a_refusal_or_something_else() {
    assert_eq!(frame::parse_reply(0x41, &[0x41, 7]), FrameReply::Answer(vec![7].into()));
    assert_eq!(frame::parse_reply(0x41, &[0xC1, 2]), FrameReply::Exception(2));
    for other in [&[0x42, 7][..], &[0xC2, 2], &[0xC1], &[0xC1, 2, 3], &[]] {
        assert_eq!(frame::parse_reply(0x41, other), FrameReply::Mismatch, "{other:02x?}");
    }
}

proptest! {
    #[test]
    fn what_goes_over_a_serial_bus_comes_out_of_it(unit: u8, function: u8, rest in prop::collection::vec(any::<u8>(), 0..252)) {
        let frame = frame::rtu(unit, function, &rest);
        let (from, inner) = frame::from_rtu(&frame).expect("a frame");
        prop_assert_eq!((from, inner[0], &inner[1..]), (unit, function, &rest[..]));
    }

    #[test]
    fn a_frame_with_a_bit_turned_over_is_none(rest in prop::collection::vec(any::<u8>(), 0..252), at: prop::sample::Index, bit in 0..8u8) {
        let mut frame = frame::rtu(1, 3, &rest);
        let at = at.index(frame.len());
        frame[at] ^= 1u8 << bit;
        prop_assert_eq!(frame::from_rtu(&frame), None);
    }

    #[test]
    fn what_goes_over_tcp_comes_out_of_it(transaction: u16, unit: u8, rest in prop::collection::vec(any::<u8>(), 0..252)) {
        let frame = frame::tcp(transaction, unit, 3, &rest);
        let (head, inner) = frame.split_first_chunk().expect("a head");
        prop_assert_eq!(frame::parse_mbap(*head), Some((transaction, unit, inner.len())));
        prop_assert_eq!(frame::parse_reply(3, inner), FrameReply::Answer(rest.into()));
    }
}

#[test]
fn fuzz_frames_from_a_bus() {
    bolero::check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        if let Some((unit, inner)) = frame::from_rtu(bytes) {
            let (function, rest) = inner.split_first().expect("a function");
            assert_eq!(frame::rtu(unit, *function, rest), bytes);
        }
        if let Some(Some((_, _, length))) = bytes.first_chunk().map(|head| frame::parse_mbap(*head)) {
            assert!((1..frame::LONGEST).contains(&length));
        }
        let _ = frame::parse_reply(5, bytes);
        let _ = frame::is_whole(bytes, &[1, 2, 3]);
    });
}
