//! An event: a fact with its place, its time and the one who caused it.
//!
//! The JSON made here once, when the kernel commits, is the record's body: it is written to the edge's disk, travels to
//! the cloud and is stored there without being encoded again. Organisation, site, edge, epoch, lane and seq are not in
//! it: they are the same for a whole batch or stand in the record's header.

mod codec;
mod encoding;

use crate::{
    fact::Fact,
    id::{CommandId, DeviceId, EventId, SubjectId},
    text::{CorrelationId, DeviceClockText, EventName, LogName},
    time::{ClockState, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A fact as the journal has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// UUIDv7.
    pub id: EventId,
    /// What happened: `name` and `data`.
    pub fact: Fact,
    /// Version of the shape of `data`; 1 for all so far.
    pub v: u16,
    /// The edge's wall clock when it took the fact in.
    pub at: Timestamp,
    /// Whether that clock could be trusted.
    pub clock: ClockState,
    /// How often this edge had started, this run included: with `up_ms` it orders events across clock jumps.
    pub boot: u64,
    /// Monotonic milliseconds since this run started.
    pub up_ms: u64,
    /// Who caused it.
    pub actor: Actor,
    /// What it is about, where that is not the actor: an entity's id.
    pub subj: Option<SubjectId>,
    /// The command, ticket or visit it belongs to.
    pub corr: Option<CorrelationId>,
    /// Back-filled from a device's own log: triggers nothing.
    pub replay: bool,
    /// Where a device's own log has it.
    pub origin: Option<Origin>,
    /// Personal data inside: 0 none, 1 ids that point to a person, 2 names, numbers, pictures.
    pub pii: u8,
}

/// What the cloud needs of an event to file it, whatever its name: also of events newer than itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Heading {
    /// UUIDv7.
    pub id: EventId,
    /// Dotted name.
    pub name: EventName,
    /// Wall clock of the edge.
    pub at: Timestamp,
    /// What it is about.
    #[serde(default)]
    pub subj: Option<SubjectId>,
    /// Who caused it.
    pub actor: Actor,
    /// The command, ticket or visit it belongs to.
    #[serde(default)]
    pub corr: Option<CorrelationId>,
}

impl Heading {
    /// The device the event is about, if any: the subject where it names one, else the actor.
    pub fn device(&self) -> Option<&str> {
        self.subj.as_ref().map(SubjectId::as_str).or(match &self.actor {
            Actor::Device { id } => Some(id.as_str()),
            Actor::Edge | Actor::Cloud { .. } | Actor::Person { .. } | Actor::Account { .. } => None,
        })
    }
}

/// Who or what caused an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// The edge itself.
    Edge,
    /// A device of the site.
    Device {
        /// Which.
        id: DeviceId,
    },
    /// The cloud, on behalf of an account.
    Cloud {
        /// Login or key name of whoever asked.
        id: String,
    },
    /// Somebody at a screen of the site.
    Person {
        /// Which.
        id: crate::id::PersonId,
    },
    /// An account signed in at the edge's own pages.
    Account {
        /// Login.
        id: String,
    },
}

/// An event's place in the log a device keeps itself; what is deduplicated by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The log: the device's serial number, with `#2`, `#3`… once it was wiped and counts from the start again.
    pub log: LogName,
    /// The entry's number in that log; grows, may skip.
    pub number: u64,
    /// The device's own time, as the device wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DeviceClockText>,
    /// The device's raw pair of codes, e.g. ISAPI major and minor event type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<(u32, u32)>,
}

impl Event {
    /// The record's body. Fails only where the fact holds a map with keys that are not text, which none does.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut body = Vec::with_capacity(512);
        self.encode_into(&mut body)?;
        Ok(body)
    }
    /// Reads a record's body.
    pub fn decode(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }
    /// The command it belongs to, where `corr` is one.
    pub fn command(&self) -> Option<CommandId> {
        self.corr.as_ref().and_then(|corr| corr.as_str().parse().ok())
    }
}

impl fmt::Display for Event {
    /// For people and logs: time, name and subject, no personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.fact.name())?;
        match &self.subj {
            Some(subject) => write!(f, " {subject}"),
            None => Ok(()),
        }
    }
}
