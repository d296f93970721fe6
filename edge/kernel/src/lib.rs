//! edge-kernel.
