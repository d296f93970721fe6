//! Anything at all: nothing panics, nothing grows beyond its limit. Run for a bounded time by the tests.

use crate::wire::{
    attendance, bulk,
    frame::{ZkFrame, ZkFrameBuffer},
    realtime, sizes, time, user,
};

/// Rounds per target under `cargo test`; a fuzzer brings its own.
const ROUNDS: usize = 5_000;

#[test]
fn fuzz_frames() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        if let Ok(frame) = ZkFrame::parse(bytes) {
            assert_eq!(ZkFrame::parse(&frame.datagram()).as_ref(), Ok(&frame));
        }
        let mut segments = ZkFrameBuffer::default();
        for piece in bytes.chunks(7) {
            segments.feed(piece);
            while let Ok(Some(_)) = segments.next_frame() {}
        }
    });
}

#[test]
fn fuzz_framed_bytes() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        let mut segments = ZkFrameBuffer::default();
        segments.feed(&[0x50, 0x50, 0x82, 0x7D]);
        segments.feed(bytes);
        while let Ok(Some(_)) = segments.next_frame() {}
    });
}

#[test]
fn fuzz_bodies() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        for layout in [
            attendance::AttendanceLayout::Eight,
            attendance::AttendanceLayout::Sixteen,
            attendance::AttendanceLayout::Forty,
        ] {
            assert!(layout.records(bytes).count() <= bytes.len() / 8);
        }
        for layout in [user::UserRecordLayout::Short, user::UserRecordLayout::Long] {
            assert!(layout.users(bytes).count() <= bytes.len() / 28);
        }
        let _ = realtime::parse(bytes);
        let _ = sizes::parse(bytes);
        let _ = bulk::ready(bytes);
        let _ = bulk::announced(bytes);
        let _ = time::unpack_six(bytes);
        if let [a, b, c, d, ..] = *bytes {
            let packed = u32::from_le_bytes([a, b, c, d]);
            if let Some(wall) = time::unpack(packed) {
                assert_eq!(time::pack(wall), Some(packed).filter(|_| wall.year() < 2100));
            }
        }
    });
}
