//! The uplink: everything an edge says to its cloud and hears from it, and nothing that a site needs to work.
//!
//! Facts go up by cursor in signed batches; commands and documents come down over the control channel and go straight
//! to the kernel. The journal is never touched here, and no command ever waits here: what the kernel does not take now
//! is not taken. Without a cloud the site loses nothing but its audience.

mod batches;
mod client;
mod cloud_url;
mod control;
mod dial;
mod enrol;
mod export;
mod history;
mod identity;
mod jitter;
mod join;
mod link;
mod rest;
mod settings;
mod signature_clock;
mod socket;
mod tls;
mod uplink;

pub use client::{CallError, EdgeRefusal};
pub use cloud_url::{CloudUrl, CloudUrlError, PlaintextPolicy};
pub use enrol::{EnrolError, EnrolOptions, enrol};
pub use export::{ExportFileError, ExportResult, ExportedLane, export};
pub use identity::{EdgeIdentity, EdgeIdentityError};
pub use link::{ControlTransport, LinkState};
pub use settings::{Proxy, Roots, Settings, Timing, UplinkSettingsError};
pub use signature_clock::CloudTime;
pub use tls::UplinkTlsError;
pub use uplink::{FlushHandle, StartError, Uplink, UplinkOptions};

#[cfg(test)]
mod tests;
