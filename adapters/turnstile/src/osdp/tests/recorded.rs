//! What PyPI `osdp` 1.6 and `libosdp` 3.2.9 said to each other: our arithmetic agrees with theirs to the last byte.

use crate::osdp::{
    key::BaseKey,
    secure_channel::{MacChain, SessionKeys},
    wire::{
        frame::{FrameCheck, FrameDirection, HandshakeStep, OsdpFrame, OsdpFrameError, SealMode, Security},
        reply::{ClientCryptogram, Nak, OsdpReply},
    },
};
use expect_test::expect;

const FIRST: &str = include_str!("recorded/session1.hex");
const SECOND: &str = include_str!("recorded/session2.hex");

fn frames(recording: &str) -> Vec<Result<OsdpFrame, OsdpFrameError>> {
    let bytes = |line: &str| -> Vec<u8> {
        let hex = &line[3..];
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"))
            .collect()
    };
    let lines = recording.lines().map(bytes);
    lines
        .map(|bytes| OsdpFrame::parse(bytes.strip_prefix(&[0xFF]).unwrap_or(&bytes)))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_recorded_frame_parses_and_encodes_to_the_same_bytes() {
    for line in FIRST.lines().chain(SECOND.lines()) {
        let recorded = line[3..].trim_start_matches("ff");
        match frames(line).pop().expect("one") {
            Ok(frame) => assert_eq!(hex(&frame.encode()), recorded),
            // That panel begins with a security block that promises a MAC and has none.
            Err(error) => assert_eq!((recorded, error), ("53650a000c021560e51f", OsdpFrameError::Security)),
        }
    }
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one conversation, from its first frame to its last"
)]
fn a_recorded_conversation_opens_with_our_arithmetic() {
    // Its second handshake is under the key that its own `KEYSET` hands over.
    let mut base = BaseKey::default_key();
    let mut told = String::new();
    let mut panel = [0; 8];
    let mut proof = [0; 16];
    let mut keys = None;
    let mut chain: Option<MacChain> = None;
    let mut polls = 0;
    for frame in frames(SECOND).into_iter().skip(1).map(|frame| frame.expect("a frame")) {
        match (frame.security, frame.direction) {
            (Security::Plain, _) => told += &format!("plain {:02x} {}\n", frame.code, hex(&frame.body)),
            (Security::Handshake(HandshakeStep::Challenge, _), FrameDirection::Command) => {
                panel = frame.body.try_into().expect("8 bytes")
            }
            (Security::Handshake(HandshakeStep::Challenge, whose), FrameDirection::Reply) => {
                let Ok(OsdpReply::Challenged(ClientCryptogram { nonce, cryptogram, .. })) =
                    OsdpReply::parse(frame.code, &frame.body)
                else {
                    panic!("no answer to a challenge")
                };
                let derived = SessionKeys::derive(&base, panel);
                assert_eq!(derived.cryptogram(panel, nonce), cryptogram, "the reader proves itself");
                proof = derived.cryptogram(nonce, panel);
                keys = Some(derived);
                told += &format!("challenged, key {whose}\n");
            }
            (Security::Handshake(HandshakeStep::Proof, _), FrameDirection::Command) => {
                assert_eq!(frame.body, proof, "so does the panel")
            }
            (Security::Handshake(HandshakeStep::Proof, _), FrameDirection::Reply) => {
                let keys = keys.take().expect("challenged before");
                assert_eq!(
                    frame.body,
                    keys.first_mac(proof),
                    "the chain begins as the standard says"
                );
                chain = Some(MacChain::new(keys, frame.body.try_into().expect("16 bytes")));
                told += "proved\n";
            }
            (Security::Sealed { mode: cover, .. }, _) => {
                let chain = chain.as_mut().expect("proved before");
                let mut sealing = chain.clone();
                let body = chain.open(&frame).expect("the next of the chain");
                let again = OsdpFrame {
                    body: body.clone(),
                    ..frame.clone()
                };
                assert_eq!(sealing.seal(again), frame, "we seal it to the same bytes");
                if frame.code == 0x75 {
                    base = BaseKey::parse(&hex(&body[2..])).expect("a good key");
                }
                match cover {
                    SealMode::Mac => polls += 1,
                    SealMode::Cipher => told += &format!("sealed {:02x} {}\n", frame.code, hex(&body)),
                }
            }
        }
    }
    told += &format!("{polls} without a body\n");
    expect![[r#"
        plain 41 06
        challenged, key 0
        proved
        sealed 75 011084b29cf16045a06174bb9f363da35c8f
        challenged, key 1
        proved
        sealed 61 00
        sealed 45 bebafe0101afbeaddeaddead
        sealed 62 00
        sealed 46 0201010401010501010601010801000901000a0001100200
        sealed 48 0000
        sealed 50 00011a0012345680
        sealed 50 00011a0012345680
        120 without a body
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_frame_out_of_its_place_in_the_chain_opens_nothing_and_changes_nothing() {
    let keys = SessionKeys::derive(&BaseKey::default_key(), [7; 8]);
    let mut panel = MacChain::new(keys.clone(), [1; 16]);
    let mut reader = MacChain::new(keys, [1; 16]);
    let plain = OsdpFrame {
        direction: FrameDirection::Command,
        address: 5,
        sequence: 1,
        check: FrameCheck::Crc,
        security: Security::Plain,
        code: 0x68,
        body: vec![0, 5, 10, 0],
    };
    let first = panel.seal(plain.clone());
    assert_eq!(reader.open(&first).as_deref(), Ok(plain.body.as_slice()));
    assert!(reader.open(&first).is_err(), "twice");
    let mut other = panel.seal(plain.clone());
    other.address = 6;
    assert!(reader.open(&other).is_err(), "for somebody else");
    other.address = 5;
    assert_eq!(
        reader.open(&other).as_deref(),
        Ok(plain.body.as_slice()),
        "and now for it"
    );
    assert!(reader.open(&plain).is_err(), "not sealed");
}

#[test]
fn refusals_of_the_recorded_reader_are_understood() {
    let nak = frames(FIRST).remove(1).expect("a frame");
    assert_eq!(
        OsdpReply::parse(nak.code, &nak.body),
        Ok(OsdpReply::Nak(Nak::Unsecured))
    );
}
