//! Whatever is said arrives as it was said.

use crate::osdp::{
    key::BaseKey,
    secure_channel::{MacChain, SessionKeys},
    wire::{
        frame::{FrameCheck, FrameDirection, HandshakeStep, OsdpFrame, SealMode, Security},
        frame_buffer::OsdpFrameBuffer,
        reply::{CardBits, OsdpReply},
    },
};
use proptest::prelude::*;

fn frames() -> impl Strategy<Value = OsdpFrame> {
    let security = prop_oneof![
        Just(Security::Plain),
        any::<u8>().prop_map(|byte| Security::Handshake(HandshakeStep::Challenge, byte)),
        any::<u8>().prop_map(|byte| Security::Handshake(HandshakeStep::Proof, byte)),
        any::<[u8; 4]>().prop_map(|mac| Security::Sealed {
            mode: SealMode::Mac,
            mac
        }),
        any::<[u8; 4]>().prop_map(|mac| Security::Sealed {
            mode: SealMode::Cipher,
            mac
        }),
    ];
    let way = prop_oneof![Just(FrameDirection::Command), Just(FrameDirection::Reply)];
    let check = prop_oneof![Just(FrameCheck::Sum), Just(FrameCheck::Crc)];
    let body = proptest::collection::vec(any::<u8>(), 0..200);
    (way, 0..128_u8, 0..4_u8, check, security, any::<u8>(), body).prop_map(
        |(way, address, sequence, check, security, code, body)| OsdpFrame {
            direction: way,
            address,
            sequence,
            check,
            security,
            code,
            body,
        },
    )
}

proptest! {
    #[test]
    fn a_frame_is_read_as_it_was_written(frame in frames()) {
        prop_assert_eq!(OsdpFrame::parse(&frame.encode()), Ok(frame));
    }

    #[test]
    fn frames_are_found_however_they_are_cut_and_whatever_stands_between(
        sent in proptest::collection::vec(frames(), 1..4),
        noise in proptest::collection::vec(any::<u8>().prop_filter("no mark", |byte| *byte != 0x53), 0..9),
        size in 1..50_usize,
    ) {
        let mut bytes = Vec::new();
        for frame in &sent {
            bytes.extend(&noise);
            bytes.extend(frame.encode());
        }
        let mut intake = OsdpFrameBuffer::default();
        let mut found = Vec::new();
        for piece in bytes.chunks(size) {
            intake.feed(piece);
            found.extend(std::iter::from_fn(|| intake.next_frame()));
        }
        prop_assert_eq!(found, sent);
    }

    #[test]
    fn a_changed_byte_is_no_frame(frame in frames(), at in any::<prop::sample::Index>(), change in 1..=255_u8) {
        let mut bytes = frame.encode();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert!(OsdpFrame::parse(&bytes).is_err());
    }

    #[test]
    fn what_is_sealed_opens_and_nothing_else(frame in frames(), key in any::<[u8; 8]>(), bit in 0..32_u8) {
        let mut sealing = MacChain::new(SessionKeys::derive(&BaseKey::default_key(), key), [9; 16]);
        let mut opening = sealing.clone();
        let sealed = sealing.seal(frame.clone());
        let mut forged = sealed.clone();
        if let Security::Sealed { mac, .. } = &mut forged.security {
            mac[usize::from(bit / 8)] ^= 1 << (bit % 8);
        }
        prop_assert!(opening.open(&forged).is_err());
        prop_assert_eq!(opening.open(&sealed), Ok(frame.body));
    }

    #[test]
    fn a_card_keeps_its_bits(bits in any::<u64>(), count in 1..=64_u8) {
        let bits = bits >> (64 - count);
        let filled = bits << (u32::from(count).next_multiple_of(8) - u32::from(count));
        let bytes = usize::from(count).div_ceil(8);
        let mut body = vec![0, 1, count, 0];
        body.extend(&filled.to_be_bytes()[8 - bytes..]);
        prop_assert_eq!(OsdpReply::parse(0x50, &body), Ok(OsdpReply::Card(CardBits { bits, count })));
    }
}
