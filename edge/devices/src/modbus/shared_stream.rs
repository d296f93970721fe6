//! The bytes of one connection to a bus, with two hands on them: tokio-modbus' and our own.
//!
//! Only one hand moves at a time: a bus is asked one thing at a time.

use super::frame;
use adapter_sdk::{modbus::ModbusError, socket::SocketError};
use std::{
    fmt::Debug,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    time::timeout,
};

/// Silence after which a serial bus is believed to have nothing more to say to an old question.
const SETTLED: Duration = Duration::from_millis(100);
/// Silence after which a sound frame of unknown length is whole. USB adapters hold bytes back for up to 16 ms.
const WHOLE: Duration = Duration::from_millis(25);
/// A TCP connection or a serial port.
pub(super) trait BusStream: AsyncRead + AsyncWrite + Unpin + Send + Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Debug> BusStream for T {}

/// The connection itself: tokio-modbus has one hand on it, and keeps it; frames of our own go through the other.
#[derive(Debug, Clone)]
pub(super) struct SharedStream(Arc<Mutex<Box<dyn BusStream>>>);

impl SharedStream {
    pub(super) fn new(stream: impl BusStream + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(stream))))
    }

    fn stream(&self) -> MutexGuard<'_, Box<dyn BusStream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing came, nor the end.
    pub(super) fn is_quiet(&self) -> bool {
        let mut room = [0; 1];
        let mut context = Context::from_waker(Waker::noop());
        let mut stream = self.stream();
        Pin::new(&mut *stream)
            .poll_read(&mut context, &mut ReadBuf::new(&mut room))
            .is_pending()
    }

    /// Throws away what comes until nothing comes any more.
    pub(super) async fn drain(&mut self) -> io::Result<()> {
        let mut room = [0; frame::LONGEST];
        while let Ok(read) = timeout(SETTLED, self.read(&mut room)).await {
            if read? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// Asks over TCP: the unit that answers, and the inside of its frame.
    pub(super) async fn over_tcp(
        &mut self,
        transaction: u16,
        unit: u8,
        function: u8,
        rest: &[u8],
    ) -> Result<(u8, Vec<u8>), ModbusError> {
        let question = frame::tcp(transaction, unit, function, rest);
        self.write_all(&question).await.map_err(broken)?;
        let mut head = [0; frame::MBAP_LEN];
        self.read_exact(&mut head).await.map_err(broken)?;
        let (answered, from, length) = frame::parse_mbap(head).ok_or(ModbusError::Mismatch)?;
        let mut inner = vec![0; length];
        self.read_exact(&mut inner).await.map_err(broken)?;
        if answered == transaction {
            Ok((from, inner))
        } else {
            Err(ModbusError::Mismatch)
        }
    }

    /// Asks over a serial bus: the unit that answers, and the inside of its frame.
    pub(super) async fn over_rtu(&mut self, unit: u8, function: u8, rest: &[u8]) -> Result<(u8, Vec<u8>), ModbusError> {
        let question = frame::rtu(unit, function, rest);
        self.write_all(&question).await.map_err(broken)?;
        let mut heard = Vec::new();
        while heard.len() < frame::LONGEST {
            let sound = frame::from_rtu(&heard).map(|(from, inner)| (from, inner.to_vec()));
            let mut room = [0; frame::LONGEST];
            let read = match sound {
                Some(sound) if frame::is_whole(&heard, &question) => return Ok(sound),
                Some(sound) => match timeout(WHOLE, self.read(&mut room)).await {
                    Ok(read) => read,
                    Err(_) => return Ok(sound),
                },
                None => self.read(&mut room).await,
            };
            match read.map_err(broken)? {
                0 => return Err(ModbusError::Line(SocketError::Closed)),
                read => heard.extend_from_slice(room.get(..read).unwrap_or_default()),
            }
        }
        Err(ModbusError::Mismatch)
    }
}

impl AsyncRead for SharedStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream()).poll_read(cx, buffer)
    }
}

impl AsyncWrite for SharedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.stream()).poll_write(cx, bytes)
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream()).poll_flush(cx)
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream()).poll_shutdown(cx)
    }
}

/// The connection broke, or ended.
pub(super) fn broken(error: io::Error) -> ModbusError {
    ModbusError::Line(if error.kind() == io::ErrorKind::UnexpectedEof {
        SocketError::Closed
    } else {
        SocketError::Broken(error)
    })
}
