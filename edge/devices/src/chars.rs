//! The line for character devices that take and give bytes, such as a USB printer's `/dev/usb/lp0`.
//!
//! Never waits in the kernel: a printer out of paper that takes no bytes runs into the deadline and holds no thread.

use adapter_sdk::{
    DevicePath,
    socket::{ByteChannel, Connector, SocketError},
};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use rustix::fs::{FileType, Mode, OFlags};
use std::{fs::File, io};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::unix::pipe,
    time::{Instant, timeout_at},
};

/// Bytes taken from a device at once.
const PIECE: usize = 4 * 1024;

/// Opens one character device.
#[derive(Debug)]
pub struct CharsDial(DevicePath);

impl CharsDial {
    /// Nothing is opened yet.
    pub fn new(path: impl Into<DevicePath>) -> Self {
        Self(path.into())
    }
}

#[async_trait]
impl Connector for CharsDial {
    async fn dial(&self, deadline: Instant) -> Result<Box<dyn ByteChannel>, SocketError> {
        let path = self.0.clone();
        // Opening may wait for the device at the other end of a USB cable.
        let opening = tokio::task::spawn_blocking(move || open(path.as_str()));
        let opened = match timeout_at(deadline, opening).await {
            Ok(Ok(opened)) => opened,
            Ok(Err(_)) => Err(io::ErrorKind::Interrupted.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        let conversation = opened.and_then(CharsChannel::new).map_err(SocketError::Connect)?;
        Ok(Box::new(conversation))
    }
}

fn open(path: &str) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let device = rustix::fs::open(path, flags, Mode::empty())?;
    let kind = FileType::from_raw_mode(rustix::fs::fstat(&device)?.st_mode);
    if kind == FileType::CharacterDevice {
        Ok(device.into())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a character device"))
    }
}

/// An open device. tokio's ends of a pipe take any descriptor that can be waited for.
#[derive(Debug)]
struct CharsChannel {
    from: pipe::Receiver,
    to: pipe::Sender,
    buffer: BytesMut,
}

impl CharsChannel {
    fn new(device: File) -> io::Result<Self> {
        Ok(Self {
            from: pipe::Receiver::from_file_unchecked(device.try_clone()?)?,
            to: pipe::Sender::from_file_unchecked(device)?,
            buffer: BytesMut::new(),
        })
    }
}

#[async_trait]
impl ByteChannel for CharsChannel {
    async fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), SocketError> {
        if Instant::now() >= deadline {
            return Err(SocketError::Timeout);
        }
        match timeout_at(deadline, self.to.write_all(bytes)).await {
            Ok(written) => written.map_err(SocketError::Broken),
            Err(_) => Err(SocketError::Timeout),
        }
    }

    async fn read(&mut self) -> Result<Bytes, SocketError> {
        self.buffer.reserve(PIECE);
        match self.from.read_buf(&mut self.buffer).await {
            Ok(0) => Err(SocketError::Closed),
            Ok(_) => Ok(self.buffer.split().freeze()),
            Err(error) => Err(SocketError::Broken(error)),
        }
    }
}
