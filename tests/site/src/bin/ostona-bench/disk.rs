//! The disk itself, as the yardstick: records appended to a file and made durable with fdatasync, nothing else.

use anyhow::{Context as _, Result};
use std::{fs::File, io::Write as _, path::Path, time::Duration};
use tokio::time::Instant;

/// Appends per second, each of `bytes` bytes and durable before the next, over `length`. Blocks.
pub(crate) fn appends(file: &Path, bytes: usize, length: Duration) -> Result<f64> {
    let batch = vec![b'x'; bytes];
    let mut open = File::create(file).with_context(|| format!("creating {}", file.display()))?;
    let began = Instant::now();
    let mut done = 0_u32;
    while began.elapsed() < length {
        open.write_all(&batch).context("appending")?;
        open.sync_data().context("making an append durable")?;
        done += 1;
    }
    let rate = f64::from(done) / began.elapsed().as_secs_f64();
    std::fs::remove_file(file).with_context(|| format!("removing {}", file.display()))?;
    Ok(rate)
}
