//! The driver against a gate on paper.
