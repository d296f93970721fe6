//! What LAN devices and the edge tell each other over MQTT and local HTTP: JSON objects.

use crate::{
    command::{Action, Outcome},
    event::Origin,
    fact::{Fact, FactFields, once},
    id::CommandId,
    time::Timestamp,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{IgnoredAny, MapAccess, Visitor},
    ser::SerializeStruct as _,
};
use std::fmt;

/// Path of the edge's local ingest for agents without MQTT (A119): `POST` a JSON array of [`Report`], answers 202 after
/// the commit.
pub const EVENTS_PATH: &str = "/local/v1/events";

/// A device says what happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// `name` and `data`. The device named in `data` must be the sender.
    pub fact: Fact,
    /// Back-filled: triggers nothing.
    pub replay: bool,
    /// Its place in the device's own log: sent twice, it is kept once.
    pub origin: Option<Origin>,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let count = 2 + usize::from(self.replay) + usize::from(self.origin.is_some());
        let mut object = serializer.serialize_struct("Report", count)?;
        self.fact.write(&mut object)?;
        if self.replay {
            object.serialize_field("replay", &true)?;
        }
        if let Some(origin) = &self.origin {
            object.serialize_field("origin", origin)?;
        }
        object.end()
    }
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ReportVisitor)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum ReportField {
    Name,
    Data,
    Replay,
    Origin,
    #[serde(other)]
    Unknown,
}

struct ReportVisitor;

impl<'de> Visitor<'de> for ReportVisitor {
    type Value = Report;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report: name and data, replay and origin where they apply")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Report, A::Error> {
        let (mut fact, mut replay, mut origin) = (FactFields::default(), None, None);
        while let Some(field) = map.next_key()? {
            match field {
                ReportField::Name => fact.name(&mut map)?,
                ReportField::Data => fact.data(&mut map)?,
                ReportField::Replay => once(&mut replay, "replay", &mut map)?,
                ReportField::Origin => once(&mut origin, "origin", &mut map)?,
                ReportField::Unknown => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Report {
            fact: fact.finish()?,
            replay: replay.unwrap_or_default(),
            origin: origin.unwrap_or_default(),
        })
    }
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
pub struct CommandReply {
    /// Which command.
    pub command: CommandId,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}
