//! The scanner does what a scanner does.

use super::{Config, KeyStroke, Scanner, Suffix, reports, strokes};
use std::io::Read as _;

/// What arrives at the near end of the cable.
fn arrived(scanner: &Scanner, length: usize) -> Vec<u8> {
    let mut near = std::fs::File::open(scanner.path()).expect("plugged in");
    let mut bytes = vec![0; length];
    near.read_exact(&mut bytes).expect("it all arrives");
    bytes
}

#[tokio::test(start_paused = true)]
async fn codes_arrive_as_they_were_read_with_the_suffix_asked_for() {
    for suffix in Suffix::ALL {
        let config = Config {
            suffix,
            ..Config::default()
        };
        let mut scanner = Scanner::start(config).expect("a scanner");
        scanner.scan("HMK_TSH_KASSA_001").await.expect("sent");
        scanner.scan("{\"a\": 1}").await.expect("sent");
        let expected: Vec<u8> = scanner
            .read()
            .iter()
            .flat_map(|code| [code.as_bytes(), suffix.bytes()].concat())
            .collect();
        assert_eq!(arrived(&scanner, expected.len()), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_breaks_off_was_not_read() {
    let mut scanner = Scanner::start(Config::default()).expect("a scanner");
    scanner.break_off("K-001").await.expect("sent");
    scanner.noise(3).await.expect("sent");
    assert!(scanner.read().is_empty());
    assert_eq!(arrived(&scanner, 5)[..2], *b"K-");
}

#[test]
fn a_scanner_that_types_holds_shift_for_what_needs_it() {
    let down = [
        KeyStroke::Down(42),
        KeyStroke::Down(37),
        KeyStroke::Up(37),
        KeyStroke::Up(42),
    ];
    let rest = [
        KeyStroke::Down(2),
        KeyStroke::Up(2),
        KeyStroke::Down(28),
        KeyStroke::Up(28),
    ];
    assert_eq!(strokes("K1"), [&down[..], &rest[..]].concat());
    assert_eq!(strokes("Қ\0"), [KeyStroke::Down(28), KeyStroke::Up(28)]);
}

#[test]
fn over_usb_every_key_goes_down_and_up_again() {
    let enter = [[0, 0, 0x28, 0, 0, 0, 0, 0], [0; 8]];
    let typed = [[2, 0, 0x0e, 0, 0, 0, 0, 0], [0; 8], [0, 0, 0x2d, 0, 0, 0, 0, 0], [0; 8]];
    assert_eq!(reports("K-"), [&typed[..], &enter[..]].concat());
}
