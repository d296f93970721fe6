//! The disk itself, as the yardstick: records written to a file and made durable with fdatasync, nothing else.

use anyhow::{Context as _, Result, bail};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::fs::FileExt as _,
    path::Path,
    thread,
    time::Duration,
};
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

/// Writes per second that a client asks for over loopback, one after the other: the server has one thread, which reads a
/// record, appends it to a growing file, makes it durable and answers four bytes, as many as a PUBACK has. No server can be
/// quicker than that. Blocks.
pub(crate) fn asked_appends(path: &Path, bytes: usize, length: Duration) -> Result<f64> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("listening")?;
    let address = listener.local_addr().context("listening")?;
    let file = File::create(path).with_context(|| format!("creating {}", path.display()))?;
    let server = thread::spawn(move || serve(&listener, &file, bytes));
    let mut client = TcpStream::connect(address).context("connecting")?;
    client.set_nodelay(true).context("connecting")?;
    let (record, mut answer) = (vec![b'x'; bytes], [0; 4]);
    let began = Instant::now();
    let mut done = 0_u32;
    while began.elapsed() < length {
        client.write_all(&record).context("asking for a write")?;
        client.read_exact(&mut answer).context("waiting for a write")?;
        done += 1;
    }
    let rate = f64::from(done) / began.elapsed().as_secs_f64();
    drop(client);
    if server.join().is_err() {
        bail!("the server of the yardstick broke down");
    }
    std::fs::remove_file(path).with_context(|| format!("removing {}", path.display()))?;
    Ok(rate)
}

/// Serves one client until it hangs up.
fn serve(listener: &TcpListener, file: &File, bytes: usize) -> std::io::Result<()> {
    let (mut client, _) = listener.accept()?;
    client.set_nodelay(true)?;
    let (mut record, mut at) = (vec![0; bytes], 0);
    while client.read_exact(&mut record).is_ok() {
        file.write_all_at(&record, at)?;
        file.sync_data()?;
        client.write_all(&[0x40, 2, 0, 1])?;
        at += record.len() as u64;
    }
    Ok(())
}
