//! MQTT topics of the LAN. A device speaks only below its own name, and never hears another's.
//!
//! `ostona/v1/<device>/<leaf>` belongs to one device; `ostona/v1/site/<leaf>` is heard by all and written by the edge.

use crate::id::DeviceId;
use std::{fmt, str::FromStr};

/// First levels of every topic.
pub const ROOT: &str = "ostona/v1";
/// Longest topic or filter taken, bytes.
pub const MAX_LEN: usize = 256;

/// Last level of a topic below a device's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leaf {
    /// Device → edge: a [`crate::lan::Report`] whose fact belongs in the facts lane. Acknowledged after the commit.
    Fact,
    /// Device → edge: a [`crate::lan::Report`] whose fact belongs in the telemetry lane. Acknowledged after the commit.
    Telemetry,
    /// Device → edge, retained: the settings it runs with, a JSON object. Acknowledged after the commit.
    Reported,
    /// Device → edge: a [`crate::lan::CommandReply`]. Acknowledged after the commit.
    Outcome,
    /// Device → edge: renews the lease; payload ignored.
    Alive,
    /// Edge → device, retained: the settings it should run with, a JSON object with `version`.
    Desired,
    /// Edge → device: a [`crate::lan::Request`]. Never retained, never queued for an absent device.
    Command,
}

impl Leaf {
    /// Every leaf.
    pub const ALL: [Leaf; 7] = [
        Leaf::Fact,
        Leaf::Telemetry,
        Leaf::Reported,
        Leaf::Outcome,
        Leaf::Alive,
        Leaf::Desired,
        Leaf::Command,
    ];

    /// As a topic level.
    pub const fn as_str(self) -> &'static str {
        match self {
            Leaf::Fact => "fact",
            Leaf::Telemetry => "telemetry",
            Leaf::Reported => "reported",
            Leaf::Outcome => "outcome",
            Leaf::Alive => "alive",
            Leaf::Desired => "desired",
            Leaf::Command => "command",
        }
    }
    /// Whether the device writes it (the edge writes the others).
    pub const fn is_upward(self) -> bool {
        match self {
            Leaf::Fact | Leaf::Telemetry | Leaf::Reported | Leaf::Outcome | Leaf::Alive => true,
            Leaf::Desired | Leaf::Command => false,
        }
    }
}

/// A topic of the LAN, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `ostona/v1/<device>/<leaf>`.
    Device(DeviceId, Leaf),
    /// `ostona/v1/<device>/own/…`: the device's own business, retained where it says so, never journaled.
    Own(DeviceId, String),
    /// `ostona/v1/site/…`: from the edge to all.
    Site(String),
}

/// A text that is no topic of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "topics are ostona/v1/<device>/<fact|telemetry|reported|outcome|alive|desired|command|own/…> or ostona/v1/site/…"
)]
pub struct TopicError;

impl Topic {
    /// The topic of one device's leaf.
    pub fn of(device: &DeviceId, leaf: Leaf) -> Self {
        Topic::Device(device.clone(), leaf)
    }
}

impl FromStr for Topic {
    type Err = TopicError;
    fn from_str(text: &str) -> Result<Self, TopicError> {
        let tail = text
            .strip_prefix(ROOT)
            .and_then(|tail| tail.strip_prefix('/'))
            .ok_or(TopicError)?;
        if text.len() > MAX_LEN || text.contains(['+', '#', '\0']) {
            return Err(TopicError);
        }
        let (name, leaf) = tail.split_once('/').ok_or(TopicError)?;
        if leaf.is_empty() {
            return Err(TopicError);
        }
        if name == "site" {
            return Ok(Topic::Site(leaf.to_owned()));
        }
        let device: DeviceId = name.parse().map_err(|_| TopicError)?;
        match leaf.strip_prefix("own/") {
            Some(own) if !own.is_empty() => Ok(Topic::Own(device, own.to_owned())),
            _ => {
                let leaf = Leaf::ALL
                    .into_iter()
                    .find(|known| known.as_str() == leaf)
                    .ok_or(TopicError)?;
                Ok(Topic::Device(device, leaf))
            }
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Topic::Device(device, leaf) => write!(f, "{ROOT}/{device}/{}", leaf.as_str()),
            Topic::Own(device, rest) => write!(f, "{ROOT}/{device}/own/{rest}"),
            Topic::Site(rest) => write!(f, "{ROOT}/site/{rest}"),
        }
    }
}
