//! The line a device is spoken to through, as its settings describe it.
//!
//! What stands here opens nothing: `edge/devices` opens the line and hands it over as a [`crate::Line`].

use crate::text::{DevicePath, DeviceSerial, HostName, HttpOrigin};
use std::time::Duration;

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
    Chars(DevicePath),
    /// A Modbus unit. Units of one bus share it, also those of different devices.
    Modbus(ModbusTarget),
    /// Lines of a GPIO chip.
    Gpio(GpioTarget),
    /// The keys of an input device, taken for the edge alone, by its path, e.g. `/dev/input/by-id/…-event-kbd`.
    Keys(DevicePath),
    /// Nothing is opened: the device calls the edge's LAN port, see [`crate::DriverContext::calls`].
    Calls(CallTarget),
    /// Several lines; [`crate::Line::Several`] has them in this order.
    Several(Vec<LineSpec>),
}

/// One host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketTarget {
    /// Host name or IP address.
    pub host: HostName,
    /// Port.
    pub port: u16,
}

/// A serial port and how it is set; always eight data bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialTarget {
    /// Its path, e.g. `/dev/serial/by-id/usb-…`.
    pub path: DevicePath,
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
    pub chip: DevicePath,
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
    pub name: DeviceSerial,
}

/// One HTTP host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTarget {
    /// `http://host:port` or `https://host:port`, without a path. Requests go nowhere else, whatever the device says.
    pub base: HttpOrigin,
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
