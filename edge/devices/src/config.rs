//! A device as it is configured, and why one cannot be driven.
//!
//! No `Debug` shows its settings: they hold the device's password.

use protocol::{DeviceId, id::AdapterId};
use std::fmt;

/// One configured device.
#[derive(Clone, PartialEq)]
pub struct Config {
    /// Its name.
    pub device: DeviceId,
    /// The adapter that speaks to it.
    pub adapter: AdapterId,
    /// That adapter's settings.
    pub settings: serde_json::Value,
}

/// Without the settings: they hold the device's password.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("device", &self.device)
            .field("adapter", &self.adapter)
            .finish_non_exhaustive()
    }
}

/// Why a device cannot be driven.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No such adapter in this build.
    #[error("device {device}: there is no adapter {adapter}")]
    NoAdapter {
        /// Which device.
        device: DeviceId,
        /// The adapter asked for.
        adapter: AdapterId,
    },
    /// The adapter does not take the settings.
    #[error("device {device}: the settings do not work")]
    Settings {
        /// Which device.
        device: DeviceId,
        /// What is wrong.
        #[source]
        source: adapter_sdk::SettingsError,
    },
    /// Two devices would be the same caller of the LAN port.
    #[error("device {device}: calls under the same name as {other}")]
    SameCaller {
        /// Which device.
        device: DeviceId,
        /// The one that has the name.
        other: DeviceId,
    },
    /// There can be no such line, whatever is plugged in.
    #[error("device {device}: the line cannot be opened")]
    Line {
        /// Which device.
        device: DeviceId,
        /// What is wrong.
        #[source]
        source: crate::line_error::LineError,
    },
}
