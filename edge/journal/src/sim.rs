//! A disk that forgets: what was not synced may be lost when the power is cut, wholly or in part.
//!
//! For tests of whatever keeps its state in a journal. It is harsher than a real disk and never kinder: at a power cut
//! any subset of the un-synced sectors, sizes, creations, renames and removals survives, chosen by the seed. It can also
//! be full, read-only, fail to sync (and then claim the pages are clean, as Linux does), or have bits flipped.

mod file;
mod inode;

use crate::disk::{Disk, DiskFile, DiskLock};
use file::{SimFile, SimLock};
use inode::{Inode, Rng};
use protocol::Timestamp;
use std::{
    collections::BTreeMap,
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What is wrong with the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// No file can get longer, until one that takes room is removed.
    Full,
    /// Nothing can be changed.
    ReadOnly,
    /// Every sync fails, and what it was to make durable never will be unless it is written again.
    SyncFails,
}

/// A simulated directory of files. Clones share it.
#[derive(Clone)]
pub struct SimDisk(Arc<Mutex<SimDiskState>>);

impl fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimDisk")
            .field("operations", &self.operations())
            .finish_non_exhaustive()
    }
}

struct SimDiskState {
    rng: Rng,
    inodes: BTreeMap<u64, Inode>,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    renames: Vec<DirectoryChange>,
    operations: u64,
    cut_at: Option<u64>,
    /// Handles of earlier runs are dead.
    run: u64,
    locked_in: Option<u64>,
    fault: Fault,
    now: Timestamp,
}

/// A change of the directory that is not durable yet.
enum DirectoryChange {
    Create(String, u64),
    Remove(String),
    Rename(String, String),
}

impl SimDisk {
    /// An empty disk. What a power cut takes depends on `seed` and on what was done before.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(SimDiskState {
            rng: Rng(seed),
            inodes: BTreeMap::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            renames: Vec::new(),
            operations: 0,
            cut_at: None,
            run: 0,
            locked_in: None,
            fault: Fault::None,
            now: Timestamp::from_millis(1_700_000_000_000),
        })))
    }

    /// Changing operations so far: writes, syncs, creations and the like.
    pub fn operations(&self) -> u64 {
        self.world().operations
    }

    /// Cuts the power at the `n`th changing operation from now: that one is done in part, all after it fail until
    /// [`SimDisk::power_cut`] brings the power back.
    pub fn cut_power_at(&self, n: u64) {
        let mut world = self.world();
        world.cut_at = Some(world.operations + n);
    }

    /// The power goes and comes back: open files and the lock are gone, un-synced changes may be.
    pub fn power_cut(&self) {
        let mut world = self.world();
        let SimDiskState { rng, inodes, .. } = &mut *world;
        for inode in inodes.values_mut() {
            inode.lose(rng);
        }
        world.lose_names();
        world.start_run();
    }

    /// The process is killed and may start again: open files and the lock are gone, nothing else is.
    pub fn kill(&self) {
        self.world().start_run();
    }

    /// Breaks the disk, or mends it.
    pub fn set_fault(&self, fault: Fault) {
        self.world().fault = fault;
    }

    /// Sets the time that files written from now on bear.
    pub fn set_time(&self, now: Timestamp) {
        self.world().now = now;
    }

    /// A file's bytes.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let world = self.world();
        world
            .inodes
            .get(world.names.get(name)?)
            .map(|inode| inode.bytes().to_vec())
    }

    /// Replaces a file's bytes, durably, or makes the file.
    pub fn plant(&self, name: &str, bytes: &[u8]) {
        let mut world = self.world();
        let (id, now) = (world.next_inode(), world.now);
        world.inodes.insert(id, Inode::durable(bytes, now));
        world.names.insert(name.to_owned(), id);
        world.durable_names.insert(name.to_owned(), id);
    }

    /// Flips the bits of `mask` in one byte, durably. Nothing happens where there is no such byte.
    pub fn flip(&self, name: &str, offset: usize, mask: u8) {
        let Some(mut bytes) = self.bytes(name) else { return };
        if let Some(byte) = bytes.get_mut(offset) {
            *byte ^= mask;
            self.plant(name, &bytes);
        }
    }

    /// Removes a file, durably, as a person would.
    pub fn lose(&self, name: &str) {
        let mut world = self.world();
        world.names.remove(name);
        world.durable_names.remove(name);
    }

    fn world(&self) -> MutexGuard<'_, SimDiskState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handle(&self, inode: u64, run: u64) -> Arc<dyn DiskFile> {
        Arc::new(SimFile {
            disk: self.clone(),
            inode,
            run,
        })
    }
}

impl SimDiskState {
    fn next_inode(&self) -> u64 {
        self.inodes.last_key_value().map_or(0, |(id, _)| *id) + 1
    }

    fn start_run(&mut self) {
        self.run += 1;
        self.cut_at = None;
        self.locked_in = None;
    }

    fn lose_names(&mut self) {
        let mut names = std::mem::take(&mut self.durable_names);
        // A journalling file system keeps a prefix; others keep what they happen to have written.
        let in_order = self.rng.coin();
        for change in self.renames.drain(..) {
            if self.rng.coin() {
                match change {
                    DirectoryChange::Create(name, inode) => drop(names.insert(name, inode)),
                    DirectoryChange::Remove(name) => drop(names.remove(&name)),
                    DirectoryChange::Rename(from, to) => {
                        if let Some(inode) = names.remove(&from) {
                            names.insert(to, inode);
                        }
                    }
                }
            } else if in_order {
                break;
            }
        }
        self.durable_names = names;
        self.names = self.durable_names.clone();
        let used = self.names.values().copied().collect::<Vec<_>>();
        self.inodes.retain(|id, _| used.contains(id));
    }

    fn check_power(&self) -> io::Result<()> {
        match self.cut_at {
            Some(at) if self.operations >= at => Err(io::Error::other("the power is off")),
            Some(_) | None => Ok(()),
        }
    }

    /// Counts a changing operation. `Err` where it must not even begin.
    fn begin(&mut self) -> io::Result<()> {
        self.check_power()?;
        self.operations += 1;
        match self.fault {
            Fault::ReadOnly => Err(io::ErrorKind::ReadOnlyFilesystem.into()),
            Fault::None | Fault::Full | Fault::SyncFails => Ok(()),
        }
    }

    fn find(&self, name: &str) -> io::Result<u64> {
        self.names
            .get(name)
            .copied()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk for SimDisk {
    fn lock(&self) -> io::Result<DiskLock> {
        let mut world = self.world();
        world.check_power()?;
        if world.locked_in == Some(world.run) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        world.locked_in = Some(world.run);
        Ok(DiskLock::new(SimLock {
            disk: self.clone(),
            run: world.run,
        }))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let world = self.world();
        world.check_power()?;
        Ok(world.names.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let world = self.world();
        world.check_power()?;
        Ok(self.handle(world.find(name)?, world.run))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut world = self.world();
        world.begin()?;
        if world.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let (id, now, run) = (world.next_inode(), world.now, world.run);
        world.inodes.insert(id, Inode::durable(&[], now));
        world.names.insert(name.to_owned(), id);
        world.renames.push(DirectoryChange::Create(name.to_owned(), id));
        world.check_power()?;
        Ok(self.handle(id, run))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut world = self.world();
        world.begin()?;
        let id = world.find(name)?;
        world.names.remove(name);
        let made_room = world.inodes.get(&id).is_some_and(|inode| !inode.bytes().is_empty());
        if world.fault == Fault::Full && made_room {
            world.fault = Fault::None;
        }
        world.renames.push(DirectoryChange::Remove(name.to_owned()));
        world.check_power()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut world = self.world();
        world.begin()?;
        let id = world.find(from)?;
        world.names.remove(from);
        world.names.insert(to.to_owned(), id);
        world
            .renames
            .push(DirectoryChange::Rename(from.to_owned(), to.to_owned()));
        world.check_power()
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut world = self.world();
        world.begin()?;
        world.check_power()?;
        if world.fault == Fault::SyncFails {
            return Err(io::Error::other("input/output error"));
        }
        world.durable_names = world.names.clone();
        world.renames.clear();
        Ok(())
    }

    fn modified(&self, name: &str) -> io::Result<Timestamp> {
        let world = self.world();
        let id = world.find(name)?;
        world
            .inodes
            .get(&id)
            .map(Inode::modified)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Leaves in `journal` the one snapshot of all apps that a build of before would have left, and none per app.
///
/// # Panics
/// Where the disk refuses it.
pub fn leave_whole_snapshot(journal: &crate::Journal, upto: protocol::Seq, state: &[u8]) {
    let left = journal.state.leave_whole_snapshot(upto, state);
    assert!(left.is_ok(), "the disk refuses a snapshot: {left:?}");
}
