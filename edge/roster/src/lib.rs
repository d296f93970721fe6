//! edge-roster.
