//! QR codes: error correction M, four modules of quiet zone, as large as read well and fit.
//!
//! A text that no code of the paper's width can hold is refused, never shortened.

use super::{error::LayoutError, paper::Paper};
use qrcode::{Color, EcLevel, QrCode};

/// White modules around a code (ISO/IEC 18004 §6.3.8).
pub(crate) const QUIET: u32 = 4;
/// The smallest module, dots: half a millimetre is aimed at, less reads badly from a screen-worn phone.
const SMALLEST: u32 = 2;

/// A code's modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QrSymbol {
    side: u32,
    dark: Vec<(u32, u32)>,
}

impl QrSymbol {
    /// Encodes a text.
    pub(crate) fn of(text: &str) -> Result<Self, LayoutError> {
        let bytes = text.len();
        let code =
            QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| LayoutError::CodeTooLong { bytes })?;
        let side = u32::try_from(code.width()).unwrap_or(0);
        let mut dark = Vec::new();
        for (place, color) in (0_u32..).zip(code.to_colors()) {
            if color == Color::Dark {
                dark.push((place % side.max(1), place / side.max(1)));
            }
        }
        Ok(Self { side, dark })
    }

    /// Modules of one side, without the quiet zone.
    pub(crate) fn side(&self) -> u32 {
        self.side
    }

    /// The dark modules: column, row.
    pub(crate) fn dark(&self) -> impl Iterator<Item = (u32, u32)> {
        self.dark.iter().copied()
    }

    /// Dots of one module on this paper, where `wanted` is aimed at.
    pub(crate) fn dots(&self, paper: &Paper, wanted: u32) -> Result<u32, LayoutError> {
        let fits = paper.width / (self.side + 2 * QUIET);
        let dots = fits.min(wanted);
        if dots < SMALLEST {
            return Err(LayoutError::CodeTooWide {
                modules: self.side,
                width: paper.width,
            });
        }
        Ok(dots)
    }
}
