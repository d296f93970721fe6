//! A sheet on its way to the paper: which print of it this is, and what marks a copy.
//!
//! A copy never goes out without its mark.

use protocol::{PrintId, print::Sheet};

/// Marks a copy, in Uzbek, Russian and English.
pub(crate) const COPY_MARK: &str = "NUSXA · КОПИЯ · COPY";

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
