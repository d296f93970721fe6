//! Export: what the cloud does not have, as one signed file for a USB stick.
//!
//! The cursor stays where it is: a stick can get lost on its way, and what is sent twice is stored once.

use crate::{
    batches::{PackError, seal},
    identity::EdgeIdentity,
};
use bytes::Bytes;
use edge_atomic_file as atomic_file;
use edge_kernel::Records;
use protocol::{Epoch, Lane, LaneCursors, Seq, Timestamp, batch::BatchHeader, export};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ExportFileError {
    /// A batch could not be put together.
    #[error("cannot put a batch of the {lane} lane together")]
    Pack {
        /// Which lane.
        lane: Lane,
        /// What went wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file could not be put together.
    #[error("cannot put the file together")]
    Encode(#[source] export::ExportError),
    /// The file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// What an export wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportResult {
    /// Up to where each lane is in the file.
    pub upto: LaneCursors,
    /// Batches.
    pub batches: usize,
    /// Bytes of the file.
    pub bytes: usize,
    /// What is in the file of each lane; a lane of which nothing is in it is missing.
    pub lanes: Vec<ExportedLane>,
}

/// What is in an export file of one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportedLane {
    /// Which lane.
    pub lane: Lane,
    /// First seq.
    pub from: Seq,
    /// Last seq.
    pub to: Seq,
    /// Bytes it takes in the file.
    pub bytes: u64,
}

/// Writes what comes after `have` to `path`, mode 0600, replacing it whole or not at all.
///
/// `epoch` is the opened journal's. `records` gives the records of a lane after a seq, `None` at the lane's end; what to
/// do about damage is its owner's decision. Blocks: to be called while the agent is stopped.
pub fn export(
    identity: &EdgeIdentity,
    epoch: Epoch,
    have: LaneCursors,
    now: Timestamp,
    path: &Path,
    mut records: impl FnMut(Lane, Seq) -> Option<Records>,
) -> Result<ExportResult, ExportFileError> {
    let edge = identity.edge();
    let mut upto = have;
    let mut batches: Vec<(BatchHeader, Vec<u8>)> = Vec::new();
    for lane in Lane::ALL {
        while let Some(found) = records(lane, upto.of(lane)) {
            if found.last <= upto.of(lane) {
                break;
            }
            let packed = seal(edge, epoch, lane, now, &found).map_err(|source| pack_error(lane, source))?;
            upto = upto.with(lane, found.last);
            batches.push((packed.header, Bytes::into(packed.wire)));
        }
    }
    let file = export::encode(edge, now, &batches, identity.key()).map_err(ExportFileError::Encode)?;
    atomic_file::replace(path, &file).map_err(|source| ExportFileError::Write {
        path: path.to_owned(),
        source,
    })?;
    Ok(ExportResult {
        upto,
        batches: batches.len(),
        bytes: file.len(),
        lanes: Lane::ALL
            .into_iter()
            .filter_map(|lane| exported(lane, &batches))
            .collect(),
    })
}

fn exported(lane: Lane, batches: &[(BatchHeader, Vec<u8>)]) -> Option<ExportedLane> {
    let mut of_lane = batches.iter().filter(|(header, _)| header.lane == lane);
    let (first, wire) = of_lane.next()?;
    let mut exported = ExportedLane {
        lane,
        from: first.first,
        to: first.last,
        bytes: wire.len() as u64,
    };
    for (header, wire) in of_lane {
        exported.to = header.last;
        exported.bytes += wire.len() as u64;
    }
    Some(exported)
}

fn pack_error(lane: Lane, source: PackError) -> ExportFileError {
    ExportFileError::Pack {
        lane,
        source: Box::new(source),
    }
}
