//! A disk that can be filled up: a small tmpfs of its own, where the test may mount one.
//!
//! It fills nothing but itself, and goes away with the value.

use anyhow::{Context as _, Result, ensure};
use std::{
    fs::File,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Written at once.
const CHUNK: [u8; 4096] = [0x5a; 4096];

/// A mounted disk.
#[derive(Debug)]
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Mounts one of `megabytes`; fails where the test lacks the right to, which needs root.
    pub fn mount(megabytes: u64) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("ostona-disk-").tempdir();
        let folder = folder.context("cannot make a folder for a disk")?;
        let said = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=0700"), "none"])
            .arg(folder.path())
            .output()
            .context("running mount")?;
        ensure!(
            said.status.success(),
            "mount: {}",
            String::from_utf8_lossy(&said.stderr).trim()
        );
        Ok(Self { folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes every block that is left.
    pub fn fill(&self) -> Result<()> {
        let mut ballast = File::options()
            .append(true)
            .create(true)
            .open(self.ballast())
            .context("opening the ballast")?;
        loop {
            match ballast.write(&CHUNK) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error).context("filling the disk"),
            }
        }
    }

    /// Gives it all back.
    pub fn make_room(&self) -> Result<()> {
        std::fs::remove_file(self.ballast()).context("throwing the ballast away")
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            tracing::warn!(disk = %self.path().display(), "cannot be unmounted");
        }
    }
}
