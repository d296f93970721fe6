//! `GET /ISAPI/System/deviceInfo`: who the device is.

use super::body::{self, BodyError};
use adapter_sdk::{DeviceModel, DeviceSerial};
use protocol::text::FirmwareVersion;

/// Where it is asked.
pub(crate) const TARGET: &str = "/ISAPI/System/deviceInfo";
/// Longest text taken over.
const LONGEST: usize = 128;

/// Who the device says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HikIdentity {
    /// Serial number: the name of its log.
    pub(crate) serial: DeviceSerial,
    /// Model, e.g. `DS-K1T342MWX`.
    pub(crate) model: Option<DeviceModel>,
    /// Firmware, e.g. `V3.16.1 build 230830`.
    pub(crate) firmware: Option<FirmwareVersion>,
}

/// Why an answer names no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HikIdentityError {
    /// Cannot be read.
    #[error("deviceInfo: {0}")]
    Body(BodyError),
    /// Without a serial number.
    #[error("deviceInfo has no serialNumber")]
    NoSerial,
}

/// Reads `deviceInfo`, XML or JSON.
pub(crate) fn parse(bytes: &[u8]) -> Result<HikIdentity, HikIdentityError> {
    let tree = body::parse(bytes).map_err(HikIdentityError::Body)?;
    let device = body::inside(&tree, "DeviceInfo");
    let short = |key| body::text(device, key).map(|text| text.chars().take(LONGEST).collect::<String>());
    let firmware = match (short("firmwareVersion"), short("firmwareReleasedDate")) {
        (Some(version), Some(date)) => Some(format!("{version} {date}")),
        (version, _) => version,
    };
    let serial = short("serialNumber").ok_or(HikIdentityError::NoSerial)?;
    // A `#` separates the log's generation from the serial number.
    let serial = serial.replace(|c: char| c.is_control() || c == '#', "_");
    Ok(HikIdentity {
        serial: serial.into(),
        model: short("model").map(DeviceModel::from),
        firmware: firmware.map(FirmwareVersion::from),
    })
}
