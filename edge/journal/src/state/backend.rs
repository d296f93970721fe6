//! Lets redb keep its one file on a [`Disk`](crate::Disk), each sector with a checksum of its own.
//!
//! redb never sees a flipped bit: it checks its pages only when it repairs, and may panic over one that is damaged. A
//! sector of 512 bytes holds CRC-32C (`u32` little endian) and 508 bytes of redb's file; a sector of zeros was never
//! written. As disks write sectors whole, a power cut cannot part a checksum from what it is for.

use crate::disk::DiskFile;
use redb::StorageBackend;
use std::{io, sync::Arc};

const SECTOR: u64 = 512;
const CRC: usize = 4;
const CONTENT: u64 = SECTOR - CRC as u64;
/// redb makes its file as long as a number of these.
const PAGE: u64 = 4096;

/// One file. Locks are not offered: the journal's directory is locked as a whole, and has one owner.
#[derive(Debug)]
pub(crate) struct Backend(pub(crate) Arc<dyn DiskFile>);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        let content = self.0.size()? / SECTOR * CONTENT;
        Ok(content / PAGE * PAGE)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let span = SectorSpan::of(offset, out.len());
        let content = self.content(&span)?;
        let found = content
            .get(span.skip..span.skip + out.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if !len.is_multiple_of(PAGE) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let before = self.len()?;
        let rest = (before.next_multiple_of(CONTENT) - before).min(len.saturating_sub(before));
        if rest > 0 && before > 0 {
            // The last sector may hold leftovers from when the file was longer.
            self.write(before, &vec![0; usize::try_from(rest).unwrap_or(0)])?;
        }
        self.0.set_size(len.div_ceil(CONTENT) * SECTOR)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let span = SectorSpan::of(offset, data.len());
        let whole = span.skip == 0 && (data.len() as u64).is_multiple_of(CONTENT);
        let mut content = if whole {
            vec![0; data.len()]
        } else {
            self.content(&span)?
        };
        let place = content
            .get_mut(span.skip..span.skip + data.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        place.copy_from_slice(data);
        let mut sectors = Vec::with_capacity(span.bytes());
        for content in content.chunks(CONTENT as usize) {
            sectors.extend_from_slice(&crc32c::crc32c(content).to_le_bytes());
            sectors.extend_from_slice(content);
        }
        self.0.write_at(span.first * SECTOR, &sectors)
    }
}

impl Backend {
    /// What the sectors of a span hold, if their checksums are right.
    fn content(&self, span: &SectorSpan) -> io::Result<Vec<u8>> {
        let mut sectors = vec![0; span.bytes()];
        self.0.read_at(span.first * SECTOR, &mut sectors)?;
        let mut content = Vec::with_capacity(sectors.len());
        for sector in sectors.chunks(SECTOR as usize) {
            let (crc, held) = sector.split_first_chunk::<CRC>().ok_or(io::ErrorKind::UnexpectedEof)?;
            let sound = u32::from_le_bytes(*crc) == crc32c::crc32c(held) || sector.iter().all(|byte| *byte == 0);
            if !sound {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a sector's checksum does not match",
                ));
            }
            content.extend_from_slice(held);
        }
        Ok(content)
    }
}

/// The sectors that hold a range of redb's file.
struct SectorSpan {
    first: u64,
    count: u64,
    /// Bytes of the first sector's content in front of the range.
    skip: usize,
}

impl SectorSpan {
    fn of(offset: u64, len: usize) -> Self {
        let (first, skip) = (offset / CONTENT, offset % CONTENT);
        Self {
            first,
            count: (skip + len as u64).div_ceil(CONTENT),
            skip: skip as usize,
        }
    }
    fn bytes(&self) -> usize {
        (self.count * SECTOR) as usize
    }
}
