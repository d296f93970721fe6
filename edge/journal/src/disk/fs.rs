//! A directory of the real file system. Files are created 0600, the directory 0700.

mod direct_io;

use super::{Disk, DiskFile, DiskLock};
use direct_io::DirectIo;
use protocol::Timestamp;
use rustix::fs::FallocateFlags;
use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

const LOCK: &str = "lock";
const ZEROS: usize = 64 << 10;

/// A directory of the real file system.
#[derive(Debug)]
pub struct FsDisk {
    dir: PathBuf,
}

impl FsDisk {
    /// Uses `dir`, which is created with its parents where absent.
    pub fn new(dir: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        Ok(Self { dir: dir.to_path_buf() })
    }

    fn options() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(0o600);
        options
    }

    fn file(&self, name: &str, options: &OpenOptions) -> io::Result<FsFile> {
        let path = self.dir.join(name);
        Ok(FsFile {
            file: options.open(&path)?,
            path,
            direct: Mutex::default(),
        })
    }

    fn create_file(&self, name: &str) -> io::Result<FsFile> {
        self.file(name, Self::options().create_new(true))
    }
}

impl Disk for FsDisk {
    fn lock(&self) -> io::Result<DiskLock> {
        let file = Self::options().create(true).truncate(false).open(self.dir.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(DiskLock::new(file)),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in self.dir.read_dir()? {
            // A name that is not UTF-8 is none of ours.
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(self.file(name, &Self::options())?))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(self.create_file(name)?))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.dir.join(name))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the journal's own disk: whoever renames syncs the folder, `sync_dir`"
    )]
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.dir.join(from), self.dir.join(to))
    }

    fn sync_dir(&self) -> io::Result<()> {
        File::open(&self.dir)?.sync_all()
    }

    fn modified(&self, name: &str) -> io::Result<Timestamp> {
        let modified = std::fs::metadata(self.dir.join(name))?.modified()?;
        let since_1970 = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Ok(Timestamp::from_millis(0).plus(since_1970))
    }
}

#[derive(Debug)]
struct FsFile {
    file: File,
    path: PathBuf,
    direct: Mutex<DirectIo>,
}

impl DiskFile for FsFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn append_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut direct = self.direct.lock().unwrap_or_else(PoisonError::into_inner);
        if direct.append(&self.path, &self.file, offset, bytes)? {
            return Ok(());
        }
        self.file.write_all_at(bytes, offset)
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.file.set_len(size)
    }

    fn allocate(&self, size: u64) -> io::Result<()> {
        match rustix::fs::fallocate(&self.file, FallocateFlags::empty(), 0, size) {
            Ok(()) => Ok(()),
            // FAT and a few others cannot: there the space is taken by writing.
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => write_zeros(&self.file, size),
            Err(errno) => Err(errno.into()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

fn write_zeros(file: &File, size: u64) -> io::Result<()> {
    let zeros = vec![0; ZEROS];
    let mut at = 0;
    while at < size {
        let piece = zeros
            .get(..usize::try_from(size - at).unwrap_or(ZEROS).min(ZEROS))
            .unwrap_or(&zeros);
        file.write_all_at(piece, at)?;
        at += piece.len() as u64;
    }
    Ok(())
}
