//! cloud-relay.
