//! Keys.

use super::told;
use crate::wire::keyboard::KeyboardDecoder;
use adapter_sdk::keys::{KeyEvent, KeyState};
use expect_test::{Expect, expect};
use proptest::prelude::*;

pub(super) const ENTER: u16 = 28;

/// Key codes: `+42` presses, `-42` releases, `42` does both.
#[expect(
    clippy::needless_pass_by_value,
    reason = "tables of tests read better without ampersands"
)]
fn check(keys: &str, expect: Expect) {
    let mut typed = KeyboardDecoder::new(8);
    let mut said = Vec::new();
    for key in keys.split_whitespace() {
        let code = key.trim_start_matches(['+', '-']).parse().expect("a key's code");
        let presses: &[KeyState] = match key.chars().next() {
            Some('+') => &[KeyState::Down],
            Some('-') => &[KeyState::Up],
            _ => &[KeyState::Down, KeyState::Up],
        };
        for press in presses {
            said.extend(typed.take(KeyEvent { code, press: *press }).map(|read| told(&read)));
        }
    }
    if typed.partial().is_open() {
        said.push("…".to_owned());
    }
    expect.assert_eq(&said.join(", "));
}

#[test]
fn letters_are_small_unless_a_shift_is_held() {
    check("30 +42 30 -42 30 28", expect!["aAa"]);
    check("+54 16 -54 16 28", expect!["Qq"]);
    check("+42 +54 30 -42 30 -54 30 28", expect!["AAa"]);
}

#[test]
fn signs_are_those_of_a_us_keyboard() {
    check("12 +42 12 -42 13 +42 39 -42 57 28", expect!["-_=: "]);
    check("41 43 +42 41 43 -42 28", expect![["`\\~|"]]);
    check("69 71 82 83 98 55 96", expect!["70./*"]);
}

#[test]
fn enter_alone_is_nothing() {
    check("28 96 +28 -28", expect![""]);
}

#[test]
fn a_key_that_types_nothing_spoils_its_code_and_no_other() {
    check("2 59 3 28 4 28", expect!["Unprintable, 3"]);
    check("+29 46 -29 28 2 28", expect!["Unprintable, 1"]);
    check("15 28", expect!["Unprintable"]);
}

#[test]
fn a_code_that_is_too_long_is_none() {
    check("2 3 4 5 6 7 8 9 28", expect!["12345678"]);
    check("2 3 4 5 6 7 8 9 10 11 28 2 28", expect!["TooLong, 1"]);
    check("2 3", expect!["…"]);
}

/// The keys that type a character, by asking the layout for every key there is.
pub(super) fn keys(text: &str) -> Option<Vec<KeyEvent>> {
    let moves = |code, press| KeyEvent { code, press };
    let mut keys = Vec::new();
    for wanted in text.chars() {
        let (code, shifted) = (1..128).find_map(|code| {
            let shifted = [false, true]
                .into_iter()
                .find(|shifted| types(code, *shifted) == wanted.to_string());
            Some((code, shifted?))
        })?;
        keys.extend(shifted.then(|| moves(42, KeyState::Down)));
        keys.extend([moves(code, KeyState::Down), moves(code, KeyState::Up)]);
        keys.extend(shifted.then(|| moves(42, KeyState::Up)));
    }
    Some(keys)
}

fn types(code: u16, shifted: bool) -> String {
    let mut typed = KeyboardDecoder::new(1);
    let press = if shifted { KeyState::Down } else { KeyState::Up };
    typed.take(KeyEvent { code: 42, press });
    typed.take(KeyEvent {
        code,
        press: KeyState::Down,
    });
    let end = KeyEvent {
        code: ENTER,
        press: KeyState::Down,
    };
    typed.take(end).map(|read| told(&read)).unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_printable_code_can_be_typed(text in "[ -~]{1,24}") {
        let mut typed = KeyboardDecoder::new(24);
        for moved in keys(&text).expect("every character is on some key") {
            prop_assert!(typed.take(moved).is_none());
        }
        let read = typed.take(KeyEvent { code: ENTER, press: KeyState::Down }).expect("an end");
        prop_assert_eq!(told(&read), text);
    }
}
