//! The line for serial ports: RS-232, RS-485 and USB CDC, each taken for one device alone.
//!
//! Eight data bits, no flow control; DTR and RTS stay as the kernel sets them, for some devices take them as commands.
//! A port that is missing is a device that is offline, never settings that do not work.

use adapter_sdk::{
    Parity, SerialTarget, StopBits,
    socket::{ByteChannel, Connector, SocketError},
};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    time::{Instant, timeout_at},
};
use tokio_serial::{ClearBuffer, DataBits, FlowControl, SerialPort as _, SerialStream};

/// Bytes taken from a port at once.
const PIECE: usize = 4 * 1024;

/// Opens one serial port.
#[derive(Debug)]
pub struct SerialDial(SerialTarget);

impl SerialDial {
    /// Nothing is opened yet.
    pub fn new(target: SerialTarget) -> Self {
        Self(target)
    }
}

#[async_trait]
impl Connector for SerialDial {
    async fn dial(&self, deadline: Instant) -> Result<Box<dyn ByteChannel>, SocketError> {
        let port = open(&self.0, deadline).await.map_err(SocketError::Connect)?;
        let buffer = BytesMut::new();
        Ok(Box::new(SerialChannel { port, buffer }))
    }
}

/// Opens a port by `deadline` and forgets what came in before. Fails where another program or device holds it.
pub(crate) async fn open(target: &SerialTarget, deadline: Instant) -> io::Result<OpenSerialPort> {
    let settings = tokio_serial::new(target.path.as_str(), target.baud)
        .data_bits(DataBits::Eight)
        .flow_control(FlowControl::None)
        .exclusive(true)
        .parity(match target.parity {
            Parity::None => tokio_serial::Parity::None,
            Parity::Even => tokio_serial::Parity::Even,
            Parity::Odd => tokio_serial::Parity::Odd,
        })
        .stop_bits(match target.stop_bits {
            StopBits::One => tokio_serial::StopBits::One,
            StopBits::Two => tokio_serial::StopBits::Two,
        });
    // Opening waits for the adapter at the other end of a USB cable, which may hang.
    let opening = tokio::task::spawn_blocking(move || -> io::Result<OpenSerialPort> {
        let stream = SerialStream::open(&settings)?;
        stream.clear(ClearBuffer::Input)?;
        Ok(OpenSerialPort(stream))
    });
    match timeout_at(deadline, opening).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(_)) => Err(io::ErrorKind::Interrupted.into()),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// An open port. Dropped, it throws away what the kernel has not sent yet.
#[derive(Debug)]
pub(crate) struct OpenSerialPort(SerialStream);

impl OpenSerialPort {
    fn take_back(&self) {
        // A port that was pulled out has nothing to throw away.
        let _ = self.0.clear(ClearBuffer::Output);
    }
}

impl Drop for OpenSerialPort {
    fn drop(&mut self) {
        self.take_back();
    }
}

impl AsyncRead for OpenSerialPort {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for OpenSerialPort {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }
    /// There is nothing to flush: what was written is the kernel's, and waiting for the last bit would hold a thread.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[derive(Debug)]
struct SerialChannel {
    port: OpenSerialPort,
    buffer: BytesMut,
}

#[async_trait]
impl ByteChannel for SerialChannel {
    async fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), SocketError> {
        if Instant::now() >= deadline {
            return Err(SocketError::Timeout);
        }
        match timeout_at(deadline, self.port.write_all(bytes)).await {
            Ok(written) => written.map_err(SocketError::Broken),
            Err(_) => Err(SocketError::Timeout),
        }
    }

    async fn read(&mut self) -> Result<Bytes, SocketError> {
        self.buffer.reserve(PIECE);
        match self.port.read_buf(&mut self.buffer).await {
            Ok(0) => Err(SocketError::Closed),
            Ok(_) => Ok(self.buffer.split().freeze()),
            Err(error) => Err(SocketError::Broken(error)),
        }
    }

    fn discard_unsent(&mut self) {
        self.port.take_back();
    }
}
