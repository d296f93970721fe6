//! What LAN devices and the edge tell each other over MQTT and local HTTP: JSON objects.

use crate::{
    command::{Action, Outcome},
    event::Origin,
    fact::Fact,
    id::CommandId,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Path of the edge's local ingest for agents without MQTT (A119): `POST` a JSON array of [`Report`], answers 202 after
/// the commit.
pub const EVENTS_PATH: &str = "/local/v1/events";

/// A device says what happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `name` and `data`. The device named in `data` must be the sender.
    #[serde(flatten)]
    pub fact: Fact,
    /// Back-filled: triggers nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replay: bool,
    /// Its place in the device's own log: sent twice, it is kept once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// The edge asks a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Which command; a device that sees an id again answers again and does nothing.
    pub command: CommandId,
    /// `name` and `args`.
    #[serde(flatten)]
    pub action: Action,
    /// Not to be carried out from this moment on, by the edge's clock.
    pub expires: Timestamp,
    /// The same as a number of milliseconds from when the edge sent it, for devices without a clock.
    pub within_ms: u64,
}

/// A device answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Which command.
    pub command: CommandId,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}
