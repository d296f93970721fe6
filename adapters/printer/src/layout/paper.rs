//! The paper a sheet is laid out on, in dots.
//!
//! A roll has no length; what stands here never ends one.

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
