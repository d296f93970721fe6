//! Where everything of a sheet stands on the paper: once for all printers, in dots, without drawing anything.
//!
//! Nothing is left out to make a sheet fit: a sheet that should not be longer is set smaller, and then it is longer.

mod code;
mod error;
mod flow;
mod item;
mod line_breaks;
mod paper;
#[cfg(test)]
mod tests;

pub(crate) use error::LayoutError;
pub(crate) use item::{LaidOutSheet, LayoutItem};
pub(crate) use paper::Paper;

use crate::{faces::Faces, imprint::Imprint};
use flow::{Density, FlowLayout};
use protocol::print::SheetKind;

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
