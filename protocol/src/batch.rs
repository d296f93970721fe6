//! A batch: consecutive records of one lane on their way to the cloud, byte for byte as the journal holds them.
//!
//! Layout before compression: `OSB1`, header length as `u32` little endian, the header as JSON, then the records
//! ([`crate::frame`]). Sent as zstd, at most [`MAX_WIRE`] bytes on the wire and [`MAX_PLAIN`] inflated (A56), with at most
//! [`MAX_RECORDS`] records and [`MAX_HOLES`] holes between them.

use crate::{
    frame::{self, Frame, FrameError},
    id::EdgeId,
    lane::{Epoch, Lane, Seq},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Largest batch on the wire: 5 MB (A56).
pub const MAX_WIRE: usize = 5_000_000;
/// Largest batch once inflated: what a receiver must be ready to hold, and no more.
pub const MAX_PLAIN: usize = 16 << 20;
/// Most records of a batch. An edge packs 1 MiB, and no event takes fewer than 64 bytes there: it never meets this.
pub const MAX_RECORDS: usize = 16_384;
/// Most places of a batch where seqs are missing between two records: a journal that was damaged has a few. An edge that
/// is refused for it halves its batch, and a batch of one record has none.
pub const MAX_HOLES: usize = 1_024;
/// Path of the ingest endpoint.
pub const PATH: &str = "/v2/ingest/events";
/// Media type of a batch.
pub const CONTENT_TYPE: &str = "application/vnd.ostona.batch";

const MAGIC: &[u8; 4] = b"OSB1";
const MAX_HEADER: usize = 16 << 10;

/// What a batch says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchHeader {
    /// Whose events.
    pub edge: EdgeId,
    /// Which journal of that edge.
    pub epoch: Epoch,
    /// Which lane.
    pub lane: Lane,
    /// Seq of the first record.
    pub first: Seq,
    /// Seq of the last record. Seqs between may be missing where the journal lost them; a tombstone explains.
    pub last: Seq,
    /// When it was put together, by the edge's clock.
    pub sent_at: Timestamp,
}

impl BatchHeader {
    /// The idempotency key of this batch (A57): the same records always make the same key.
    pub fn idempotency_key(&self) -> String {
        format!(
            "{}/{}/{}/{}-{}",
            self.edge, self.epoch, self.lane, self.first, self.last
        )
    }
}

/// Why bytes are no batch.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// Not a batch at all.
    #[error("this is not an Ostona batch")]
    Magic,
    /// The header is cut off, too long or not what it should be.
    #[error("the batch header cannot be read")]
    Header,
    /// A record is damaged.
    #[error("record {index} of the batch cannot be read")]
    Record {
        /// Which, counted from 0.
        index: usize,
        /// What is wrong with it.
        #[source]
        source: FrameError,
    },
    /// The records are not what the header says.
    #[error("record {index} has seq {found}, outside or out of the order of {first}..={last}")]
    Order {
        /// Which, counted from 0.
        index: usize,
        /// Its seq.
        found: Seq,
        /// First seq by the header.
        first: Seq,
        /// Last seq by the header.
        last: Seq,
    },
    /// More than [`MAX_RECORDS`].
    #[error("the batch has more than {MAX_RECORDS} records")]
    TooMany,
    /// More than [`MAX_HOLES`].
    #[error("seqs are missing at more than {MAX_HOLES} places of the batch")]
    Holes,
    /// No record inside.
    #[error("the batch is empty")]
    Empty,
}

/// Puts a batch together from records as the journal holds them.
pub fn encode(header: &BatchHeader, records: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let json = serde_json::to_vec(header)?;
    let mut out = Vec::with_capacity(8 + json.len() + records.len());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&(json.len() as u32).to_le_bytes());
    out.extend_from_slice(&json);
    out.extend_from_slice(records);
    Ok(out)
}

/// A batch taken apart, every checksum and seq checked.
#[derive(Debug)]
pub struct Batch<'a> {
    /// What it says of itself.
    pub header: BatchHeader,
    /// Its records, seqs strictly growing from `header.first` to `header.last`.
    pub records: Vec<Frame<'a>>,
}

/// Takes an inflated batch apart. Never reads past `bytes`, never believes a length without checking it.
pub fn decode(bytes: &[u8]) -> Result<Batch<'_>, BatchError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(BatchError::Magic)?;
    let (len, rest) = rest.split_first_chunk::<4>().ok_or(BatchError::Header)?;
    let len = u32::from_le_bytes(*len) as usize;
    if len > MAX_HEADER || len > rest.len() {
        return Err(BatchError::Header);
    }
    let (json, rest) = rest.split_at(len);
    let header: BatchHeader = serde_json::from_slice(json).map_err(|_| BatchError::Header)?;
    let records = frame::decode_all(rest)
        .take(MAX_RECORDS + 1)
        .enumerate()
        .map(|(index, frame)| frame.map_err(|source| BatchError::Record { index, source }))
        .collect::<Result<Vec<_>, _>>()?;
    if records.len() > MAX_RECORDS {
        return Err(BatchError::TooMany);
    }
    check_order(&header, &records)?;
    Ok(Batch { header, records })
}

fn check_order(header: &BatchHeader, records: &[Frame<'_>]) -> Result<(), BatchError> {
    let (first, last) = (header.first, header.last);
    let (mut expected, mut holes) = (first, 0);
    for (index, frame) in records.iter().enumerate() {
        let found = frame.seq;
        let misplaced = (index == 0 && found != first) || found < expected || found > last;
        if misplaced || found == Seq::ZERO {
            return Err(BatchError::Order {
                index,
                found,
                first,
                last,
            });
        }
        if found > expected {
            holes += 1;
        }
        expected = found.next();
    }
    if holes > MAX_HOLES {
        return Err(BatchError::Holes);
    }
    match records.last() {
        None => Err(BatchError::Empty),
        Some(frame) if frame.seq != last => Err(BatchError::Order {
            index: records.len() - 1,
            found: frame.seq,
            first,
            last,
        }),
        Some(_) => Ok(()),
    }
}
