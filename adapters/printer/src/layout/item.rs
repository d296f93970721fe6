//! What a sheet laid out consists of, and where each part of it stands.
//!
//! No `Debug` shows a text: it may be a name or a token.

use super::code::QrSymbol;
use crate::faces::FontStyle;

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
