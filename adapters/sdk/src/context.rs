//! What one run of a driver is given.

use crate::{
    ask::Asks, clock::Clock, driver_error::DriverError, gpio::Gpio, http::Http, keys::InputDevice, log::LogPosition,
    modbus::Modbus, reporter::Reporter, socket::Connector,
};
use bytes::Bytes;
use http::{Method, StatusCode};
use protocol::DeviceId;
use std::{fmt, sync::Arc};
use tokio::sync::{mpsc, oneshot};

/// Everything one run of a driver may touch.
pub struct DriverContext {
    /// Which device this is.
    pub device: DeviceId,
    /// The line its plan wants.
    pub line: Line,
    /// Commands for the device. Closed: the edge is stopping, or the device was taken off the roster.
    pub asks: Asks,
    /// Where to say what is seen.
    pub reporter: Reporter,
    /// The edge's clock.
    pub clock: Arc<dyn Clock>,
    /// What the device sends on its own, over the edge's LAN port.
    pub pushes: PushReceiver,
    /// The URL under which it can do so: holds the device's own secret. `None`: the edge has no LAN port.
    pub push_url: Option<PushUrl>,
    /// Requests of a device that calls the LAN port ([`crate::LineSpec::Calls`]).
    pub calls: CallReceiver,
    /// How far into the device's own log everything is on disk.
    pub log_position: Option<LogPosition>,
}

/// Without the push URL: it holds the device's secret.
impl fmt::Debug for DriverContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DriverContext")
            .field("device", &self.device)
            .field("log_position", &self.log_position)
            .finish_non_exhaustive()
    }
}

/// The line a driver talks through: of the kind that its plan wants ([`crate::LineSpec`]).
#[derive(Debug, Clone)]
pub enum Line {
    /// Requests to one HTTP host.
    Http(Arc<dyn Http>),
    /// Bytes over TCP or UDP, a serial port or a character device.
    Socket(Arc<dyn Connector>),
    /// One Modbus unit.
    Modbus(Arc<dyn Modbus>),
    /// Lines of a GPIO chip.
    Gpio(Arc<dyn Gpio>),
    /// Keys of an input device.
    Keys(Arc<dyn InputDevice>),
    /// None: the device calls.
    Calls,
    /// Several, in the order they were wanted.
    Several(Vec<Line>),
}

impl Line {
    /// The line of a driver that wants HTTP.
    pub fn http(self) -> Result<Arc<dyn Http>, DriverError> {
        if let Line::Http(http) = self {
            Ok(http)
        } else {
            Err(self.mistaken("HTTP"))
        }
    }
    /// The line of a driver that wants TCP or UDP.
    pub fn socket(self) -> Result<Arc<dyn Connector>, DriverError> {
        if let Line::Socket(dial) = self {
            Ok(dial)
        } else {
            Err(self.mistaken("a socket"))
        }
    }
    /// The line of a driver that wants Modbus.
    pub fn modbus(self) -> Result<Arc<dyn Modbus>, DriverError> {
        if let Line::Modbus(modbus) = self {
            Ok(modbus)
        } else {
            Err(self.mistaken("Modbus"))
        }
    }
    /// The line of a driver that wants GPIO.
    pub fn gpio(self) -> Result<Arc<dyn Gpio>, DriverError> {
        if let Line::Gpio(gpio) = self {
            Ok(gpio)
        } else {
            Err(self.mistaken("GPIO"))
        }
    }
    /// The line of a driver that wants keys.
    pub fn keys(self) -> Result<Arc<dyn InputDevice>, DriverError> {
        if let Line::Keys(keys) = self {
            Ok(keys)
        } else {
            Err(self.mistaken("keys"))
        }
    }
    /// The lines of a driver that wants several; a single line is one of one.
    pub fn several(self) -> Vec<Line> {
        match self {
            Line::Several(lines) => lines,
            line
            @ (Line::Http(_) | Line::Socket(_) | Line::Modbus(_) | Line::Gpio(_) | Line::Keys(_) | Line::Calls) => {
                vec![line]
            }
        }
    }

    fn mistaken(&self, wanted: &'static str) -> DriverError {
        let is = match self {
            Line::Http(_) => "HTTP",
            Line::Socket(_) => "a socket",
            Line::Modbus(_) => "Modbus",
            Line::Gpio(_) => "GPIO",
            Line::Keys(_) => "keys",
            Line::Calls => "calls",
            Line::Several(_) => "several",
        };
        DriverError::Protocol(format!("the line given is {is}, not {wanted}"))
    }
}

/// The URL under which one device pushes to the edge. It holds the device's own secret.
#[derive(Clone, PartialEq, Eq)]
pub struct PushUrl(String);

impl PushUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for PushUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

/// Without the URL: it holds the device's secret.
impl fmt::Debug for PushUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PushUrl").finish_non_exhaustive()
    }
}

/// Where a driver receives pushes.
pub type PushReceiver = mpsc::Receiver<InboundPush>;

/// One HTTP body the device sent on its own.
pub struct InboundPush {
    /// The `Content-Type` header.
    pub content_type: String,
    /// The body, bounded by the LAN port.
    pub body: Bytes,
    /// Say `true` once what it holds is on disk: the device is told 200, else 503.
    pub accepted: oneshot::Sender<bool>,
}

/// Without the body: it may hold names, card numbers and pictures.
impl fmt::Debug for InboundPush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundPush")
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Where a driver receives calls.
pub type CallReceiver = mpsc::Receiver<InboundCall>;

/// One HTTP request of a device that calls the LAN port, and the place for the answer.
pub struct InboundCall {
    /// Method.
    pub method: Method,
    /// What follows the prefix, without a leading slash, e.g. `cdata`.
    pub path: String,
    /// The query as it came, percent-encoding included; bounded by the LAN port.
    pub query: String,
    /// The body, bounded by the LAN port.
    pub body: Bytes,
    /// The answer. Dropped: the device is told 503 and tries again.
    pub answer: oneshot::Sender<CallAnswer>,
}

/// What a calling device is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallAnswer {
    /// Status.
    pub status: StatusCode,
    /// The `Content-Type` header.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

/// Without query and body: they hold names, card numbers and pictures.
impl fmt::Debug for InboundCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundCall")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
