//! The uplink: everything an edge says to its cloud and hears from it, and nothing that a site needs to work.
//!
//! Facts go up by cursor in signed batches; commands and documents come down over the control channel and go straight
//! to the kernel. The journal is never touched here, and no command ever waits here: what the kernel does not take now
//! is not taken. Without a cloud the site loses nothing but its audience.

mod atomic;
mod backoff;
mod batches;
mod client;
mod cloud_url;
mod control;
mod dial;
mod enrol;
mod export;
mod identity;
mod join;
mod link;
mod rest;
mod settings;
mod socket;
mod tls;
mod uplink;
mod wall_clock;

pub use backoff::Backoff;
pub use client::{CallError, Refused};
pub use cloud_url::{CloudUrl, CloudUrlError, Plain};
pub use enrol::{EnrolError, EnrolOptions, enrol};
pub use export::{ExportError, Exported, ExportedLane, export};
pub use identity::{Identity, IdentityError};
pub use link::{LinkState, Via};
pub use settings::{Proxy, Roots, Settings, SettingsError, Timing};
pub use tls::TlsError;
pub use uplink::{Flush, Start, StartError, Uplink};
pub use wall_clock::CloudTime;

#[cfg(test)]
mod tests;
