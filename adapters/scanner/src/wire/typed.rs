//! Codes that are typed: keys of a US keyboard, ended by Enter.

use super::{
    code::{Garbage, Partial, Read},
    layout::{Key, Side, key},
};
use adapter_sdk::keys::{KeyMove, Press};

/// Puts keys together.
pub(crate) struct Typed {
    partial: Partial,
    left: Press,
    right: Press,
}

impl Typed {
    /// Nothing is pressed; codes are at most `longest` bytes.
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            partial: Partial::new(longest),
            left: Press::Up,
            right: Press::Up,
        }
    }
    /// The code on its way.
    pub(crate) fn partial(&mut self) -> &mut Partial {
        &mut self.partial
    }
    /// A key moved.
    pub(crate) fn take(&mut self, moved: KeyMove) -> Option<Read> {
        match (key(moved.code), moved.press) {
            (Key::Shifts(Side::Left), press) => self.left = press,
            (Key::Shifts(Side::Right), press) => self.right = press,
            (Key::Types(plain, shifted), Press::Down) => {
                let byte = match (self.left, self.right) {
                    (Press::Up, Press::Up) => plain,
                    (Press::Down, _) | (_, Press::Down) => shifted,
                };
                self.partial.push(byte);
            }
            (Key::Ends, Press::Down) => return self.partial.end(),
            (Key::Other, Press::Down) => self.partial.spoil(Garbage::Unprintable),
            (Key::Nothing, _) | (Key::Types(..) | Key::Ends | Key::Other, Press::Up) => {}
        }
        None
    }
}
