//! Files that only we may read, and that hold either what they held before or all of the new.
//!
//! Nothing is ever written in place, and nothing is done before file and folder are on disk: a power cut at any instant
//! leaves the old or the new. Blocks: call it off the runtime.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// What names of files that are not whole yet end in; what a crash leaves of them may be removed.
pub const UNFINISHED: &str = "new";

/// Replaces `path` by `bytes`, mode 0600, durable once this returns.
///
/// # Errors
/// Where it cannot be written; `path` is as it was then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let replacement = Replacement::begin(path)?;
    (&replacement.file).write_all(bytes)?;
    replacement.commit()
}

/// Makes `path` of `bytes`, mode 0600, durable once this returns.
///
/// # Errors
/// Where there is such a file, or it cannot be written.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_parent(path)
}

/// Removes `path` durably; it may be gone already.
///
/// # Errors
/// Where it is there and stays.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_parent(path),
    }
}

/// Makes a folder, and those above it that are missing, durably.
///
/// # Errors
/// Where one cannot be made.
pub fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_folder(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => sync_parent(path),
    }
}

/// The path with something added to its name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A file that is being written to take the place of another one; dropped before that, it is gone.
#[derive(Debug)]
pub struct Replacement {
    file: File,
    beside: PathBuf,
    path: PathBuf,
    state: ReplacementState,
}

#[derive(Debug, PartialEq, Eq)]
enum ReplacementState {
    Unfinished,
    InPlace,
}

impl Replacement {
    /// Begins one beside `path`; several at once for the same path do not meet, and the last to be whole stays.
    ///
    /// # Errors
    /// Where nothing can be written there.
    pub fn begin(path: &Path) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let beside = with_suffix(path, &format!(".{number}.{UNFINISHED}"));
        // One that an earlier process left.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)?;
        Ok(Self {
            file,
            beside,
            path: path.to_owned(),
            state: ReplacementState::Unfinished,
        })
    }

    /// Another handle to write it with.
    ///
    /// # Errors
    /// Where the process has no file descriptor left.
    pub fn writer(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Puts what was written in the place of the other file, durable once this returns.
    ///
    /// # Errors
    /// Where it cannot be; the other file is as it was, unless only the folder could not be synced.
    pub fn commit(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place: after the file's sync, before the folder's"
        )]
        fs::rename(&self.beside, &self.path)?;
        self.state = ReplacementState::InPlace;
        sync_parent(&self.path)
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if self.state == ReplacementState::Unfinished {
            // Whoever finds it later may remove it.
            let _ = fs::remove_file(&self.beside);
        }
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_the_old_or_the_new_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("one/two");
        create_folder(&folder).expect("made");
        create_folder(&folder).expect("there already");
        let path = folder.join("file");
        replace(&path, b"old").expect("written");
        assert!(create(&path, b"another").is_err());
        {
            let half = Replacement::begin(&path).expect("begun");
            half.writer().expect("a handle").write_all(b"half").expect("written");
            assert_eq!(fs::read(&path).expect("there"), b"old");
        }
        assert_eq!(names(&folder), ["file"]);
        replace(&path, b"new").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"new");
        remove(&path).expect("gone");
        remove(&path).expect("gone already");
        assert!(names(&folder).is_empty());
    }

    #[test]
    fn two_at_once_do_not_mix() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("clip.mp4");
        let (first, second) = (
            Replacement::begin(&path).expect("begun"),
            Replacement::begin(&path).expect("begun"),
        );
        second
            .writer()
            .expect("a handle")
            .write_all(b"second, half")
            .expect("written");
        first
            .writer()
            .expect("a handle")
            .write_all(b"first, whole")
            .expect("written");
        first.commit().expect("in place");
        drop(second);
        assert_eq!(fs::read(&path).expect("there"), b"first, whole");
        assert_eq!(names(dir.path()), ["clip.mp4"]);
    }
}
