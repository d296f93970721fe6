//! Records into the bytes of one request: off the runtime, for it reads files and compresses.
//!
//! The records themselves are never decoded or encoded anew.

use bytes::Bytes;
use edge_kernel::{JournalError, Port, Records};
use protocol::{
    EdgeId, Epoch, Lane, Seq, Timestamp,
    batch::{self, BatchHeader},
};
use std::io;

/// Level 3 is zstd's own default; a Pi compresses some 50 MB/s with it.
const LEVEL: i32 = 3;

/// Why no batch could be put together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    #[error("cannot read records")]
    Records(#[source] JournalError),
    #[error("cannot write the header")]
    Header(#[source] serde_json::Error),
    #[error("cannot compress")]
    Compress(#[source] io::Error),
}

/// A batch ready to be sent.
pub(crate) struct PackedBatch {
    pub(crate) header: BatchHeader,
    /// zstd.
    pub(crate) wire: Bytes,
}

/// The batch after `after`, of about `room` bytes before compression; none where nothing waits.
pub(crate) fn pack(
    port: &Port,
    (edge, epoch): (EdgeId, Epoch),
    lane: Lane,
    after: Seq,
    room: usize,
) -> Result<Option<PackedBatch>, PackError> {
    let records = port.records(lane, after, room).map_err(PackError::Records)?;
    let now = port.clock().now();
    records
        .map(|records| seal(edge, epoch, lane, now, &records))
        .transpose()
}

/// Header and records, compressed.
pub(crate) fn seal(
    edge: EdgeId,
    epoch: Epoch,
    lane: Lane,
    sent_at: Timestamp,
    records: &Records,
) -> Result<PackedBatch, PackError> {
    let header = BatchHeader {
        edge,
        epoch,
        lane,
        first: records.first,
        last: records.last,
        sent_at,
    };
    let plain = batch::encode(&header, &records.bytes).map_err(PackError::Header)?;
    let wire = zstd::bulk::compress(&plain, LEVEL).map_err(PackError::Compress)?;
    Ok(PackedBatch {
        header,
        wire: wire.into(),
    })
}
