//! What an adapter says of itself, and how it is started.

use crate::context::DriverContext;
use protocol::{Reason, command::ActionName};
use std::{fmt::Display, future::Future, ops::RangeInclusive, pin::Pin, time::Duration};

/// An adapter's visiting card (A82).
#[derive(Debug, Clone, Copy)]
pub struct AdapterManifest {
    /// The name of its folder, e.g. `hikvision`.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
    /// Makers whose devices it speaks to.
    pub vendors: &'static [&'static str],
    /// Version of the adapter.
    pub version: &'static str,
    /// Kinds of device it can be.
    pub kinds: &'static [&'static str],
    /// The actions it carries out ([`crate::SupportedActions::NAMES`]). The fleet refuses every other.
    pub actions: &'static [ActionName],
    /// JSON Schema of its settings.
    pub settings_schema: &'static str,
}

/// A number of the settings within its limits.
pub fn within<T: PartialOrd + Display>(key: &str, value: T, limits: RangeInclusive<T>) -> Result<T, SettingsError> {
    if limits.contains(&value) {
        return Ok(value);
    }
    let (from, to) = (limits.start(), limits.end());
    Err(SettingsError(format!("{key}: is no whole number from {from} to {to}")))
}

/// One device family. Stateless: everything a device needs lives in the [`Plan`] made from its settings.
pub trait Adapter: Send + Sync {
    /// What it says of itself.
    fn manifest(&self) -> &'static AdapterManifest;
    /// Checks one device's settings and says what line it needs.
    fn plan(&self, settings: &serde_json::Value) -> Result<Plan, SettingsError>;
}

/// Settings that cannot work. The text names the key and the limit, never a secret's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

/// One device, ready to be driven: the line it needs, and the conversation.
pub struct Plan {
    /// The line to open.
    pub wants: LineSpec,
    /// Seconds of silence after which the device counts as offline, where the driver does not know better. A driver that
    /// says nothing for three of them hangs, and is ended: one whose device has nothing to say says that it is alive.
    pub lease: Duration,
    /// The conversation; called again after each failure, with backoff.
    pub drive: DriverFn,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan")
            .field("wants", &self.wants)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}

/// Starts one run of the conversation. It ends only with a reason to start anew.
pub type DriverFn = Box<dyn Fn(DriverContext) -> Pin<Box<dyn Future<Output = DriverError> + Send>> + Send + Sync>;

/// The line a device is spoken to through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineSpec {
    /// HTTP requests to one host.
    Http(HttpTarget),
    /// A TCP connection to one host.
    Tcp(SocketTarget),
    /// UDP datagrams to and from one host.
    Udp(SocketTarget),
    /// A serial port: RS-232, RS-485 or USB CDC.
    Serial(SerialTarget),
    /// A character device that takes and gives bytes, by its path, e.g. a USB printer's `/dev/usb/lp0`.
    Chars(String),
    /// A Modbus unit. Units of one bus share it, also those of different devices.
    Modbus(ModbusTarget),
    /// Lines of a GPIO chip.
    Gpio(GpioTarget),
    /// The keys of an input device, taken for the edge alone, by its path, e.g. `/dev/input/by-id/…-event-kbd`.
    Keys(String),
    /// Nothing is opened: the device calls the edge's LAN port, see [`crate::DriverContext::calls`].
    Calls(CallTarget),
    /// Several lines; [`crate::Line::Several`] has them in this order.
    Several(Vec<LineSpec>),
}

/// One host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketTarget {
    /// Host name or IP address.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// A serial port and how it is set; always eight data bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialTarget {
    /// Its path, e.g. `/dev/serial/by-id/usb-…`.
    pub path: String,
    /// Bits per second.
    pub baud: u32,
    /// Parity bit.
    pub parity: Parity,
    /// Two stop bits instead of one, as Modbus RTU wants without parity.
    pub stop_bits: StopBits,
}

/// Parity bit of a serial port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parity {
    /// None.
    #[default]
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

/// Stop bits of a serial port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StopBits {
    /// One.
    #[default]
    One,
    /// Two.
    Two,
}

/// One Modbus unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModbusTarget {
    /// The way to its bus.
    pub via: ModbusTransport,
    /// Unit id (slave address): 1 to 247; 255 where a TCP device takes any.
    pub unit: u8,
}

/// The way to a Modbus bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModbusTransport {
    /// Modbus TCP.
    Tcp(SocketTarget),
    /// Modbus RTU.
    Rtu(SerialTarget),
}

/// Lines of one GPIO chip. Pins are named by their place: outputs first, then inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpioTarget {
    /// The chip, e.g. `/dev/gpiochip0`.
    pub chip: String,
    /// Lines that are driven.
    pub outputs: Vec<OutputPin>,
    /// Lines that are watched.
    pub inputs: Vec<InputPin>,
}

/// A line that is driven. It is inactive from the moment it is taken, and again when it is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputPin {
    /// Offset on the chip.
    pub offset: u32,
    /// Electrically low when active.
    pub active: ActiveLevel,
}

/// A line that is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputPin {
    /// Offset on the chip.
    pub offset: u32,
    /// Which electrical level counts as active.
    pub active: ActiveLevel,
    /// The pull resistor.
    pub bias: Bias,
    /// Changes shorter than this are not seen; zero for Wiegand lines.
    pub debounce: Duration,
}

/// Which electrical level counts as active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ActiveLevel {
    /// High.
    #[default]
    High,
    /// Low.
    Low,
}

/// The pull resistor of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bias {
    /// Left as it is.
    #[default]
    AsIs,
    /// To the supply.
    PullUp,
    /// To ground.
    PullDown,
}

/// How a device that calls the LAN port is known: by `name` as the value of the query key `key` under `prefix`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallTarget {
    /// The first segment of the paths it calls, without slashes, e.g. `iclock`.
    pub prefix: &'static str,
    /// The query key that names the caller, e.g. `SN`.
    pub key: &'static str,
    /// This device's value of it: a serial number.
    pub name: String,
}

/// One HTTP host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTarget {
    /// `http://host:port` or `https://host:port`, without a path. Requests go nowhere else, whatever the device says.
    pub base: String,
    /// Whom to believe on TLS.
    pub trust: TlsTrust,
    /// Time to connect.
    pub connect_timeout: Duration,
}

/// Whom to believe on TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsTrust {
    /// The roots of the edge's settings.
    Roots,
    /// Exactly the certificate with this SHA-256 (lower-case hex): devices sign their own.
    Pinned(String),
}

/// Why a conversation ended. The word in each is what `device.offline` gives as its reason.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// No connection, or it broke.
    #[error("cannot talk to the device: {doing}")]
    Unreachable {
        /// What was being done.
        doing: &'static str,
        /// What went wrong below.
        #[source]
        source: crate::http::HttpError,
    },
    /// No bytes come or go.
    #[error("cannot talk to the device: {doing}")]
    Lost {
        /// What was being done.
        doing: &'static str,
        /// What went wrong below.
        #[source]
        source: crate::socket::SocketError,
    },
    /// It does not believe us. Not tried again before the settings change or the wait is over.
    #[error("the device refuses our name or password")]
    WrongPassword {
        /// How long to leave it in peace.
        wait: Duration,
    },
    /// It locked us out.
    #[error("the device has locked us out for {} s", wait.as_secs())]
    LockedOut {
        /// How long.
        wait: Duration,
    },
    /// It is on the line and says nothing, or its driver does not come to an end.
    #[error("the device or its driver hangs: {0}")]
    Silent(&'static str),
    /// It answers with something that is not its protocol.
    #[error("the device does not answer as it should: {0}")]
    Protocol(String),
    /// Nobody can take what we see any more: the edge is stopping, or refuses new facts.
    #[error("what the device reports cannot be taken on")]
    Unrecorded(#[source] crate::reporter::ReportError),
}

impl DriverError {
    /// The short stable word for `device.offline`.
    pub const fn word(&self) -> &'static str {
        match self {
            DriverError::Unreachable { .. } | DriverError::Lost { .. } => "unreachable",
            DriverError::WrongPassword { .. } => "wrong_password",
            DriverError::LockedOut { .. } => "locked_out",
            DriverError::Silent(_) => "silent",
            DriverError::Protocol(_) => "protocol",
            DriverError::Unrecorded(_) => "refused",
        }
    }
    /// The same for a command that the conversation's end interrupts.
    pub const fn reason(&self) -> Reason {
        match self {
            DriverError::Unreachable { .. } | DriverError::Lost { .. } => Reason::Offline,
            DriverError::WrongPassword { .. } | DriverError::LockedOut { .. } => Reason::NotAuthorised,
            DriverError::Silent(_) => Reason::TimedOut,
            DriverError::Protocol(_) => Reason::Hardware,
            DriverError::Unrecorded(_) => Reason::Interrupted,
        }
    }
    /// The least time to wait before the next run; `None`: the supervisor's backoff decides.
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            DriverError::WrongPassword { wait } | DriverError::LockedOut { wait } => Some(*wait),
            DriverError::Unreachable { .. }
            | DriverError::Lost { .. }
            | DriverError::Silent(_)
            | DriverError::Protocol(_)
            | DriverError::Unrecorded(_) => None,
        }
    }
}
