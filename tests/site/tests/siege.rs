//! Sieges: hostile neighbours against the built programs. What is measured is memory, who is still served, what is refused.
//!
//! Nothing here may need more than a few seconds at scale 1, nor a fine clock.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

#[path = "siege/alone.rs"]
mod alone;
#[path = "siege/early.rs"]
mod early;
#[path = "siege/mqtt.rs"]
mod mqtt;
