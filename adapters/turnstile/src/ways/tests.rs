//! The ways against fakes.
