//! cloud-store.
