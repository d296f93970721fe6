//! The roster: the site's devices, the commands under way and the documents in force. The first app: pure.
//!
//! `decide` functions look at the state and say what happened; [`apply`] makes it so. No IO, no clock, no lock: the
//! same events always rebuild the same state, so restart, replay and "why did this door open?" are one mechanism.

mod app;
mod apply;
mod decide;
mod inbox;
mod leases;
mod state;

pub use app::{CommandOrder, Request};
pub use apply::apply;
pub use decide::{AdmitError, EdgeIds, JournalSpace, Novelty, admit, leases_expired};
pub use inbox::{CommandInbox, KEPT, PendingCommand};
pub use leases::{DEFAULT_LEASE_MS, Leases};
pub use state::{DevicePresence, DocumentStatus, Roster, RosterDevice};

#[cfg(test)]
mod tests;
