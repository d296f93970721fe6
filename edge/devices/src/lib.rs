//! Drivers at work: each configured device gets a line and a conversation, restarted with backoff when it ends.
//!
//! One device never disturbs another, and no vendor's name stands here: adapters come from the agent's catalog.

pub mod chars;
mod config;
mod context;
mod fleet;
pub mod gpio;
pub mod http;
pub mod keys;
mod line_error;
mod lines;
pub mod modbus;
mod run;
pub mod serial;
pub mod socket;
mod tls;

pub use config::{Config, ConfigError};
pub use context::{DriverEvent, FleetContext, MarkLookup, PushUrlLookup};
pub use fleet::{DeviceDemands, Fleet};
pub use line_error::LineError;

#[cfg(test)]
mod tests;
