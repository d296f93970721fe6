//! The only crate that knows the databases: SQLite files by default, PostgreSQL when outgrown.
//!
//! No SQL leaves this crate, and no statement about an organisation's things can be run without naming the
//! organisation: a [`OrgStore`] picks the tenant's own file (and, on PostgreSQL, its row-level setting).

pub mod accounts;
pub mod audit;
pub mod bookings;
mod catalog;
pub mod catch_up;
pub mod commands;
mod connection;
pub mod db;
pub mod devices;
pub mod document_quota;
pub mod documents;
pub mod edges;
pub mod enrolment;
pub mod error;
pub mod events;
mod fair_queue;
pub mod idempotency;
pub mod ingest;
mod lru;
pub mod metrics;
pub mod orgs;
mod projection;
pub mod projections;
pub mod queue;
mod reader;
pub mod registers;
pub mod retention;
mod schema;
mod statement;
mod tx;
pub mod usage;
mod value;
mod writer;

pub use db::{Db, OrgStore, PlatformStore};
pub use error::StoreError;

#[cfg(test)]
mod tests;
