//! Import of export files: events of a site that stays offline, brought on a stick.
//!
//! The file is checked with the edge's own key before a byte of it is believed, and its batches take the same road as
//! those that come over the wire: what is known already is stored no second time.

use crate::{
    edges::{Encoding, inflate, store_batch},
    state::RelayState,
};
use cloud_store::{
    StoreError,
    edges::{self, EdgeState},
    ingest::{IncomingBatch, IncomingBatchError},
};
use protocol::{
    EdgeId,
    export::{self, ExportError},
};

/// What an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportSummary {
    /// Whose events.
    pub edge: EdgeId,
    /// Events that were new.
    pub new: u64,
    /// Events that were stored already.
    pub known: u64,
}

/// Why a file is not imported, or only in part: batches before the one named are stored.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is damaged, or not signed by the edge it names.
    #[error("cannot believe the export file")]
    File(#[source] ExportError),
    /// No such edge, or its identity does not work any more.
    #[error("edge {0} is not known here, or its identity no longer works")]
    Edge(EdgeId),
    /// A batch cannot be inflated.
    #[error("batch {index} cannot be inflated")]
    Inflate {
        /// Which, counted from 0.
        index: usize,
    },
    /// A batch cannot be taken apart.
    #[error("cannot read batch {index}")]
    Batch {
        /// Which, counted from 0.
        index: usize,
        /// What is wrong with it.
        #[source]
        source: IncomingBatchError,
    },
    /// A batch is not the one that the manifest names.
    #[error("batch {index} is not what the manifest says")]
    Other {
        /// Which, counted from 0.
        index: usize,
    },
    /// The store failed.
    #[error("cannot store the events")]
    Store(#[source] StoreError),
}

/// Imports a file's content.
pub async fn import(app: &RelayState, file: &[u8]) -> Result<ImportSummary, ImportError> {
    let export = export::decode(file).map_err(ImportError::File)?;
    let id = export.claimed_edge().map_err(ImportError::File)?;
    let edge = edges::get(&app.store.platform(), id)
        .await
        .map_err(ImportError::Store)?;
    let edge = edge
        .filter(|edge| edge.state != EdgeState::Revoked)
        .ok_or(ImportError::Edge(id))?;
    let (manifest, batches) = export.verify(&edge.key).map_err(ImportError::File)?;
    let mut imported = ImportSummary {
        edge: id,
        new: 0,
        known: 0,
    };
    for (index, (part, wire)) in manifest.parts.iter().zip(batches).enumerate() {
        let plain = inflate(wire, Encoding::Zstd).map_err(|_| ImportError::Inflate { index })?;
        let incoming = IncomingBatch::read(plain).map_err(|source| ImportError::Batch { index, source })?;
        if *incoming.header() != part.header {
            return Err(ImportError::Other { index });
        }
        let stored = store_batch(app, &edge, incoming).await.map_err(ImportError::Store)?;
        imported.new += stored.new;
        imported.known += stored.known;
    }
    Ok(imported)
}
