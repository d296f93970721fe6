//! Blocks, one below the other.
//!
//! A number is never less than twelve millimetres high, whatever else is made smaller.

use super::{
    code::{QUIET, QrSymbol},
    error::LayoutError,
    item::{LaidOutSheet, LayoutItem},
    line_breaks::wrap,
    paper::Paper,
};
use crate::{
    faces::{Faces, FontStyle, Weight},
    imprint::{COPY_MARK, Edition},
};
use protocol::{
    PrintId,
    print::{Align, Block, Size},
};

/// Capitals of a number: at least, tenths of a millimetre.
const NUMBER: u32 = 120;
/// Dots of a QR code's module at 203 dpi.
const MODULE: u32 = 4;
/// Capitals of the print's id, tenths of a millimetre.
const IDENTITY: u32 = 17;
/// How thick a rule is, tenths of a millimetre.
const RULE: u32 = 4;

/// How closely a sheet is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Density {
    Roomy,
    Close,
    Dense,
}

/// Measures of a density, tenths of a millimetre where nothing else is said.
struct Measures {
    small: u32,
    body: u32,
    title: u32,
    /// A number's capitals at most.
    number: u32,
    /// Between two lines, percent of the capitals.
    leading: u32,
    space: u32,
}

impl Density {
    const fn measures(self) -> Measures {
        match self {
            Density::Roomy => Measures {
                small: 20,
                body: 30,
                title: 50,
                number: 200,
                leading: 70,
                space: 30,
            },
            Density::Close => Measures {
                small: 18,
                body: 26,
                title: 42,
                number: 150,
                leading: 60,
                space: 20,
            },
            Density::Dense => Measures {
                small: 16,
                body: 22,
                title: 34,
                number: NUMBER,
                leading: 50,
                space: 10,
            },
        }
    }
}

/// A sheet being laid out.
pub(super) struct FlowLayout<'a> {
    paper: &'a Paper,
    faces: &'a Faces,
    measures: Measures,
    y: u32,
    items: Vec<LayoutItem>,
}

impl<'a> FlowLayout<'a> {
    pub(super) fn new(paper: &'a Paper, faces: &'a Faces, density: Density) -> Self {
        Self {
            paper,
            faces,
            measures: density.measures(),
            y: 0,
            items: Vec::new(),
        }
    }

    /// One more block.
    pub(super) fn block(&mut self, block: &Block) -> Result<(), LayoutError> {
        match block {
            Block::Line { text, size, align } => {
                let letters = self.letters(*size);
                self.lines(text, letters, *align);
            }
            Block::Pair { left, right } => self.pair(left, right),
            Block::Number { text } => self.number(text),
            Block::Qr { text } => self.code(text)?,
            Block::Rule => self.rule(),
            Block::Space => self.y += self.paper.dots(self.measures.space),
        }
        Ok(())
    }

    /// What ends every sheet: the mark of a copy, and which print it is.
    pub(super) fn tail(&mut self, print: PrintId, edition: Edition) {
        if edition == Edition::Copy {
            self.rule();
            let letters = FontStyle::with_capitals(Weight::Bold, self.paper.dots(self.measures.body));
            self.lines(COPY_MARK, letters, Align::Middle);
        }
        let print = print.to_string();
        let mut letters = FontStyle::with_capitals(Weight::Regular, self.paper.dots(IDENTITY));
        let width = self.faces.width(letters, &print);
        if width > self.paper.width {
            letters.em = letters.em * self.paper.width / width;
        }
        self.lines(&print, letters, Align::Middle);
    }

    /// The sheet.
    pub(super) fn done(self) -> LaidOutSheet {
        LaidOutSheet {
            width: self.paper.width,
            height: self.y,
            items: self.items,
        }
    }

    fn letters(&self, size: Size) -> FontStyle {
        let (weight, capital) = match size {
            Size::Body => (Weight::Regular, self.measures.body),
            Size::Small => (Weight::Regular, self.measures.small),
            Size::Title => (Weight::Bold, self.measures.title),
        };
        FontStyle::with_capitals(weight, self.paper.dots(capital))
    }

    fn lines(&mut self, text: &str, letters: FontStyle, align: Align) {
        for line in wrap(self.faces, letters, text, self.paper.width) {
            self.set(line, letters, align);
            self.next_line(letters);
        }
    }

    /// Puts a line where the next one begins, without going on.
    fn set(&mut self, text: String, letters: FontStyle, align: Align) {
        let free = self.paper.width.saturating_sub(self.faces.width(letters, &text));
        let x = match align {
            Align::Left => 0,
            Align::Middle => free / 2,
            Align::Right => free,
        };
        let base = self.y + self.above(letters) + letters.capital();
        self.items.push(LayoutItem::Text { x, base, letters, text });
    }

    /// Room above the capitals: for the marks on them.
    fn above(&self, letters: FontStyle) -> u32 {
        letters.capital() * self.measures.leading / 200
    }

    fn next_line(&mut self, letters: FontStyle) {
        let capital = letters.capital();
        let leading = capital * self.measures.leading / 100;
        self.y += capital + leading.max(self.above(letters) + letters.below());
    }

    fn pair(&mut self, left: &str, right: &str) {
        let letters = self.letters(Size::Body);
        let width = |text: &str| self.faces.width(letters, text);
        let together = width(left) + letters.em / 2 + width(right);
        // What would be broken elsewhere is not set on one line either.
        let plain = |text: &str| !text.chars().any(char::is_control);
        if together <= self.paper.width && plain(left) && plain(right) {
            self.set(left.to_owned(), letters, Align::Left);
            self.set(right.to_owned(), letters, Align::Right);
            self.next_line(letters);
        } else {
            self.lines(left, letters, Align::Left);
            self.lines(right, letters, Align::Right);
        }
    }

    /// As large as the paper allows; where twelve millimetres are too wide, narrow letters.
    fn number(&mut self, text: &str) {
        let text: String = text.chars().filter(|letter| !letter.is_control()).collect();
        let (least, most) = (self.paper.dots(NUMBER), self.paper.dots(self.measures.number));
        let mut letters = FontStyle::with_capitals(Weight::Bold, most);
        let width = self.faces.width(letters, &text).max(1);
        if width > self.paper.width {
            letters.em = letters.em * self.paper.width / width;
        }
        if letters.capital() < least {
            letters = FontStyle::with_capitals(Weight::Bold, least);
            let width = self.faces.width(letters, &text).max(1);
            letters.stretch = (1000 * self.paper.width / width).min(1000);
        }
        self.set(text, letters, Align::Middle);
        self.next_line(letters);
    }

    fn code(&mut self, text: &str) -> Result<(), LayoutError> {
        let code = QrSymbol::of(text)?;
        let dots = code.dots(self.paper, (MODULE * self.paper.dpi).div_ceil(203))?;
        let side = code.side() * dots;
        // The space around letters is part of the quiet zone.
        let quiet = QUIET * dots;
        let x = (self.paper.width - side) / 2;
        let y = self.y + quiet;
        self.items.push(LayoutItem::Code { x, y, dots, code });
        self.y = y + side + quiet;
        Ok(())
    }

    fn rule(&mut self) {
        let air = self.paper.dots(self.measures.space / 2);
        let height = self.paper.dots(RULE).max(1);
        self.items.push(LayoutItem::Bar {
            x: 0,
            y: self.y + air,
            width: self.paper.width,
            height,
        });
        self.y += 2 * air + height;
    }
}
