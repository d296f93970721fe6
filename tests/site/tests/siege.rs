//! Hostile neighbours against the built programs: what they may take, who is served all the same, and what they are told.
//!
//! A siege never waits for a length of time, and asserts no time finer than some seconds. `OSTONA_SIEGE` says how many
//! times as large as usual it is.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

#[path = "siege/accounts.rs"]
mod accounts;
#[path = "siege/alone.rs"]
mod alone;
#[path = "siege/cloud.rs"]
mod cloud;
#[path = "siege/early.rs"]
mod early;
#[path = "siege/lan.rs"]
mod lan;
#[path = "siege/mqtt.rs"]
mod mqtt;
