//! The few file operations that lanes and state need, so that a test can cut the power between any two of them.
//!
//! Nothing but [`FsDisk`] and the simulated disk touches files.

mod fs;

pub use fs::FsDisk;

use protocol::Timestamp;
use std::{fmt, io, sync::Arc};

/// One flat directory of files.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Takes the directory for this process; the lock goes with what is returned. `WouldBlock` where it is taken.
    fn lock(&self) -> io::Result<DiskLock>;
    /// Names of the files.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Opens a file that is there, for reading and writing.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Creates a file that is not there, empty, for this user only. Durable after [`Disk::sync_dir`].
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Removes a file. Durable after [`Disk::sync_dir`].
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Renames a file over whatever has the new name. Durable after [`Disk::sync_dir`].
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Makes creations, removals and renames durable.
    fn sync_dir(&self) -> io::Result<()>;
    /// When a file was last written, by the system's clock.
    fn modified(&self, name: &str) -> io::Result<Timestamp>;
}

/// One open file. All offsets are in bytes from its start.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Its length.
    fn size(&self) -> io::Result<u64>;
    /// Fills `buffer`; `UnexpectedEof` where the file ends before.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
    /// Writes all of `bytes`. Durable after [`DiskFile::sync`].
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// The same where nothing but zeros follows what is written, which may then cost the disk less.
    fn append_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_at(offset, bytes)
    }
    /// Cuts the file, or makes it longer with zeros.
    fn set_size(&self, size: u64) -> io::Result<()>;
    /// Makes the file `size` bytes of zeros whose space is taken now, so that writing to them cannot fail for space.
    fn allocate(&self, size: u64) -> io::Result<()>;
    /// Makes all that was written, and the size, durable. After an error nothing may be believed about what was
    /// written since the last success, and asking again proves nothing: the system may have dropped it.
    fn sync(&self) -> io::Result<()>;
}

/// Holds a directory's lock until dropped.
#[derive(Debug)]
pub struct DiskLock(#[expect(dead_code, reason = "only its drop matters")] Box<dyn LockGuard>);

impl DiskLock {
    /// A lock that is held by `held`.
    pub fn new(held: impl fmt::Debug + Send + 'static) -> Self {
        Self(Box::new(held))
    }
}

trait LockGuard: fmt::Debug + Send {}
impl<T: fmt::Debug + Send> LockGuard for T {}
