//! Ingest: each (edge, epoch, lane, seq) is stored exactly once, with everything that follows from it.
//!
//! The cursor is read and moved in the transaction that stores. A record that cannot be understood is stored all the
//! same: one poisoned record must never hold up a lane. Nothing here trusts the edge's clock.

mod head;
mod range;
mod reaction;
mod write;

use crate::{
    db::Scope,
    documents::DocumentStep,
    error::StoreError,
    events::{StoredEvent, UNREADABLE},
    projection::EventView,
    projections::Steps,
    tx::Tx,
};
use protocol::{
    Event, OrgId, Seq, Timestamp,
    batch::{self, BatchError, BatchHeader},
    control::Stored,
    event::Heading,
    frame::{Frame, HEADER},
};
use std::{ops::Range, sync::Arc, time::Duration};

/// How far behind the cloud's clock an event may claim to have happened: the longest retention of a box that was off.
const OLDEST: Duration = Duration::from_secs(90 * 24 * 3600);
/// How far ahead.
const NEWEST: Duration = Duration::from_secs(600);

/// A batch, read and ready to be stored.
#[derive(Debug)]
pub struct Incoming {
    header: BatchHeader,
    records: Vec<Record>,
    /// What the records change in projections.
    steps: Steps,
    /// Versions of documents that records settle, each with its record's place.
    documents: Vec<(usize, DocumentStep)>,
    plain: Vec<u8>,
}

/// One record of a batch, as much of it as storing takes.
#[derive(Debug)]
struct Record {
    seq: Seq,
    body: Range<usize>,
    heading: Option<RecordHeading>,
}

/// What a readable heading says.
#[derive(Debug)]
struct RecordHeading {
    at: Timestamp,
    name: String,
    device: Option<String>,
    subj: Option<String>,
    corr: Option<String>,
}

/// An event that is on disk now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The organisation it belongs to.
    pub org: OrgId,
    /// The event.
    pub event: StoredEvent,
}

/// What a batch came to.
#[derive(Debug)]
pub struct Ingested {
    /// The answer to the edge.
    pub stored: Stored,
    /// The events that were new, in the order of their seqs; empty unless they were asked for.
    pub arrived: Vec<Arc<Arrived>>,
    /// A lane has jumped, or a record could not be read.
    pub irregular: Irregularities,
}

/// What was noticed while storing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Irregularities {
    /// Seqs that were skipped.
    pub skipped: u64,
    /// Records whose heading could not be read.
    pub unreadable: u64,
}

/// Called with new events.
pub type Tell = Box<dyn FnOnce(&[Arc<Arrived>]) + Send>;

/// Who hears of new events.
pub enum Listeners {
    /// Called with them right after the commit that holds them, in the order of commits.
    Some(Tell),
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

/// Bytes that are no batch that can be stored.
#[derive(Debug, thiserror::Error)]
pub enum IncomingError {
    /// They cannot be taken apart.
    #[error("the batch cannot be taken apart")]
    Batch(#[source] BatchError),
    /// A seq beyond what a database counts to.
    #[error("seq {0} is too large")]
    Seq(Seq),
}

impl Incoming {
    /// Takes an inflated batch apart and reads its headings. About two microseconds per event: not for an async task.
    pub fn read(plain: Vec<u8>) -> Result<Self, IncomingError> {
        let batch = batch::decode(&plain).map_err(IncomingError::Batch)?;
        if batch.header.last.0 > i64::MAX as u64 {
            return Err(IncomingError::Seq(batch.header.last));
        }
        let header = batch.header;
        let mut start = plain.len().saturating_sub(batch.records.iter().map(Frame::size).sum());
        let mut records = Vec::with_capacity(batch.records.len());
        let (mut steps, mut documents) = (Steps::default(), Vec::new());
        for (place, frame) in batch.records.iter().enumerate() {
            let end = start + frame.size();
            let record = Record {
                seq: frame.seq,
                body: start + HEADER..end,
                heading: RecordHeading::read(frame.body),
            };
            let name = record.name();
            let event = if Steps::reads(name) || reaction::reads(name) {
                Event::decode(frame.body).ok()
            } else {
                None
            };
            let view = EventView {
                device: record.device(),
                fact: event.as_ref().map(|event| &event.fact),
            };
            steps.read(place, &view);
            documents.extend(reaction::document(&view).map(|step| (place, step)));
            records.push(record);
            start = end;
        }
        Ok(Self {
            header,
            records,
            steps,
            documents,
            plain,
        })
    }

    /// What the batch says of itself.
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// About how many bytes it takes in memory.
    pub fn size(&self) -> usize {
        self.plain.len() + self.records.len() * size_of::<Record>()
    }

    /// The events that were new, as they are stored.
    fn arrived(&self, org: OrgId, outcome: &write::WriteOutcome, rx: Timestamp) -> Vec<Arc<Arrived>> {
        let fresh = outcome.fresh.iter().filter_map(|index| self.records.get(*index));
        let numbered = (outcome.first_id..).zip(fresh);
        let arrived = numbered.map(|(id, record)| {
            Arc::new(Arrived {
                org,
                event: self.stored(record, id, rx),
            })
        });
        arrived.collect()
    }

    fn body(&self, record: &Record) -> &[u8] {
        self.plain.get(record.body.clone()).unwrap_or_default()
    }

    fn stored(&self, record: &Record, id: u64, rx: Timestamp) -> StoredEvent {
        let (at, clock_bad) = record.believable(rx);
        let heading = record.heading.as_ref();
        StoredEvent {
            id,
            edge: self.header.edge,
            epoch: self.header.epoch,
            lane: self.header.lane,
            seq: record.seq,
            at,
            rx,
            clock_bad,
            name: record.name().to_owned(),
            device: heading.and_then(|heading| heading.device.clone()),
            subj: heading.and_then(|heading| heading.subj.clone()),
            corr: heading.and_then(|heading| heading.corr.clone()),
            body: self.body(record).to_vec(),
        }
    }
}

impl Record {
    fn name(&self) -> &str {
        self.heading.as_ref().map_or(UNREADABLE, |heading| &heading.name)
    }

    fn device(&self) -> Option<&str> {
        self.heading.as_ref()?.device.as_deref()
    }

    /// When it happened, and whether the edge's clock had to be corrected for that.
    fn believable(&self, rx: Timestamp) -> (Timestamp, bool) {
        let oldest = Timestamp::from_millis(rx.as_millis().saturating_sub(OLDEST.as_millis() as i64));
        let at = self.heading.as_ref().map_or(rx, |heading| heading.at);
        let clamped = at.clamp(oldest.min(rx), rx.plus(NEWEST));
        (clamped, clamped != at)
    }
}

impl RecordHeading {
    fn read(body: &[u8]) -> Option<Self> {
        let heading: Heading = serde_json::from_slice(body).ok()?;
        let device = heading.device().map(str::to_owned);
        let Heading {
            name, at, subj, corr, ..
        } = heading;
        Some(Self {
            at,
            name,
            device,
            subj,
            corr,
        })
    }
}

/// Stores what is new of a batch; answers once it is on disk.
pub async fn store(
    scope: &Scope,
    incoming: Incoming,
    rx: Timestamp,
    listeners: Listeners,
) -> Result<Ingested, StoreError> {
    let (org, bytes) = (scope.org(), incoming.plain.len());
    let work = move |tx: &Tx<'_>| {
        let done = write::store(tx, &incoming, rx)?;
        Ok((incoming, done, Vec::new()))
    };
    let tell = move |(incoming, done, arrived): &mut (Incoming, write::WriteOutcome, Vec<Arc<Arrived>>)| {
        if let Listeners::Some(tell) = listeners {
            *arrived = incoming.arrived(org, done, rx);
            tell(arrived);
        }
    };
    let (_, done, arrived) = scope.write_bulk(bytes, work, tell).await?;
    Ok(Ingested {
        stored: done.stored,
        arrived,
        irregular: done.irregular,
    })
}
