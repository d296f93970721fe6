//! The disk itself, as the yardstick: records written to a file and made durable with fdatasync, nothing else.

use anyhow::{Context as _, Result};
use std::{fs::File, os::unix::fs::FileExt as _, path::Path, time::Duration};
use tokio::time::Instant;

/// Space that is taken beforehand, bytes.
const SPACE: usize = 64 << 20;

/// Where the records go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteTarget {
    /// Behind the file's end: each fdatasync has a new length to make durable as well.
    GrowingFile,
    /// Into space that was written before: the least a durable write can cost.
    WrittenSpace,
}

/// Writes per second, each of `bytes` bytes and durable before the next, over `length`. Blocks.
pub(crate) fn writes(path: &Path, into: WriteTarget, bytes: usize, length: Duration) -> Result<f64> {
    let batch = vec![b'x'; bytes];
    let file = File::create(path).with_context(|| format!("creating {}", path.display()))?;
    if into == WriteTarget::WrittenSpace {
        file.write_all_at(&vec![0; SPACE], 0).context("taking space")?;
        file.sync_all().context("making the space durable")?;
    }
    let began = Instant::now();
    let (mut done, mut at) = (0_u32, 0_usize);
    while began.elapsed() < length {
        if into == WriteTarget::WrittenSpace && at + bytes > SPACE {
            at = 0;
        }
        file.write_all_at(&batch, at as u64).context("writing")?;
        file.sync_data().context("making a write durable")?;
        at += bytes;
        done += 1;
    }
    let rate = f64::from(done) / began.elapsed().as_secs_f64();
    std::fs::remove_file(path).with_context(|| format!("removing {}", path.display()))?;
    Ok(rate)
}
