//! edge-uplink.
