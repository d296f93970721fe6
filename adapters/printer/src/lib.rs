//! Printers.

mod faces;
mod layout;
mod raster;
#[cfg(test)]
mod tests;

/// Marks a copy, in Uzbek, Russian and English.
const COPY_MARK: &str = "NUSXA · КОПИЯ · COPY";
