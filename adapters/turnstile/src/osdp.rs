//! OSDP v2 readers on RS-485, with the secure channel and nothing without it.
//!
//! Never a plaintext fallback, never the default key outside a timed enrolment.
