//! Any bytes at all.

use crate::osdp::{
    key::BaseKey,
    secure_channel::{MacChain, SessionKeys},
    wire::{frame::OsdpFrame, frame_buffer::OsdpFrameBuffer, reply::OsdpReply},
};

#[test]
fn fuzz_osdp_frame() {
    bolero::check!().for_each(|bytes: &[u8]| {
        if let Ok(frame) = OsdpFrame::parse(bytes) {
            assert_eq!(frame.encode(), bytes, "what parses encodes to the same bytes");
        }
    });
}

#[test]
fn fuzz_osdp_intake() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let mut intake = OsdpFrameBuffer::default();
        for piece in bytes.chunks(5) {
            intake.feed(piece);
            while let Some(frame) = intake.next_frame() {
                assert!(frame.encode().len() <= bytes.len());
            }
        }
    });
}

#[test]
fn fuzz_osdp_reply() {
    bolero::check!().with_type::<(u8, Vec<u8>)>().for_each(|(code, body)| {
        if let Ok(OsdpReply::Card(card)) = OsdpReply::parse(*code, body) {
            assert!(
                card.count == 64 || card.bits >> card.count == 0,
                "no more bits than it says"
            );
        }
    });
}

#[test]
fn fuzz_osdp_sealed() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let mut chain = MacChain::new(SessionKeys::derive(&BaseKey::default_key(), [3; 8]), [4; 16]);
        if let Ok(frame) = OsdpFrame::parse(bytes) {
            assert!(chain.open(&frame).is_err(), "nobody guesses a MAC");
        }
    });
}
