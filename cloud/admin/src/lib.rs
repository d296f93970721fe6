//! What administrators, their programs and ticket holders may do in the cloud: one use case per function, for whoever calls.
//!
//! A use case takes typed arguments and a [`caller::Caller`] or [`caller::Tenant`], and gives typed results or an
//! [`AdminError`]. Nothing here knows how it was asked, nor how an answer looks: that is for the crates above.

pub mod account;
pub mod accounts;
pub mod admin;
pub mod audit;
pub mod bookings;
pub mod caller;
pub mod clock;
pub mod commands;
pub mod cursor;
pub mod devices;
pub mod documents;
pub mod edges;
pub mod entropy;
pub mod error;
pub mod events;
pub mod first_use;
pub mod keyed_limiter;
pub mod links;
pub mod live;
pub mod offline;
pub mod orgs;
pub mod password;
pub mod queue;
pub mod rate;
pub mod registers;
pub mod relay_metrics;
pub mod role;
pub mod series;
pub mod sign_in;
pub mod target;
pub mod ticket;
pub mod token;
pub mod totp;

pub use admin::{AdminContext, AdminDependencies};
pub use error::{AdminError, AdminErrorKind, AdminResult};

#[cfg(test)]
mod tests;
