//! A batch, taken apart and read before it is stored: outside of the writer, as reading takes longer than storing.
//!
//! Nothing here trusts the edge's clock.

use super::reaction;
use crate::{documents::DocumentStep, events::UNREADABLE, projection::EventView, projections::Steps};
use protocol::{
    Event, Seq, Timestamp,
    batch::{self, BatchError, BatchHeader},
    event::Heading,
    frame::{Frame, HEADER},
    id::SubjectId,
    text::{CorrelationId, EventName},
};
use std::{ops::Range, time::Duration};

/// How far behind the cloud's clock an event may claim to have happened: the longest retention of a box that was off.
const OLDEST: Duration = Duration::from_secs(90 * 24 * 3600);
/// How far ahead.
const NEWEST: Duration = Duration::from_secs(600);

/// Most records of one commit: an edge's usual batch of a mebibyte, whatever its events.
const SLICE_RECORDS: usize = 5_000;
/// Most bytes of records of one commit, unless a single record is larger.
const SLICE_BYTES: usize = 2 << 20;
/// What a record takes in memory beside its bytes: heading, place, step of a projection.
const RECORD_COST: usize = 256;

/// A part of a batch that is stored in one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BatchSlice {
    /// Places of its records.
    pub(super) places: Range<usize>,
    /// Bytes of its records.
    pub(super) bytes: usize,
}

/// A batch, read and ready to be stored.
#[derive(Debug)]
pub struct IncomingBatch {
    pub(super) header: BatchHeader,
    pub(super) records: Vec<BatchRecord>,
    /// What the records change in projections.
    pub(super) steps: Steps,
    /// Versions of documents that records settle, each with its record's place.
    pub(super) documents: Vec<(usize, DocumentStep)>,
    plain: Vec<u8>,
}

/// One record of a batch, as much of it as storing takes.
#[derive(Debug)]
pub(super) struct BatchRecord {
    pub(super) seq: Seq,
    body: Range<usize>,
    pub(super) heading: Option<RecordHeading>,
}

/// What a readable heading says.
#[derive(Debug)]
pub(super) struct RecordHeading {
    at: Timestamp,
    name: EventName,
    pub(super) device: Option<SubjectId>,
    pub(super) subj: Option<SubjectId>,
    pub(super) corr: Option<CorrelationId>,
}

/// What was noticed while storing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Irregularities {
    /// Seqs that were skipped.
    pub skipped: u64,
    /// Records whose heading could not be read.
    pub unreadable: u64,
}

/// Bytes that are no batch that can be stored.
#[derive(Debug, thiserror::Error)]
pub enum IncomingBatchError {
    /// They cannot be taken apart.
    #[error("the batch cannot be taken apart")]
    Batch(#[source] BatchError),
    /// A seq beyond what a database counts to.
    #[error("seq {0} is too large")]
    Seq(Seq),
}

impl IncomingBatch {
    /// Takes an inflated batch apart and reads its headings. About two microseconds per event: not for an async task.
    pub fn read(plain: Vec<u8>) -> Result<Self, IncomingBatchError> {
        let batch = batch::decode(&plain).map_err(IncomingBatchError::Batch)?;
        if batch.header.last.0 > i64::MAX as u64 {
            return Err(IncomingBatchError::Seq(batch.header.last));
        }
        let header = batch.header;
        let mut start = plain.len().saturating_sub(batch.records.iter().map(Frame::size).sum());
        let mut records = Vec::with_capacity(batch.records.len());
        let (mut steps, mut documents) = (Steps::default(), Vec::new());
        for (place, frame) in batch.records.iter().enumerate() {
            let end = start + frame.size();
            let record = BatchRecord {
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

    /// What is stored in one commit each: as much as the writer gives to one organisation at a time.
    pub(super) fn slices(&self) -> Vec<BatchSlice> {
        let mut slices: Vec<BatchSlice> = Vec::new();
        for (place, record) in self.records.iter().enumerate() {
            let size = record.body.len() + HEADER;
            match slices.last_mut() {
                Some(slice) if slice.places.len() < SLICE_RECORDS && slice.bytes + size <= SLICE_BYTES => {
                    slice.places.end = place + 1;
                    slice.bytes += size;
                }
                Some(_) | None => slices.push(BatchSlice {
                    places: place..place + 1,
                    bytes: size,
                }),
            }
        }
        slices
    }

    /// About how many bytes it takes in memory.
    pub fn size(&self) -> usize {
        self.plain.len() + self.records.len() * RECORD_COST
    }

    /// The most that a batch of so many plain bytes can take in memory once it is read, whatever is in it.
    pub fn cost(plain: usize) -> usize {
        let records = (plain / (HEADER + 1)).min(batch::MAX_RECORDS);
        plain.saturating_add(records.saturating_mul(RECORD_COST))
    }

    pub(super) fn body(&self, record: &BatchRecord) -> &[u8] {
        self.plain.get(record.body.clone()).unwrap_or_default()
    }
}

impl BatchRecord {
    pub(super) fn name(&self) -> &str {
        self.heading
            .as_ref()
            .map_or(UNREADABLE, |heading| heading.name.as_str())
    }

    pub(super) fn device(&self) -> Option<&str> {
        self.heading.as_ref()?.device.as_ref().map(SubjectId::as_str)
    }

    /// When it happened, and whether the edge's clock had to be corrected for that.
    pub(super) fn clamped_time(&self, rx: Timestamp) -> (Timestamp, bool) {
        let oldest = Timestamp::from_millis(rx.as_millis().saturating_sub(OLDEST.as_millis() as i64));
        let at = self.heading.as_ref().map_or(rx, |heading| heading.at);
        let clamped = at.clamp(oldest.min(rx), rx.plus(NEWEST));
        (clamped, clamped != at)
    }
}

impl RecordHeading {
    fn read(body: &[u8]) -> Option<Self> {
        let heading: Heading = serde_json::from_slice(body).ok()?;
        let device = heading.device().map(SubjectId::from);
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
