//! Anything at all: nothing panics, and what comes out is a code within its bounds or none.

use crate::wire::{
    code::{ScanResult, ScannedCode},
    keyboard::KeyboardDecoder,
    serial::SerialDecoder,
};
use adapter_sdk::keys::{KeyEvent, KeyState};

/// Rounds per target under `cargo test`; a fuzzer brings its own.
const ROUNDS: usize = 5_000;
const LONGEST: usize = 12;

fn is_sound(code: &ScannedCode) -> bool {
    let printable = code.text().bytes().all(|byte| matches!(byte, b' '..=b'~'));
    printable && (1..=LONGEST).contains(&usize::from(code.len())) && code.sha256().len() == 64
}

#[test]
fn fuzz_bytes() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        let mut sent = SerialDecoder::new(LONGEST);
        for byte in bytes {
            if let Some(ScanResult::Code(code)) = sent.take(*byte) {
                assert!(is_sound(&code), "{code:?}");
            }
        }
    });
}

#[test]
fn fuzz_keys() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        let mut typed = KeyboardDecoder::new(LONGEST);
        for byte in bytes {
            let press = if byte & 0x80 == 0 { KeyState::Down } else { KeyState::Up };
            let code = u16::from(byte & 0x7F);
            if let Some(ScanResult::Code(code)) = typed.take(KeyEvent { code, press }) {
                assert!(is_sound(&code), "{code:?}");
            }
        }
    });
}
