//! edge-vitals.
