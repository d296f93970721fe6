//! What can go wrong between a typed function and the disk.
//!
//! An error never carries a value that was being stored: bodies and parameters may be personal data.

use crate::document_quota::DocumentQuota;
use std::path::PathBuf;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The state directory, or a file in it, cannot be used.
    #[error("cannot open {path}")]
    Open {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Another process works in the state directory.
    #[error("{path} is in use by another process")]
    InUse {
        /// The lock file.
        path: PathBuf,
    },
    /// A database file cannot be opened or brought to this version's tables.
    #[error("cannot prepare the database {path}")]
    Prepare {
        /// Which.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// A database file was written by a newer version.
    #[error("the database {path} has {found} schema steps, this version knows {known}")]
    Newer {
        /// Which.
        path: PathBuf,
        /// Steps in the file.
        found: usize,
        /// Steps this version has.
        known: usize,
    },
    /// The disk is full: nothing of what was asked has been stored.
    #[error("the disk is full")]
    Full,
    /// A statement failed.
    #[error("cannot run {statement:?}")]
    Statement {
        /// Its first words.
        statement: String,
        /// What the database said.
        #[source]
        source: rusqlite::Error,
    },
    /// The transaction that held this and other pieces of work could not be committed: nothing has been stored.
    #[error("cannot commit to {file}")]
    Commit {
        /// Which file.
        file: String,
        /// What the database said.
        #[source]
        source: rusqlite::Error,
    },
    /// A stored value is not what this version writes.
    #[error("column {column} holds no {expected}")]
    Column {
        /// Counted from 0.
        column: usize,
        /// What it should hold.
        expected: &'static str,
    },
    /// A value cannot be written as JSON.
    #[error("cannot write {what} as JSON")]
    Json {
        /// Which value.
        what: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The tables that answer this are being made anew from stored events: ask again in a while.
    #[error("{projection} is being rebuilt")]
    Rebuilding {
        /// Which projection.
        projection: &'static str,
    },
    /// Too much of this organisation's waits already: nothing was done, ask again in a while.
    #[error("too much of this organisation's work waits already")]
    Busy,
    /// The question took too long and was ended: ask for less at a time.
    #[error("the question took too long")]
    Slow,
    /// The organisation has stored as much as it may: nothing of what was asked has been stored.
    #[error("the organisation has stored as much as it may")]
    OrgFull,
    /// An edge has no room for a document.
    #[error("the edge has no room for the document")]
    DocumentQuota(#[source] DocumentQuota),
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Wraps what the database said about a statement; a full disk gets its own variant.
    pub(crate) fn statement(sql: &str, source: rusqlite::Error) -> Self {
        if is_full(&source) {
            return Self::Full;
        }
        if source.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) {
            return Self::Slow;
        }
        let statement = sql.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
        Self::Statement { statement, source }
    }
    /// Whether asking again later helps without anybody doing something.
    pub fn is_rebuilding(&self) -> bool {
        matches!(self, Self::Rebuilding { .. })
    }
    /// Whether the organisation has to wait for itself: asking again in a while helps.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy)
    }
    /// Whether the question took too long.
    pub fn is_slow(&self) -> bool {
        matches!(self, Self::Slow)
    }
    /// Whether the organisation has stored as much as it may: asking again helps once there is room.
    pub fn is_org_full(&self) -> bool {
        matches!(self, Self::OrgFull)
    }
    /// Whether the disk is full: asking again helps once somebody has made room.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full)
    }
}

/// Whether the database said that the disk is full.
pub(crate) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
}
