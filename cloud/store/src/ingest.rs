//! Ingest: each (edge, epoch, lane, seq) is stored exactly once, with everything that follows from it.
//!
//! The cursor is read and moved in the transaction that stores. A record that cannot be understood is stored all the
//! same: one poisoned record must never hold up a lane. Nothing here trusts the edge's clock.

mod incoming_batch;
mod position;
mod range;
mod reaction;
mod write;

use crate::{db::OrgStore, error::StoreError, events::StoredEvent, tx::Tx};
pub use incoming_batch::{IncomingBatch, IncomingBatchError, Irregularities};
use protocol::{OrgId, Timestamp, control::IngestReply};
use std::sync::Arc;

/// An event that is on disk now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgEvent {
    /// The organisation it belongs to.
    pub org: OrgId,
    /// The event.
    pub event: StoredEvent,
}

/// What a batch came to.
#[derive(Debug)]
pub struct IngestResult {
    /// The answer to the edge.
    pub stored: IngestReply,
    /// The events that were new, in the order of their seqs; empty unless they were asked for.
    pub arrived: Vec<Arc<OrgEvent>>,
    /// A lane has jumped, or a record could not be read.
    pub irregular: Irregularities,
}

/// Called with new events.
pub type IngestCallback = Box<dyn FnOnce(&[Arc<OrgEvent>]) + Send>;

/// Who hears of new events.
pub enum Listeners {
    /// Called with them right after the commit that holds them, in the order of commits.
    Some(IngestCallback),
    /// Nobody: copies of events would be made for nothing.
    None,
}

impl std::fmt::Debug for Listeners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Listeners::Some(_) => "Some",
            Listeners::None => "None",
        })
    }
}

/// Stores what is new of a batch; answers once it is on disk.
pub async fn store(
    scope: &OrgStore,
    incoming: IncomingBatch,
    rx: Timestamp,
    listeners: Listeners,
) -> Result<IngestResult, StoreError> {
    let (org, bytes) = (scope.org(), incoming.bytes());
    let work = move |tx: &Tx<'_>| {
        let done = write::store(tx, &incoming, rx)?;
        Ok((incoming, done, Vec::new()))
    };
    let tell = move |(incoming, done, arrived): &mut (IncomingBatch, write::WriteOutcome, Vec<Arc<OrgEvent>>)| {
        if let Listeners::Some(tell) = listeners {
            let stored = incoming.stored(&done.fresh, done.first_id, rx).into_iter();
            *arrived = stored.map(|event| Arc::new(OrgEvent { org, event })).collect();
            tell(arrived);
        }
    };
    let (_, done, arrived) = scope.write_bulk(bytes, work, tell).await?;
    Ok(IngestResult {
        stored: done.stored,
        arrived,
        irregular: done.irregular,
    })
}
