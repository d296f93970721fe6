//! edge-screens.
