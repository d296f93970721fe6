//! Facts about devices themselves.

use super::Shape;
use crate::id::{AdapterId, DeviceId};
use crate::text::{ApplicationName, DeviceAddress, DeviceKind, FirmwareVersion, PersonNumber, ReasonWord};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A device that was found or added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceIdentity {
    /// Its slug.
    pub device: DeviceId,
    /// `gate`, `terminal`, `printer`, `kiosk`, `display`, `desk`, `pc`, `room_pi`, `pbx`, `button`, `modbus`.
    pub kind: DeviceKind,
    /// The adapter that speaks to it; none for devices that speak MQTT to the edge themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<AdapterId>,
    /// Where: host and port, or a bus path. Never a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<DeviceAddress>,
}

/// A device's state changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceChange {
    /// Which device.
    pub device: DeviceId,
    /// Why, as a short stable word: `silent`, `refused`, `wrong_password`, `locked_out`, `clock_drift`, `log_reset`…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonWord>,
    /// Firmware version, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fw: Option<FirmwareVersion>,
}

/// What settings a device runs with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettingsReport {
    /// Which device.
    pub device: DeviceId,
    /// The settings, by key. Secrets are left out.
    pub settings: BTreeMap<String, serde_json::Value>,
}

/// A device's figures at one moment; what cannot be read is left out (M38).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Metric {
    /// Which device; none: the edge itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// CPU use, percent of all cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f32>,
    /// Memory use, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mem: Option<f32>,
    /// Temperature, °C.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temp_c: Option<f32>,
    /// Disk use, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<f32>,
    /// Network round trip, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net_ms: Option<f32>,
    /// Figures of the device's own, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, f64>,
}

/// Kind of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// An active window.
    Window,
    /// A visited site.
    Site,
    /// Away from the keyboard.
    Afk,
    /// A session at a computer.
    Session,
    /// A room in use.
    Room,
    /// Presence at the site.
    Presence,
}

/// A stretch of time somebody spent on something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// The device that saw it.
    pub device: DeviceId,
    /// What kind of stretch.
    pub kind: SpanKind,
    /// When it began, by the device's clock.
    pub start: Timestamp,
    /// How long, milliseconds.
    pub dur_ms: u64,
    /// The person's number in the device, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonNumber>,
    /// Application or place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<ApplicationName>,
    /// Window or page title, where the policy allows titles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Address of a page, where the policy allows addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Shape for DeviceIdentity {
    fn device(&self) -> Option<&DeviceId> {
        Some(&self.device)
    }
}

impl Shape for DeviceChange {
    fn device(&self) -> Option<&DeviceId> {
        Some(&self.device)
    }
}

impl Shape for SettingsReport {
    fn device(&self) -> Option<&DeviceId> {
        Some(&self.device)
    }
}

impl Shape for Metric {
    fn device(&self) -> Option<&DeviceId> {
        self.device.as_ref()
    }
}

impl Shape for Span {
    fn device(&self) -> Option<&DeviceId> {
        Some(&self.device)
    }
    fn personal(&self) -> u8 {
        if self.title.is_some() || self.url.is_some() {
            2
        } else {
            self.person.is_some().into()
        }
    }
}
