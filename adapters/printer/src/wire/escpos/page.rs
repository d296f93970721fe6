//! Code pages of printers, for text mode.
//!
//! A letter that a page lacks is an error: it is never sent as something else (facts/devices.md §4.1).

use encoding_rs::{Encoding, IBM866, WINDOWS_1251};

/// The upper half of code page 437 (IBM), from 0x80 on.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// A code page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CodePage {
    /// Western, as of the first PC.
    Pc437,
    /// Russian, with Ў and ў; without Қ, Ғ, Ҳ and without ʻ, ʼ.
    Pc866,
    /// Russian and its neighbours, of Windows.
    Wpc1251,
}

/// A letter that the page lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("code page {page:?} has no U+{:04X}", *letter as u32)]
pub(crate) struct UnmappableLetter {
    pub(crate) page: CodePage,
    pub(crate) letter: char,
}

impl CodePage {
    /// Its number after `ESC t` on Epson's printers; others count differently.
    pub(crate) const fn number(self) -> u8 {
        match self {
            CodePage::Pc437 => 0,
            CodePage::Pc866 => 17,
            CodePage::Wpc1251 => 46,
        }
    }

    /// A text in this page, one byte per letter.
    pub(crate) fn encode(self, text: &str) -> Result<Vec<u8>, UnmappableLetter> {
        text.chars()
            .map(|letter| self.byte(letter).ok_or(UnmappableLetter { page: self, letter }))
            .collect()
    }

    fn byte(self, letter: char) -> Option<u8> {
        if letter.is_control() {
            return None;
        }
        if let Ok(ascii @ 0..=0x7f) = u8::try_from(letter) {
            return Some(ascii);
        }
        match self {
            CodePage::Pc437 => {
                let place = CP437.chars().position(|known| known == letter)?;
                u8::try_from(place).ok()?.checked_add(0x80)
            }
            CodePage::Pc866 => of(IBM866, letter),
            CodePage::Wpc1251 => of(WINDOWS_1251, letter),
        }
    }
}

fn of(encoding: &'static Encoding, letter: char) -> Option<u8> {
    let mut buffer = [0; 4];
    let text: &str = letter.encode_utf8(&mut buffer);
    let (bytes, _, unmappable) = encoding.encode(text);
    match (bytes.as_ref(), unmappable) {
        ([byte], false) => Some(*byte),
        _ => None,
    }
}
