//! Text mode: a sheet in the printer's own letters, for printers too slow for images.
//!
//! A sheet with a letter that the code page lacks is not printed at all.

use super::{
    Cut, INIT, ending,
    page::{CodePage, UnmappableLetter},
};
use crate::imprint::{COPY_MARK, Edition, Imprint};
use protocol::print::{Align, Block, Size};

/// How the printer is spoken to in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextMode {
    /// Its code page.
    pub(crate) page: CodePage,
    /// That page's number after `ESC t`.
    pub(crate) number: u8,
    /// Letters in a line.
    pub(crate) columns: usize,
}

/// `GS !` for letters twice and four times as large, and as usual.
const TITLE: u8 = 0x11;
const NUMBER: u8 = 0x33;
const BODY: u8 = 0x00;

/// A sheet in pieces.
pub(crate) fn sheet(imprint: &Imprint<'_>, text: TextMode, cut: Cut) -> Result<Vec<Vec<u8>>, UnmappableLetter> {
    let mut out = TextWriter {
        text,
        bytes: [INIT, &[0x1b, b't', text.number]].concat(),
    };
    for block in &imprint.sheet.blocks {
        out.block(block)?;
    }
    if imprint.edition == Edition::Copy {
        out.rule();
        out.copy_mark()?;
    }
    out.line(&imprint.print.to_string(), BODY, Align::Middle)?;
    Ok(vec![out.bytes, ending(cut)])
}

struct TextWriter {
    text: TextMode,
    bytes: Vec<u8>,
}

impl TextWriter {
    fn block(&mut self, block: &Block) -> Result<(), UnmappableLetter> {
        match block {
            Block::Line { text, size, align } => {
                let magnification = match size {
                    Size::Body | Size::Small => BODY,
                    Size::Title => TITLE,
                };
                self.line(text, magnification, *align)
            }
            Block::Pair { left, right } => self.pair(left, right),
            Block::Number { text } => self.line(text, NUMBER, Align::Middle),
            Block::Qr { text } => {
                self.code(text.as_bytes());
                Ok(())
            }
            Block::Rule => {
                self.rule();
                Ok(())
            }
            Block::Space => {
                self.bytes.push(b'\n');
                Ok(())
            }
        }
    }

    /// The printer breaks what is too long.
    fn line(&mut self, text: &str, magnification: u8, align: Align) -> Result<(), UnmappableLetter> {
        let place = match align {
            Align::Left => 0,
            Align::Middle => 1,
            Align::Right => 2,
        };
        let letters = self.text.page.encode(text)?;
        self.bytes
            .extend_from_slice(&[0x1b, b'a', place, 0x1d, b'!', magnification]);
        self.bytes.extend_from_slice(&letters);
        self.bytes.push(b'\n');
        Ok(())
    }

    fn pair(&mut self, left: &str, right: &str) -> Result<(), UnmappableLetter> {
        let taken = left.chars().count() + right.chars().count();
        match self.text.columns.checked_sub(taken) {
            Some(free @ 1..) => self.line(&format!("{left}{}{right}", " ".repeat(free)), BODY, Align::Left),
            Some(0) | None => {
                self.line(left, BODY, Align::Left)?;
                self.line(right, BODY, Align::Right)
            }
        }
    }

    fn rule(&mut self) {
        self.bytes.extend_from_slice(&[0x1b, b'a', 0, 0x1d, b'!', BODY]);
        self.bytes.extend(std::iter::repeat_n(b'-', self.text.columns));
        self.bytes.push(b'\n');
    }

    /// Where the page lacks Cyrillic, the Latin two of the three words do.
    fn copy_mark(&mut self) -> Result<(), UnmappableLetter> {
        if self.text.page.encode(COPY_MARK).is_ok() {
            return self.line(COPY_MARK, BODY, Align::Middle);
        }
        self.line("NUSXA - COPY", BODY, Align::Middle)
    }

    /// `GS ( k`: model 2, four dots per module, error correction M, store, print.
    fn code(&mut self, text: &[u8]) {
        let [low, high, ..] = (text.len() + 3).to_le_bytes();
        self.bytes.extend_from_slice(b"\x1ba\x01");
        self.bytes
            .extend_from_slice(b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x04\x1d(k\x03\x001E1");
        self.bytes
            .extend_from_slice(&[0x1d, b'(', b'k', low, high, b'1', b'P', b'0']);
        self.bytes.extend_from_slice(text);
        self.bytes.extend_from_slice(b"\x1d(k\x03\x001Q0\n");
    }
}
