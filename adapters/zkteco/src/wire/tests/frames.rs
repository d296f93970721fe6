//! Frames and what proves who we are.

use crate::wire::{
    commkey,
    frame::{ZkFrame, ZkFrameBuffer, ZkFrameError, code},
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    comm_key: u32,
    session_id: u16,
    token_hex: String,
}

#[test]
fn comm_keys_are_scrambled_as_pyzk_does() {
    // Recorded with PyPI pyzk 0.9; the first two equal bytes captured from a device.
    let file = include_str!("commkey_vectors.json");
    let recorded: Vectors = serde_json::from_str(file).expect("vectors");
    assert_eq!(recorded.vectors.len(), 6);
    for vector in recorded.vectors {
        let token: String = commkey::token(vector.comm_key, vector.session_id)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(token, vector.token_hex, "comm key {}", vector.comm_key);
    }
}

fn frame(code: u16, session: u16, reply: u16, body: &[u8]) -> ZkFrame {
    ZkFrame {
        code,
        session,
        reply,
        body: body.to_vec(),
    }
}

#[test]
fn a_connect_looks_as_devices_expect_it() {
    let connect = frame(code::CONNECT, 0, 0, &[]);
    assert_eq!(
        connect.segment(),
        [0x50, 0x50, 0x82, 0x7D, 8, 0, 0, 0, 0xE8, 0x03, 0x17, 0xFC, 0, 0, 0, 0]
    );
}

#[test]
fn what_is_no_frame_is_refused() {
    let mut bytes = frame(code::OK, 1, 2, b"abc").datagram();
    bytes[9] ^= 1;
    assert_eq!(ZkFrame::parse(&bytes), Err(ZkFrameError::Checksum));
    assert_eq!(ZkFrame::parse(&bytes[..7]), Err(ZkFrameError::Length(7)));
    let mut segments = ZkFrameBuffer::default();
    segments.feed(b"HTTP");
    assert_eq!(segments.next_frame(), Err(ZkFrameError::Magic));
    let mut segments = ZkFrameBuffer::default();
    segments.feed(&[0x50, 0x50, 0x82, 0x7D, 0xFF, 0xFF, 0xFF, 0x7F]);
    assert_eq!(segments.next_frame(), Err(ZkFrameError::Length(0x7FFF_FFFF)));
}

proptest! {
    #[test]
    fn frames_survive_however_tcp_cuts_them(
        frames in prop::collection::vec((any::<u16>(), any::<u16>(), any::<u16>(), prop::collection::vec(any::<u8>(), 0..200)), 1..6),
        cut in 1_usize..40,
    ) {
        let frames: Vec<ZkFrame> = frames
            .into_iter()
            .map(|(code, session, reply, body)| frame(code, session, reply, &body))
            .collect();
        let stream: Vec<u8> = frames.iter().flat_map(ZkFrame::segment).collect();
        let mut segments = ZkFrameBuffer::default();
        let mut heard = Vec::new();
        for piece in stream.chunks(cut) {
            segments.feed(piece);
            while let Some(frame) = segments.next_frame().expect("a good stream") {
                heard.push(frame);
            }
        }
        prop_assert_eq!(&heard, &frames);
        for frame in frames {
            prop_assert_eq!(ZkFrame::parse(&frame.datagram()), Ok(frame));
        }
    }
}
