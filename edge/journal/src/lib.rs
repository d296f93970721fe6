//! edge-journal.
