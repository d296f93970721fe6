//! edge-devices.
