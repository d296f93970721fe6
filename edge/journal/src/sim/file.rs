//! Open files and the lock of the simulated disk. They die with the run that opened them.

use super::{Fault, SimDisk, inode::Inode};
use crate::disk::DiskFile;
use std::io;

#[derive(Debug)]
pub(super) struct SimLock {
    pub(super) disk: SimDisk,
    pub(super) run: u64,
}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut world = self.disk.world();
        if world.locked_in == Some(self.run) {
            world.locked_in = None;
        }
    }
}

#[derive(Debug)]
pub(super) struct SimFile {
    pub(super) disk: SimDisk,
    pub(super) inode: u64,
    pub(super) run: u64,
}

impl SimFile {
    fn look<T>(&self, look: impl FnOnce(&Inode) -> io::Result<T>) -> io::Result<T> {
        let world = self.disk.world();
        world.check_power()?;
        if world.run != self.run {
            return Err(io::Error::other("this file belongs to a process that is gone"));
        }
        look(world.inodes.get(&self.inode).ok_or(io::ErrorKind::NotFound)?)
    }

    fn change(&self, change: impl FnOnce(&mut Inode, Fault) -> io::Result<()>) -> io::Result<()> {
        self.look(|_| Ok(()))?;
        let mut world = self.disk.world();
        world.begin()?;
        let (fault, now) = (world.fault, world.now);
        let inode = world.inodes.get_mut(&self.inode).ok_or(io::ErrorKind::NotFound)?;
        inode.touch(now);
        change(inode, fault)?;
        // The operation at which the power goes is done, but not durably, and nobody hears of it.
        world.check_power()
    }
}

impl DiskFile for SimFile {
    fn size(&self) -> io::Result<u64> {
        self.look(|inode| Ok(inode.bytes().len() as u64))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.look(|inode| inode.read(offset, buffer))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.change(|inode, fault| inode.write(offset, bytes, fault))
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.change(|inode, fault| inode.resize(size, fault))
    }

    fn allocate(&self, size: u64) -> io::Result<()> {
        self.set_size(size)
    }

    fn sync(&self) -> io::Result<()> {
        self.look(|_| Ok(()))?;
        let mut world = self.disk.world();
        world.begin()?;
        world.check_power()?;
        let fault = world.fault;
        let inode = world.inodes.get_mut(&self.inode).ok_or(io::ErrorKind::NotFound)?;
        inode.sync(fault)
    }
}
