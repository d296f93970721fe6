//! edge-broker.
