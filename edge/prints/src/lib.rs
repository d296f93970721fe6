//! Prints: sheets of paper on their way through the site's printers. An app: pure.
//!
//! A sheet is printed once, or it is said that nobody can tell. Another printer is tried only where the first one
//! certainly printed nothing, or certainly not all of it; then the second sheet is marked as a copy. What was under way
//! when the box stopped is doubtful and never printed again by itself.

mod app;
mod decide;
mod state;

pub use app::Request;
pub use decide::PrintRequest;
pub use state::{CopyMark, PrintState, PrintStatus, Prints, apply};

#[cfg(test)]
mod tests;
