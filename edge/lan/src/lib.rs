//! The edge's LAN port: one listener for the screens of a site, what devices post on their own, what local agents
//! report, how the box is, and the frame of the box's own settings. What stands on the screens is brought by areas.
//!
//! Nothing is answered with "taken" before it is on disk, nothing here asks the cloud anything, and nothing here knows
//! what any screen is about: an area says that in its [`Area`].

mod access;
mod admin;
mod area;
mod assets;
mod audit;
mod body_budget;
mod calls;
mod claim;
mod client_network;
mod connections;
mod date;
mod health;
mod host_names;
pub mod icon;
pub mod layout;
mod listener;
mod local_ingest;
pub mod local_time;
pub mod pairing;
pub mod plural;
mod port;
mod problem;
mod push;
pub mod qr;
pub mod rate;
mod refusals;
pub mod request;
mod request_sender;
mod routes;
pub mod secret;
mod session;
mod settings;
mod sign_in_limits;
mod state;
mod status;
pub mod stream;
pub mod throttle;
pub mod words;

pub use access::{LanRoutes, RouteAccess, claim_ticket};
pub use admin::{form, frame, names, upload};
pub use area::{Area, LanPart, SettingsTab};
pub use assets::{Asset, SCRIPT};
pub use audit::{audit, record_audit};
pub use body_budget::BudgetedBody;
pub use calls::{CallResponse, CallRoute, CallSettings, CallerName, DeviceCall, KnownCallers, UnknownCaller};
pub use claim::{ClaimError, claim_code, forget_password};
pub use client_network::ClientNetwork;
pub use host_names::HostNames;
pub use port::LanPort;
pub use problem::Problem;
pub use push::DevicePush;
pub use refusals::RefusalLog;
pub use routes::{listed, routes};
pub use session::{FormToken, LOGIN, LocalAdmin};
pub use settings::{CloudLink, DeviceAuth, LanError, LanProxies, LanSettings};
pub use state::LanState;

// The tests' kit is shared with the areas' crates, and names this one as they do.
#[cfg(test)]
extern crate self as edge_lan;

#[cfg(test)]
mod tests;
