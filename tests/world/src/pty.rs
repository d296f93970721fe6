//! A pair of pseudo-terminals: a serial cable with a device at its far end, and a path to open at its near one.
//!
//! The near end stays plugged in for as long as the pair lives, opened or not; nothing is echoed or translated.

use anyhow::Context as _;
use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};
use std::{fs::File, io, os::fd::OwnedFd};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::unix::pipe,
};

/// Bytes taken from the cable at once.
const PIECE: usize = 4096;

/// A cable. Dropping it pulls it out.
#[derive(Debug)]
pub struct Pty {
    path: String,
    from: pipe::Receiver,
    to: pipe::Sender,
    _near: OwnedFd,
}

impl Pty {
    /// Plugs a cable in. Must be called within a tokio runtime.
    pub fn open() -> anyhow::Result<Self> {
        let far = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).context("opening a pseudo-terminal")?;
        grantpt(&far).context("being granted its other end")?;
        unlockpt(&far).context("unlocking its other end")?;
        let path = ptsname(&far, Vec::new()).context("naming its other end")?;
        let path = path.into_string().context("a path that is no text")?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let near = rustix::fs::open(&path, flags, Mode::empty()).with_context(|| format!("opening {path}"))?;
        let mut settings = tcgetattr(&near).context("reading its settings")?;
        settings.make_raw();
        tcsetattr(&near, OptionalActions::Now, &settings).context("making it raw")?;
        rustix::fs::fcntl_setfl(&far, OFlags::NONBLOCK).context("not waiting in the kernel")?;
        let far = File::from(far);
        Ok(Self {
            path,
            // tokio's ends of a pipe take any descriptor that can be waited for.
            from: pipe::Receiver::from_file_unchecked(far.try_clone()?)?,
            to: pipe::Sender::from_file_unchecked(far)?,
            _near: near,
        })
    }

    /// What the edge opens.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The device sends.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes).await
    }

    /// What the device hears next. Given up while waiting, nothing is lost.
    pub async fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(PIECE);
        self.from.read_buf(&mut bytes).await?;
        Ok(bytes)
    }
}
