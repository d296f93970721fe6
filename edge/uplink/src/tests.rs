//! Scripts for the uplink.
