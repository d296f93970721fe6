//! The line for bytes: a TCP connection, or UDP datagrams, to one host and port.
//!
//! It repeats nothing and frames nothing: what bytes mean is the adapter's own business.

use async_trait::async_trait;
use bytes::Bytes;
use std::{fmt::Debug, io};
use tokio::time::Instant;

/// The way to one host and port.
#[async_trait]
pub trait Connector: Send + Sync + Debug {
    /// Opens a channel by `deadline`. For UDP nothing is sent yet.
    async fn dial(&self, deadline: Instant) -> Result<Box<dyn ByteChannel>, SocketError>;
}

/// An open channel. Dropping it gives up at once: bytes not yet delivered are thrown away, so that nothing acts late.
#[async_trait]
pub trait ByteChannel: Send + Debug {
    /// Hands all of `bytes` over by `deadline`; over UDP they are one datagram.
    async fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), SocketError>;
    /// What came: some bytes over TCP, cut anywhere; one whole datagram over UDP. Never empty. Waiting is the caller's
    /// to bound; given up while waiting, nothing is lost.
    async fn read(&mut self) -> Result<Bytes, SocketError>;
    /// Throws away what was written and has not gone out yet, where a line that hangs could send it later: nothing acts late.
    /// Elsewhere it does nothing; dropping the channel always does.
    fn discard_unsent(&mut self) {}
}

/// Why no bytes come or go.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// No connection: nothing reached the device.
    #[error("no connection")]
    Connect(#[source] io::Error),
    /// Not in time: what was written may have reached the device.
    #[error("no answer in time")]
    Timeout,
    /// The device ended the connection.
    #[error("the device ended the connection")]
    Closed,
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] io::Error),
}
