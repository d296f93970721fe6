//! Why a sheet cannot be laid out.
//!
//! The text of no error holds anything of the sheet.

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
