//! Ingest: each (edge, epoch, lane, seq) is stored exactly once, with everything that follows from it.
//!
//! The cursor is read and moved in the transaction that stores. A record that cannot be understood is stored all the
//! same: one poisoned record must never hold up a lane. Nothing here trusts the edge's clock.

mod incoming_batch;
mod position;
mod range;
mod reaction;
mod write;

use crate::{db::OrgStore, error::StoreError, tx::Tx, usage};
pub use incoming_batch::{IncomingBatch, IncomingBatchError, Irregularities};
use protocol::{Timestamp, control::IngestReply};
use std::sync::Arc;

/// What a batch came to.
#[derive(Debug)]
pub struct IngestResult {
    /// The answer to the edge.
    pub stored: IngestReply,
    /// A lane has jumped, or a record could not be read.
    pub irregular: Irregularities,
}

/// Stores what is new of a batch; answers once it is on disk. A long batch takes several commits, in order, so that the
/// writer serves others between them: where one of them fails, what came before it stays stored, and a retry finds it.
pub async fn store(scope: &OrgStore, incoming: IncomingBatch, rx: Timestamp) -> Result<IngestResult, StoreError> {
    let (org, incoming) = (scope.org(), Arc::new(incoming));
    let mut result: Option<IngestResult> = None;
    for slice in incoming.slices() {
        let (batch, signals, bytes) = (Arc::clone(&incoming), scope.signals(), slice.bytes);
        let quota = scope.quota();
        let work = move |tx: &Tx<'_>| {
            usage::check(tx, quota)?;
            write::store(tx, &batch, &slice.places, rx)
        };
        let tell = move |done: &mut write::WriteOutcome| {
            if let Some(last) = done.last_id {
                signals.stored(org, last);
            }
        };
        let done = scope.write_bulk(bytes, work, tell).await?;
        let before = result.map_or((0, 0, Irregularities::default()), |before| {
            (before.stored.new, before.stored.known, before.irregular)
        });
        result = Some(IngestResult {
            stored: IngestReply {
                have: done.stored.have,
                new: before.0 + done.stored.new,
                known: before.1 + done.stored.known,
            },
            irregular: Irregularities {
                skipped: before.2.skipped + done.irregular.skipped,
                unreadable: before.2.unreadable + done.irregular.unreadable,
            },
        });
    }
    // A batch without records cannot be read, so there was a slice.
    result.ok_or(StoreError::Closed)
}
