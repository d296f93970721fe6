//! What the board has for a disk: one program and the libraries it is linked with, as an initramfs.
//!
//! Format: cpio "newc" (`Documentation/driver-api/early-userspace/buffer-format.rst` of the kernel).

use anyhow::{Context as _, Result, ensure};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Folders to mount on.
const FOLDERS: [&str; 5] = ["/dev", "/proc", "/sys", "/tmp", "/root"];
const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;

/// Writes the disk into `folder`, with `program` as the board's first.
pub(crate) fn make(folder: &Path, program: &Path) -> Result<PathBuf> {
    let mut files = vec![(PathBuf::from("/init"), stripped(folder, program)?)];
    for library in libraries(program)? {
        let bytes = fs::read(&library).with_context(|| format!("reading {}", library.display()))?;
        files.push((library, bytes));
    }
    let parents = files.iter().flat_map(|(path, _)| path.ancestors().skip(1));
    let folders: BTreeSet<&Path> = parents.chain(FOLDERS.iter().map(Path::new)).collect();
    let mut disk = Vec::new();
    for folder in folders.into_iter().filter(|folder| *folder != Path::new("/")) {
        entry(&mut disk, &folder.to_string_lossy(), FOLDER, &[])?;
    }
    for (path, bytes) in &files {
        entry(&mut disk, &path.to_string_lossy(), PROGRAM, bytes)?;
    }
    entry(&mut disk, "TRAILER!!!", 0, &[])?;
    let path = folder.join("board.cpio");
    fs::write(&path, disk).context("writing the disk")?;
    Ok(path)
}

/// The program without what only a debugger reads.
fn stripped(folder: &Path, program: &Path) -> Result<Vec<u8>> {
    let into = folder.join("init");
    let status = Command::new("strip").arg("-o").arg(&into).arg(program).status();
    ensure!(status.context("starting strip")?.success(), "strip failed");
    fs::read(&into).context("reading the stripped program")
}

/// The libraries that the dynamic linker finds for it, and the linker itself.
fn libraries(program: &Path) -> Result<Vec<PathBuf>> {
    let listed = Command::new("ldd").arg(program).output().context("starting ldd")?;
    let listed = String::from_utf8(listed.stdout).context("what ldd says")?;
    let paths = listed.split_whitespace().filter(|word| word.starts_with('/'));
    Ok(paths.map(PathBuf::from).collect())
}

/// One entry: a head of thirteen numbers, the name, the content, each filled up to four bytes.
fn entry(disk: &mut Vec<u8>, name: &str, mode: u32, content: &[u8]) -> Result<()> {
    let name = name.trim_start_matches('/');
    let size = u32::try_from(content.len()).context("too large a file")?;
    let name_size = u32::try_from(name.len() + 1).context("too long a name")?;
    disk.extend_from_slice(b"070701");
    for number in [0, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0] {
        disk.extend_from_slice(format!("{number:08x}").as_bytes());
    }
    disk.extend_from_slice(name.as_bytes());
    disk.push(0);
    fill(disk);
    disk.extend_from_slice(content);
    fill(disk);
    Ok(())
}

fn fill(disk: &mut Vec<u8>) {
    disk.resize(disk.len().next_multiple_of(4), 0);
}
