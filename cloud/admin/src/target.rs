//! How a device is named in a path: `<edge>~<device>`, one segment, since a device's slug is unique within its edge only.
//!
//! Example: `0196f3a0-7c1e-7000-8000-0123456789ab~lobby-gate-1`.

use protocol::{DeviceId, EdgeId};
use serde::{Deserialize, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// A device of an edge.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DeviceRef {
    /// Which edge it hangs on.
    pub edge: EdgeId,
    /// Its slug there.
    pub device: DeviceId,
}

/// A text that names no device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a device is named <edge>~<device>")]
pub struct DeviceRefError;

impl FromStr for DeviceRef {
    type Err = DeviceRefError;
    fn from_str(text: &str) -> Result<Self, DeviceRefError> {
        let (edge, device) = text.split_once('~').ok_or(DeviceRefError)?;
        let edge = edge.parse().map_err(|_| DeviceRefError)?;
        Ok(Self {
            edge,
            device: device.parse().map_err(|_| DeviceRefError)?,
        })
    }
}
impl TryFrom<String> for DeviceRef {
    type Error = DeviceRefError;
    fn try_from(text: String) -> Result<Self, DeviceRefError> {
        text.parse()
    }
}
impl fmt::Display for DeviceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.edge, self.device)
    }
}

impl Serialize for DeviceRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whom a command is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandTarget {
    /// A device of an edge.
    Device(DeviceRef),
    /// The site itself, through its edge.
    Site(EdgeId),
}

impl CommandTarget {
    /// The edge that carries it out.
    pub const fn edge(&self) -> EdgeId {
        match self {
            CommandTarget::Device(target) => target.edge,
            CommandTarget::Site(edge) => *edge,
        }
    }
    /// What it is, for people.
    pub const fn kind(&self) -> &'static str {
        match self {
            CommandTarget::Device(_) => "a device",
            CommandTarget::Site(_) => "a site",
        }
    }
    /// The device it is for, where it is for one.
    pub const fn device(&self) -> Option<&DeviceId> {
        match self {
            CommandTarget::Device(target) => Some(&target.device),
            CommandTarget::Site(_) => None,
        }
    }
}
impl fmt::Display for CommandTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandTarget::Device(target) => target.fmt(f),
            CommandTarget::Site(edge) => edge.fmt(f),
        }
    }
}
