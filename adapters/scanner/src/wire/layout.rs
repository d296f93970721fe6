//! The US layout, which scanners type on unless they are told otherwise.
//!
//! Codes: `linux/input-event-codes.h`; what is on the keys: USB HID Usage Tables 1.4 §10, for a US keyboard.

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// Types a character: alone, and with shift.
    Types(u8, u8),
    /// Shifts while it is held: the left one, or the right one.
    Shifts(ShiftKey),
    /// Ends a code.
    Ends,
    /// Does nothing here: num lock.
    Nothing,
    /// Does what no code holds.
    Other,
}

/// Which of two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShiftKey {
    Left,
    Right,
}

/// Keys in a row of the keyboard: the first one's code, what they type, and with shift.
const ROWS: [(u16, &[u8], &[u8]); 5] = [
    (2, b"1234567890-=", b"!@#$%^&*()_+"),
    (16, b"qwertyuiop[]", b"QWERTYUIOP{}"),
    (30, b"asdfghjkl;'`", b"ASDFGHJKL:\"~"),
    (43, b"\\zxcvbnm,./", b"|ZXCVBNM<>?"),
    // The keypad, with num lock.
    (71, b"789-456+1230.", b"789-456+1230."),
];

/// What the key of this code does.
pub(super) fn key(code: u16) -> Key {
    match code {
        28 | 96 => Key::Ends,
        42 => Key::Shifts(ShiftKey::Left),
        54 => Key::Shifts(ShiftKey::Right),
        69 => Key::Nothing,
        57 => Key::Types(b' ', b' '),
        55 => Key::Types(b'*', b'*'),
        98 => Key::Types(b'/', b'/'),
        code => typed(code).unwrap_or(Key::Other),
    }
}

fn typed(code: u16) -> Option<Key> {
    ROWS.iter().find_map(|(first, plain, shifted)| {
        let at = usize::from(code.checked_sub(*first)?);
        Some(Key::Types(*plain.get(at)?, *shifted.get(at)?))
    })
}
