//! What travels: rows between two versions of a register, signed for one edge.

use super::{
    hash::RegisterHash,
    id::{RegisterId, RegisterVersion, RowKey},
};
use crate::{
    id::{EdgeId, OrgId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fmt;

/// Rows of one delta at most.
pub const MAX_ROWS: usize = 500;
/// Bytes of keys and bodies in one delta at most, unless a single row is larger.
pub const MAX_ROW_BYTES: usize = 256 << 10;

/// One row of a register.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Which.
    pub key: RowKey,
    /// The register's version with which it was written.
    pub version: RegisterVersion,
    /// What it says, exactly as the cloud has it; none: it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Box<RawValue>>,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        (&self.key, self.version, self.body()) == (&other.key, other.version, other.body())
    }
}

/// Without the body: it may be about a person.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("key", &self.key)
            .field("version", &self.version)
            .field("deleted", &self.body.is_none())
            .finish_non_exhaustive()
    }
}

impl Row {
    /// What it says, as JSON text.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref().map(RawValue::get)
    }
    /// About how many bytes it takes.
    pub fn size(&self) -> usize {
        self.key.as_str().len() + self.body().map_or(0, str::len)
    }
}

/// The rows that changed between two versions of a register. Travels inside [`crate::signed_text::SignedText`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterDelta {
    /// Which register.
    pub register: RegisterId,
    /// The organisation the edge must belong to.
    pub org: OrgId,
    /// The edge it is for.
    pub edge: EdgeId,
    /// When it was made, by the cloud's clock.
    pub issued: Timestamp,
    /// The version the edge must be at; 0: the table begins anew.
    pub from: RegisterVersion,
    /// The version it is at afterwards.
    pub to: RegisterVersion,
    /// The version the register was at when this was made; beyond `to` where more follows.
    pub latest: RegisterVersion,
    /// The hash of the whole register at `latest`.
    pub hash: RegisterHash,
    /// By version, oldest first; each key once.
    pub rows: Vec<Row>,
}

/// A delta that does not hold together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeltaError {
    /// More than an edge takes at once.
    #[error("{0} rows are more than a delta holds")]
    TooManyRows(usize),
    /// Its versions do not follow one another.
    #[error("its versions are not in order")]
    Order,
}

impl RegisterDelta {
    /// Whether nothing follows it.
    pub fn is_last(&self) -> bool {
        self.to == self.latest
    }

    /// Whether it holds together.
    pub fn check(&self) -> Result<(), DeltaError> {
        if self.rows.len() > MAX_ROWS {
            return Err(DeltaError::TooManyRows(self.rows.len()));
        }
        let mut before = self.from;
        for row in &self.rows {
            if row.version <= before || row.version > self.to {
                return Err(DeltaError::Order);
            }
            before = row.version;
        }
        if self.from <= self.to && self.to <= self.latest {
            Ok(())
        } else {
            Err(DeltaError::Order)
        }
    }
}
