//! A segment's file: made whole before it is used, written once, sealed when it has a successor.
//!
//! After a failed write or sync nothing more is written to its records: the system may have dropped what it was given
//! while claiming otherwise, so the lane goes on in a new file.

use crate::{
    disk::{Disk, DiskFile},
    error::{DiskContext, JournalError},
    format::{BatchMark, HEADER, Header, MARK, SEAL, Seal, segment_name},
    view::SegmentEntry,
};
use protocol::lane::{Lane, Seq};
use std::sync::Arc;

/// More unused bytes than this are given back when a segment is sealed.
const WORTH_CUTTING: u64 = 64 << 10;

/// The segment that is being written.
#[derive(Debug)]
pub(crate) struct Segment {
    file: Arc<dyn DiskFile>,
    name: String,
    ordinal: u64,
    end: u64,
    size: u64,
}

impl Segment {
    /// Makes a new one, durable and empty. Leaves nothing behind where it fails.
    pub(crate) fn create(disk: &dyn Disk, header: &Header, size: u64) -> Result<Self, JournalError> {
        let name = segment_name(header.lane, header.ordinal);
        let file = disk.create(&name).doing("create", &name)?;
        let made = Self::fill(disk, file.as_ref(), &name, header, size);
        if let Err(error) = made {
            if let Err(source) = disk.remove(&name) {
                tracing::warn!(file = name, %source, "an unfinished segment stays behind");
            }
            return Err(error);
        }
        Ok(Self {
            file,
            name,
            ordinal: header.ordinal,
            end: HEADER as u64,
            size,
        })
    }

    fn fill(disk: &dyn Disk, file: &dyn DiskFile, name: &str, header: &Header, size: u64) -> Result<(), JournalError> {
        file.allocate(size).doing("allocate", name)?;
        let mut start = header.encode();
        start.extend_from_slice(
            &BatchMark {
                batch: HEADER as u64,
                last: Seq(header.first.0.saturating_sub(1)),
            }
            .encode(),
        );
        file.write_at(0, &start).doing("write the header of", name)?;
        file.sync().doing("sync", name)?;
        disk.sync_dir().doing("make durable the creation of", name)
    }

    /// Goes on in a segment that was found clean.
    pub(crate) fn resume(file: Arc<dyn DiskFile>, lane: Lane, entry: &SegmentEntry) -> Self {
        let (ordinal, end, size) = (entry.ordinal, entry.end, entry.size);
        Self {
            file,
            name: segment_name(lane, ordinal),
            ordinal,
            end,
            size,
        }
    }

    /// Place in the lane.
    pub(crate) fn ordinal(&self) -> u64 {
        self.ordinal
    }
    /// Offset behind the last committed record.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }
    /// Name of the file.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
    /// Whether a batch of so many bytes has room.
    pub(crate) fn fits(&self, batch: usize) -> bool {
        self.end + (batch + MARK + SEAL) as u64 <= self.size
    }

    /// Writes a batch and its mark in one go, and makes them durable. `batch` is as before afterwards.
    pub(crate) fn write(&mut self, batch: &mut Vec<u8>, last: Seq) -> Result<(), JournalError> {
        let len = batch.len();
        batch.extend_from_slice(&BatchMark { batch: self.end, last }.encode());
        let written = self.file.append_at(self.end, batch).doing("write to", &self.name);
        batch.truncate(len);
        written?;
        self.file.sync().doing("sync", &self.name)?;
        self.end += len as u64;
        Ok(())
    }

    /// Puts the mark back over whatever a failed batch left, as far as that still works.
    pub(crate) fn give_up(&self, last: Seq) {
        if let Err(error) = self
            .file
            .write_at(self.end, &BatchMark { batch: self.end, last }.encode())
        {
            tracing::warn!(file = self.name, %error, "a failed batch could not be marked as such");
        }
    }

    /// Says that nothing more will come, and gives unused space back. Gives the file's size. Only for reopening
    /// quickly: where it fails, the segment is read through instead.
    pub(crate) fn seal(&self, entry: &SegmentEntry) -> u64 {
        let seal = Seal {
            first: entry.first,
            last: entry.last,
            count: entry.count,
            end: entry.end,
        };
        let full = self.size - SEAL as u64;
        let end = entry.end + MARK as u64;
        let at = if full.saturating_sub(end) > WORTH_CUTTING {
            end
        } else {
            full
        };
        let size = at + SEAL as u64;
        let sealed = self
            .file
            .set_size(size)
            .and_then(|()| self.file.write_at(at, &seal.encode()));
        match sealed {
            Ok(()) => size,
            Err(error) => {
                tracing::warn!(file = self.name, %error, "a segment could not be sealed");
                self.file.size().unwrap_or(self.size)
            }
        }
    }
}
