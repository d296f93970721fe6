//! Codes that are typed: keys of a US keyboard, ended by Enter.

use super::{
    code::{Garbage, PartialCode, ScanResult},
    layout::{Key, ShiftKey, key},
};
use adapter_sdk::keys::{KeyEvent, KeyState};

/// Puts keys together.
pub(crate) struct KeyboardDecoder {
    partial: PartialCode,
    left: KeyState,
    right: KeyState,
}

impl KeyboardDecoder {
    /// Nothing is pressed; codes are at most `longest` bytes.
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            partial: PartialCode::new(longest),
            left: KeyState::Up,
            right: KeyState::Up,
        }
    }
    /// The code on its way.
    pub(crate) fn partial(&mut self) -> &mut PartialCode {
        &mut self.partial
    }
    /// A key moved.
    pub(crate) fn take(&mut self, moved: KeyEvent) -> Option<ScanResult> {
        match (key(moved.code), moved.press) {
            (Key::Shifts(ShiftKey::Left), press) => self.left = press,
            (Key::Shifts(ShiftKey::Right), press) => self.right = press,
            (Key::Types(plain, shifted), KeyState::Down) => {
                let byte = match (self.left, self.right) {
                    (KeyState::Up, KeyState::Up) => plain,
                    (KeyState::Down, _) | (_, KeyState::Down) => shifted,
                };
                self.partial.push(byte);
            }
            (Key::Ends, KeyState::Down) => return self.partial.end(),
            (Key::Other, KeyState::Down) => self.partial.spoil(Garbage::Unprintable),
            (Key::Nothing, _) | (Key::Types(..) | Key::Ends | Key::Other, KeyState::Up) => {}
        }
        None
    }
}
