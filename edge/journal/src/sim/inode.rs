//! One file of the simulated disk: what is read back now, and what the next power cut leaves.
//!
//! Sectors are kept or lost as wholes: no disk tears them.

use super::Fault;
use protocol::Timestamp;
use std::{collections::BTreeSet, io};

const SECTOR: usize = 512;

/// SplitMix64: small, seeded, good enough to choose what is lost.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn coin(&mut self) -> bool {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 33) & 1 == 1
    }
}

pub(crate) struct Inode {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// Sectors written and not synced.
    dirty: BTreeSet<usize>,
    modified: Timestamp,
}

impl Inode {
    pub(crate) fn durable(bytes: &[u8], modified: Timestamp) -> Self {
        Self {
            live: bytes.to_vec(),
            durable: bytes.to_vec(),
            dirty: BTreeSet::new(),
            modified,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.live
    }
    pub(crate) fn modified(&self) -> Timestamp {
        self.modified
    }
    pub(crate) fn touch(&mut self, now: Timestamp) {
        self.modified = now;
    }

    pub(crate) fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let found = self
            .live
            .get(from..from.saturating_add(buffer.len()))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(found);
        Ok(())
    }

    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8], fault: Fault) -> io::Result<()> {
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let to = from + bytes.len();
        if to > self.live.len() {
            self.resize(to as u64, fault)?;
        }
        if let Some(place) = self.live.get_mut(from..to) {
            place.copy_from_slice(bytes);
        }
        self.dirty.extend(from / SECTOR..to.div_ceil(SECTOR));
        Ok(())
    }

    pub(crate) fn resize(&mut self, size: u64, fault: Fault) -> io::Result<()> {
        let size = usize::try_from(size).map_err(io::Error::other)?;
        if size > self.live.len() && fault == Fault::Full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let changed = size.min(self.live.len()) / SECTOR..size.max(self.live.len()).div_ceil(SECTOR);
        self.live.resize(size, 0);
        self.dirty.extend(changed);
        Ok(())
    }

    pub(crate) fn sync(&mut self, fault: Fault) -> io::Result<()> {
        let dirty = std::mem::take(&mut self.dirty);
        if fault == Fault::SyncFails {
            return Err(io::Error::other("input/output error"));
        }
        self.durable.resize(self.live.len(), 0);
        for sector in dirty {
            self.keep(sector);
        }
        Ok(())
    }

    /// The power is gone: any subset of what was not synced survives.
    pub(crate) fn lose(&mut self, rng: &mut Rng) {
        if self.live.len() != self.durable.len() && rng.coin() {
            self.durable.resize(self.live.len(), 0);
        }
        for sector in std::mem::take(&mut self.dirty) {
            if rng.coin() {
                self.keep(sector);
            }
        }
        self.live = self.durable.clone();
    }

    fn keep(&mut self, sector: usize) {
        let from = sector * SECTOR;
        let to = (from + SECTOR).min(self.live.len()).min(self.durable.len());
        if let (Some(live), Some(durable)) = (self.live.get(from..to), self.durable.get_mut(from..to)) {
            durable.copy_from_slice(live);
        }
    }
}
