//! The edge's half: what it holds of a register, and what a delta changes about that. Pure: the journal keeps the rows.
//!
//! A resync goes row by row: rows that come again are replaced, rows that come no more stay until the resync is whole and
//! go with its last chunk. It is resumable at any chunk, because how far it is stands beside the rows in the same commit.

use super::{
    delta::{RegisterDelta, Row},
    hash::RegisterHash,
    id::{RegisterId, RegisterVersion, RowKey},
};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What an edge says it holds of a register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRegister {
    /// Which.
    pub register: RegisterId,
    /// How far it has it.
    pub version: RegisterVersion,
    /// The hash of the rows it has.
    pub hash: RegisterHash,
    /// In the middle of a resync: the register's version when that began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resync_since: Option<RegisterVersion>,
}

/// A row as it stands on the edge's disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRow {
    /// The register's version with which it was written.
    pub version: RegisterVersion,
    /// The resync it came with, or came after.
    pub round: u64,
    /// What it says, as JSON text.
    pub body: String,
}

/// Everything an edge keeps of a register beside its rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RegisterReplica {
    version: RegisterVersion,
    hash: RegisterHash,
    resync_since: Option<RegisterVersion>,
    round: u64,
    issued: Timestamp,
    in_force_since: Option<Timestamp>,
}

/// What a delta changes.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicaUpdate {
    /// What is held afterwards; on disk together with the rows.
    pub holding: RegisterReplica,
    /// Rows that are new or other than before.
    pub put: Vec<(RowKey, StoredRow)>,
    /// Rows that are gone.
    pub removed: Vec<RowKey>,
}

/// Why a delta changes nothing. The cloud is told what is held and goes on from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeltaRejection {
    /// It begins somewhere else than where the edge is.
    #[error("the delta begins at {from}, the register is at {at}")]
    WrongBase {
        /// Where it begins.
        from: RegisterVersion,
        /// Where the edge is.
        at: RegisterVersion,
    },
    /// It would begin the table anew and is older than what was taken already.
    #[error("the delta is older than what was taken already")]
    Stale,
}

impl RegisterReplica {
    /// For the cloud to compare.
    pub fn held(&self, register: RegisterId) -> HeldRegister {
        HeldRegister {
            register,
            version: self.version,
            hash: self.hash,
            resync_since: self.resync_since,
        }
    }
    /// Since when the whole register has been there once; none: never yet.
    pub const fn in_force_since(&self) -> Option<Timestamp> {
        self.in_force_since
    }
    /// What is held according to the rows that are really there: a row that was damaged or lost shows as another hash.
    #[must_use]
    pub fn counted<'a>(self, rows: impl IntoIterator<Item = (&'a RowKey, &'a StoredRow)>) -> Self {
        let hash = rows.into_iter().fold(RegisterHash::default(), |hash, (key, row)| {
            hash.with(key, row.version, &row.body)
        });
        Self { hash, ..self }
    }

    /// What a delta changes. `stored` finds a row that is there; `all` gives every row, and is asked only where a
    /// resync ends.
    pub fn take<E>(
        &self,
        delta: &RegisterDelta,
        stored: impl Fn(&RowKey) -> Result<Option<StoredRow>, E>,
        all: impl FnOnce() -> Result<Vec<(RowKey, StoredRow)>, E>,
    ) -> Result<Result<ReplicaUpdate, DeltaRejection>, E> {
        let mut holding = self.clone();
        if delta.from == RegisterVersion::NONE {
            if delta.issued < self.issued {
                return Ok(Err(DeltaRejection::Stale));
            }
            holding.resync_since = Some(delta.latest);
            holding.round += 1;
        } else if delta.from != self.version {
            let (from, at) = (delta.from, self.version);
            return Ok(Err(DeltaRejection::WrongBase { from, at }));
        }
        let (mut put, mut removed) = (Vec::new(), Vec::new());
        for Row { key, version, body } in &delta.rows {
            if let Some(before) = stored(key)? {
                holding.hash = holding.hash.without(key, before.version, &before.body);
            }
            match body {
                Some(body) => {
                    let (version, round) = (*version, holding.round);
                    let body = body.get().to_owned();
                    holding.hash = holding.hash.with(key, version, &body);
                    put.push((key.clone(), StoredRow { version, round, body }));
                }
                None => removed.push(key.clone()),
            }
        }
        (holding.version, holding.issued) = (delta.to, delta.issued.max(self.issued));
        if delta.is_last() {
            if holding.resync_since.take().is_some() {
                let named = |key: &RowKey| delta.rows.iter().any(|row| row.key == *key);
                let stale = |(key, row): &(RowKey, StoredRow)| row.round != holding.round && !named(key);
                for (key, row) in all()?.into_iter().filter(stale) {
                    holding.hash = holding.hash.without(&key, row.version, &row.body);
                    removed.push(key);
                }
            }
            if holding.hash == delta.hash {
                holding.in_force_since.get_or_insert(delta.issued);
            } else {
                // Something is not as the cloud has it: the whole table once more.
                holding.version = RegisterVersion::NONE;
            }
        }
        Ok(Ok(ReplicaUpdate { holding, put, removed }))
    }
}
