//! Where everything of a sheet stands on the paper: once for all printers, in dots, without drawing anything.
//!
//! Nothing is left out to make a sheet fit: a sheet that should not be longer is set smaller, and then it is longer.

mod code;
mod flow;
mod line_breaks;
#[cfg(test)]
mod tests;

pub(crate) use code::QrSymbol;

use crate::faces::{Faces, FontStyle};
use flow::{Density, FlowLayout};
use protocol::{
    PrintId,
    print::{Sheet, SheetKind},
};

/// The paper a sheet is laid out on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paper {
    /// Dots across that can be printed on.
    pub(crate) width: u32,
    /// Dots per inch, both ways.
    pub(crate) dpi: u32,
    /// Where it ends, dots: a label has an end, a roll has none.
    pub(crate) length: Option<u32>,
}

impl Paper {
    /// Tenths of a millimetre in dots.
    pub(crate) fn dots(&self, tenths: u32) -> u32 {
        (tenths * self.dpi + 127) / 254
    }
}

/// Whether a sheet says of itself that it is a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edition {
    First,
    Copy,
}

/// A sheet and what is marked on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Imprint<'a> {
    pub(crate) sheet: &'a Sheet,
    pub(crate) print: PrintId,
    pub(crate) edition: Edition,
}

/// A sheet laid out.
#[derive(Debug)]
pub(crate) struct LaidOutSheet {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) items: Vec<LayoutItem>,
}

/// Something that stands somewhere. From the left and from the top, dots.
pub(crate) enum LayoutItem {
    /// Letters on a line.
    Text {
        x: u32,
        /// The line they stand on.
        base: u32,
        letters: FontStyle,
        text: String,
    },
    /// A black rectangle.
    Bar { x: u32, y: u32, width: u32, height: u32 },
    /// The modules of a QR code, without its quiet zone.
    Code { x: u32, y: u32, dots: u32, code: QrSymbol },
}

/// Without the text: it may be a name or a token.
impl std::fmt::Debug for LayoutItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            LayoutItem::Text { .. } => "Text",
            LayoutItem::Bar { .. } => "Bar",
            LayoutItem::Code { .. } => "Code",
        })
    }
}

/// Why a sheet cannot be laid out on this paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LayoutError {
    #[error("{bytes} bytes do not fit into a QR code")]
    CodeTooLong { bytes: usize },
    #[error("a QR code of {modules} modules does not fit on paper of {width} dots")]
    CodeTooWide { modules: u32, width: u32 },
    #[error("the sheet is {height} dots long, and {most} is the most")]
    TooLong { height: u32, most: u32 },
}

impl LayoutError {
    /// A short stable word.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            LayoutError::CodeTooLong { .. } | LayoutError::CodeTooWide { .. } => "code_too_long",
            LayoutError::TooLong { .. } => "too_long",
        }
    }
}

/// The longest sheet, tenths of a millimetre: three metres of paper are a mistake.
const LONGEST: u32 = 30_000;
/// The longest ticket that is aimed at, tenths of a millimetre (shared/screens.md, Printing).
const TICKET: u32 = 900;

/// Lays a sheet out, as large as it may be.
pub(crate) fn lay_out(imprint: &Imprint<'_>, paper: &Paper, faces: &Faces) -> Result<LaidOutSheet, LayoutError> {
    let wished = match (paper.length, imprint.sheet.kind) {
        (Some(length), _) => Some(length),
        (None, SheetKind::Ticket) => Some(paper.dots(TICKET)),
        (None, SheetKind::Badge | SheetKind::Report | SheetKind::Test) => None,
    };
    let mut laid = at(imprint, paper, faces, Density::Roomy)?;
    for density in [Density::Close, Density::Dense] {
        if wished.is_none_or(|most| laid.height <= most) {
            break;
        }
        laid = at(imprint, paper, faces, density)?;
    }
    let most = paper.length.unwrap_or_else(|| paper.dots(LONGEST));
    if laid.height > most {
        let height = laid.height;
        return Err(LayoutError::TooLong { height, most });
    }
    Ok(laid)
}

fn at(imprint: &Imprint<'_>, paper: &Paper, faces: &Faces, density: Density) -> Result<LaidOutSheet, LayoutError> {
    let mut flow = FlowLayout::new(paper, faces, density);
    for block in &imprint.sheet.blocks {
        flow.block(block)?;
    }
    flow.tail(imprint.print, imprint.edition);
    Ok(flow.done())
}
