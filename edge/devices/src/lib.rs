//! Drivers at work: each configured device gets a line and a conversation, restarted with backoff when it ends.
//!
//! One device never disturbs another, and no vendor's name stands here: adapters come from the agent's catalog.

mod backoff;
mod fleet;
pub mod http;
mod run;
pub mod socket;
mod tls;

pub use backoff::Backoff;
pub use fleet::{Config, ConfigError, Fleet, Given, Happened, PushUrl, Resume};

#[cfg(test)]
mod tests;
