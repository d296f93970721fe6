//! Sieges: neighbours of all kinds who want a service for themselves, against the running programs. The memory a program
//! takes, that the others are still served, and what the besieger is told.
//!
//! `OSTONA_SIEGE` says how many times as large as usual they are.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

#[path = "siege/lan.rs"]
mod lan;
