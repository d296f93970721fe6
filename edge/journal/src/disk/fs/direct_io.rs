//! Appends that go around the page cache: a small record costs the flash the sectors it is in, not whole pages.
//!
//! What stands in front in the first sector is written again as it was; behind the end come zeros. Where the file
//! system cannot do it, appends go through the page cache as everything else does.

use rustix::fs::OFlags;
use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

/// What disks write at once, and what most of them can be given at least.
const SECTOR: u64 = 512;
/// What a buffer must be aligned to, whatever the disk.
const ALIGNMENT: usize = 4096;
/// Memory kept for the next append.
const KEEP: usize = 512 << 10;
/// The last bytes written, among which the next append begins: a mark of less than a sector is written over.
const TAIL: usize = 2 * SECTOR as usize;

/// How appends to one file go.
#[derive(Debug, Default)]
pub(super) enum DirectIo {
    /// None was made yet.
    #[default]
    Untried,
    /// Around the page cache.
    Open(Appender),
    /// The file system or the disk does not take them.
    Refused,
}

/// The file, opened once more for appends alone.
#[derive(Debug)]
pub(super) struct Appender {
    file: File,
    buffer: Vec<u8>,
    /// The last bytes written.
    tail: Vec<u8>,
    /// Where they begin, at a sector's start.
    tail_at: u64,
}

impl DirectIo {
    /// Writes `bytes` at `offset`, where nothing but zeros follows. `Ok(false)`: not possible here, nothing is promised
    /// about what was written, and the caller writes it otherwise.
    pub(super) fn append(&mut self, path: &Path, cached: &File, offset: u64, bytes: &[u8]) -> io::Result<bool> {
        if matches!(self, DirectIo::Untried) {
            *self = Appender::open(path).map_or(DirectIo::Refused, DirectIo::Open);
        }
        let DirectIo::Open(appender) = self else {
            return Ok(false);
        };
        match appender.append(cached, offset, bytes) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                *self = DirectIo::Refused;
                Ok(false)
            }
            other => other.map(|()| true),
        }
    }
}

impl Appender {
    fn open(path: &Path) -> io::Result<Self> {
        let flags = i32::try_from(OFlags::DIRECT.bits()).map_err(io::Error::other)?;
        let file = OpenOptions::new().write(true).custom_flags(flags).open(path)?;
        Ok(Self {
            file,
            buffer: Vec::new(),
            tail: Vec::new(),
            tail_at: 0,
        })
    }

    fn append(&mut self, cached: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let from = offset - offset % SECTOR;
        let in_front = self.in_front(cached, from, offset)?;
        self.buffer.clear();
        self.buffer.reserve(ALIGNMENT + TAIL + bytes.len());
        // The buffer grows no more from here on, so that what is aligned stays so.
        let padding = self.buffer.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        self.buffer.resize(padding, 0);
        self.buffer.extend_from_slice(&in_front);
        self.buffer.extend_from_slice(bytes);
        let len = (self.buffer.len() - padding).next_multiple_of(SECTOR as usize);
        self.buffer.resize(padding + len, 0);
        let sectors = self.buffer.get(padding..).unwrap_or_default();
        // Until it is known to be there, the tail is not believed.
        self.tail.clear();
        self.file.write_all_at(sectors, from)?;
        let kept = sectors.len().saturating_sub(TAIL);
        self.tail.extend_from_slice(sectors.get(kept..).unwrap_or_default());
        self.tail_at = from + kept as u64;
        self.buffer.clear();
        self.buffer.shrink_to(KEEP);
        Ok(())
    }

    /// The bytes between `from` and `to`, which are within one sector.
    fn in_front(&self, cached: &File, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let in_tail = |at: u64| usize::try_from(at.checked_sub(self.tail_at)?).ok();
        let known = in_tail(from)
            .zip(in_tail(to))
            .and_then(|(from, to)| self.tail.get(from..to));
        if let Some(known) = known {
            return Ok(known.to_vec());
        }
        let mut read = vec![0; usize::try_from(to - from).unwrap_or(0)];
        cached.read_exact_at(&mut read, from)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::FsDisk, DirectIo};
    use crate::disk::Disk as _;
    use std::sync::PoisonError;

    /// Whatever the lengths, and whichever way they went, the file holds what was appended and zeros behind it.
    #[test]
    fn appends_of_all_lengths_are_what_a_reader_finds() {
        for refused in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let disk = FsDisk::new(dir.path()).unwrap();
            let file = disk.create_file("f").unwrap();
            if refused {
                *file.direct.lock().unwrap_or_else(PoisonError::into_inner) = DirectIo::Refused;
            }
            let file: std::sync::Arc<dyn crate::disk::DiskFile> = std::sync::Arc::new(file);
            file.allocate(1 << 20).unwrap();
            file.write_at(0, &[7; 64]).unwrap();
            let (mut end, mut expected) = (64, vec![7; 64]);
            for number in 0..300_usize {
                let body: Vec<u8> = (0..number * 13 % 1700 + 17).map(|at| (at + number) as u8 | 1).collect();
                file.append_at(end, &[body.as_slice(), &[9; 32]].concat()).unwrap();
                expected.extend(body);
                end = expected.len() as u64;
                if number % 50 == 0 {
                    file.sync().unwrap();
                }
            }
            expected.extend([9; 32]);
            expected.resize(1 << 20, 0);
            let mut found = vec![0; 1 << 20];
            disk.open("f").unwrap().read_at(0, &mut found).unwrap();
            assert!(found == expected, "refused: {refused}");
            // Somebody who opens it goes on where the other left off.
            let again = disk.open("f").unwrap();
            again.append_at(end, &[5; 100]).unwrap();
            again.read_at(end - 10, &mut found[..120]).unwrap();
            assert_eq!(found[..10], expected[end as usize - 10..end as usize]);
            assert_eq!(found[10..110], [5; 100]);
            assert_eq!(found[110..120], [0; 10]);
        }
    }
}
