//! Why there can be no line to a target, whatever hangs there.
//!
//! A device that is unplugged or switched off is none of these.

use adapter_sdk::{DevicePath, HttpOrigin};

/// Pins of one chip that can be driven, and as many that can be watched: what the kernel takes in one request.
pub(crate) const PINS: usize = 64;

/// A target no line can be opened to, whatever hangs there.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Not `http://host:port` or `https://host:port`.
    #[error("{0:?} is not http://host:port or https://host:port")]
    Target(HttpOrigin),
    /// TLS cannot be set up.
    #[error("cannot set up TLS to the device")]
    Tls(#[source] rustls::Error),
    /// The client cannot be built.
    #[error("cannot set up the HTTP client")]
    Client(#[source] reqwest::Error),
    /// Not the path of a device.
    #[error("{0:?} is not the absolute path of a device")]
    Path(DevicePath),
    /// No Modbus unit.
    #[error("{0} is no Modbus unit: they go from 1 to 247, and 255 is any")]
    Unit(u8),
    /// Pins that cannot be taken together.
    #[error("the pins of {chip} cannot be taken together: one stands there twice, or more than {PINS} of a kind")]
    Pins {
        /// The chip.
        chip: DevicePath,
    },
}
