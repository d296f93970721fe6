//! What goes over the line, written and read: ESC/POS, ZPL, IPP with PWG raster.
//!
//! No time, no state beyond a half-received frame, no panic: what a printer sends may be anything.

pub(crate) mod escpos;
pub(crate) mod ipp;
pub(crate) mod pwg;
pub(crate) mod zpl;

#[cfg(test)]
mod tests;
