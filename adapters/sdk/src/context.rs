//! What one run of a driver is given.

use crate::{ask::Asks, http::Http, manifest::DriverError, outlet::Outlet, socket::Dial};
use bytes::Bytes;
use protocol::{DeviceId, Timestamp};
use std::{fmt, sync::Arc};
use tokio::sync::{mpsc, oneshot};

/// The edge's wall clock. For deadlines use `tokio::time`.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
    /// The site's offset from UTC in seconds, for devices that keep local time.
    fn offset_seconds(&self) -> i32;
}

/// Everything one run of a driver may touch.
pub struct Context {
    /// Which device this is.
    pub device: DeviceId,
    /// The line its plan wants.
    pub line: Line,
    /// Commands for the device. Closed: the edge is stopping, or the device was taken off the roster.
    pub asks: Asks,
    /// Where to say what is seen.
    pub outlet: Outlet,
    /// The edge's clock.
    pub clock: Arc<dyn Clock>,
    /// What the device sends on its own, over the edge's LAN port.
    pub pushes: Pushes,
    /// The URL under which it can do so: holds the device's own secret. `None`: the edge has no LAN port.
    pub push_url: Option<String>,
    /// How far into the device's own log everything is on disk.
    pub mark: Option<Mark>,
}

/// Without the push URL: it holds the device's secret.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("device", &self.device)
            .field("mark", &self.mark)
            .finish_non_exhaustive()
    }
}

/// The line a driver talks through: of the kind that its plan wants ([`crate::Wants`]).
#[derive(Debug, Clone)]
pub enum Line {
    /// Requests to one HTTP host.
    Http(Arc<dyn Http>),
    /// Bytes over TCP or UDP.
    Socket(Arc<dyn Dial>),
}

impl Line {
    /// The line of a driver that wants HTTP.
    pub fn http(self) -> Result<Arc<dyn Http>, DriverError> {
        match self {
            Line::Http(http) => Ok(http),
            Line::Socket(_) => Err(DriverError::Protocol("the line given is not HTTP".to_owned())),
        }
    }
    /// The line of a driver that wants TCP or UDP.
    pub fn socket(self) -> Result<Arc<dyn Dial>, DriverError> {
        match self {
            Line::Socket(dial) => Ok(dial),
            Line::Http(_) => Err(DriverError::Protocol("the line given is no socket".to_owned())),
        }
    }
}

/// How far into a device's own log everything is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The log ([`protocol::Origin::log`]).
    pub log: String,
    /// Number of the last entry taken on.
    pub number: u64,
}

/// Where a driver receives pushes.
pub type Pushes = mpsc::Receiver<Push>;

/// One HTTP body the device sent on its own.
pub struct Push {
    /// The `Content-Type` header.
    pub content_type: String,
    /// The body, bounded by the LAN port.
    pub body: Bytes,
    /// Say `true` once what it holds is on disk: the device is told 200, else 503.
    pub taken: oneshot::Sender<bool>,
}

/// Without the body: it may hold names, card numbers and pictures.
impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push")
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
