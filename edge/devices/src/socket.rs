//! The lines for bytes: TCP connections and UDP datagrams to one device and nowhere else.
//!
//! A connection that is dropped is reset: the kernel must not deliver a command after its driver gave it up.

use adapter_sdk::{
    SocketTarget,
    socket::{ByteChannel, Connector, SocketError},
};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use std::{
    future::Future,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket, lookup_host},
    time::{Instant, timeout_at},
};

/// Bytes taken from a connection at once.
const PIECE: usize = 16 * 1024;
/// The longest UDP datagram there is.
const DATAGRAM: usize = 65_535;

/// Opens TCP connections to one host.
#[derive(Debug)]
pub struct TcpDial(SocketTarget);

/// Opens UDP sockets that hear one host only.
#[derive(Debug)]
pub struct UdpDial(SocketTarget);

impl TcpDial {
    /// Nothing is sent yet.
    pub fn new(target: SocketTarget) -> Self {
        Self(target)
    }
}

impl UdpDial {
    /// Nothing is sent yet.
    pub fn new(target: SocketTarget) -> Self {
        Self(target)
    }
}

#[async_trait]
impl Connector for TcpDial {
    async fn dial(&self, deadline: Instant) -> Result<Box<dyn ByteChannel>, SocketError> {
        let stream = connect(&self.0, deadline).await.map_err(SocketError::Connect)?;
        Ok(Box::new(TcpChannel {
            stream,
            buffer: BytesMut::new(),
        }))
    }
}

#[async_trait]
impl Connector for UdpDial {
    async fn dial(&self, deadline: Instant) -> Result<Box<dyn ByteChannel>, SocketError> {
        let socket = by(deadline, connected(&self.0)).await.map_err(SocketError::Connect)?;
        Ok(Box::new(UdpChannel(socket)))
    }
}

/// Connects by `deadline`: what is written goes at once, what is not delivered when it is dropped is thrown away.
pub(crate) async fn connect(target: &SocketTarget, deadline: Instant) -> io::Result<TcpStream> {
    let connecting = TcpStream::connect((target.host.as_str(), target.port));
    let stream = by(deadline, connecting).await?;
    stream.set_nodelay(true)?;
    stream.set_zero_linger()?;
    Ok(stream)
}

async fn by<T>(deadline: Instant, connecting: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout_at(deadline, connecting)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// A socket that only datagrams of the device reach.
async fn connected(target: &SocketTarget) -> io::Result<UdpSocket> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in lookup_host((target.host.as_str(), target.port)).await? {
        let any = match address {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any).await?;
        match socket.connect(address).await {
            Ok(()) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[derive(Debug)]
struct TcpChannel {
    stream: TcpStream,
    buffer: BytesMut,
}

#[async_trait]
impl ByteChannel for TcpChannel {
    async fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), SocketError> {
        if Instant::now() >= deadline {
            return Err(SocketError::Timeout);
        }
        match timeout_at(deadline, self.stream.write_all(bytes)).await {
            Ok(written) => written.map_err(SocketError::Broken),
            Err(_) => Err(SocketError::Timeout),
        }
    }

    async fn read(&mut self) -> Result<Bytes, SocketError> {
        self.buffer.reserve(PIECE);
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) => Err(SocketError::Closed),
            Ok(_) => Ok(self.buffer.split().freeze()),
            Err(error) => Err(SocketError::Broken(error)),
        }
    }
}

#[derive(Debug)]
struct UdpChannel(UdpSocket);

#[async_trait]
impl ByteChannel for UdpChannel {
    async fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), SocketError> {
        if Instant::now() >= deadline {
            return Err(SocketError::Timeout);
        }
        match timeout_at(deadline, self.0.send(bytes)).await {
            Ok(sent) => sent.map(drop).map_err(SocketError::Broken),
            Err(_) => Err(SocketError::Timeout),
        }
    }

    async fn read(&mut self) -> Result<Bytes, SocketError> {
        loop {
            self.0.readable().await.map_err(SocketError::Broken)?;
            let mut datagram = BytesMut::with_capacity(DATAGRAM);
            match self.0.try_recv_buf(&mut datagram) {
                Ok(0) => {}
                Ok(_) => return Ok(datagram.freeze()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(SocketError::Broken(error)),
            }
        }
    }
}
