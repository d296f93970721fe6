//! What an adapter is written against: a manifest, checked settings, and one conversation with one device.
//!
//! An adapter knows its wire and nothing else. It opens no connection and reads no wall clock; it is handed a line to
//! talk through, asks to answer, and an outlet for what it sees. It never sees another device, the journal or the cloud.

mod ask;
mod context;
pub mod http;
mod manifest;
mod outlet;
pub mod socket;

pub use ask::{Ask, Asks, Running};
pub use context::{Clock, Context, Line, Mark, Push, Pushes};
pub use manifest::{
    Adapter, Drive, DriverError, HttpTarget, Manifest, Plan, SettingsError, SocketTarget, TlsTrust, Wants,
};
pub use outlet::{Observation, Outlet, Refused, Seen, State, Told};

#[cfg(test)]
mod tests;
