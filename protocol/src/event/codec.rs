//! Events and actors, written to JSON and read from it without a tree in between.
//!
//! Fields are written in one order and read in any; fields of other versions are passed over.

use super::{Actor, Event};
use crate::{
    fact::{FactFields, once},
    id::DeviceId,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
    ser::SerializeStruct as _,
};
use std::fmt;

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let optional = [
            self.subj.is_some(),
            self.corr.is_some(),
            self.replay,
            self.origin.is_some(),
        ];
        let count = 10 + optional.into_iter().filter(|present| *present).count();
        let mut object = serializer.serialize_struct("Event", count)?;
        object.serialize_field("id", &self.id)?;
        self.fact.write(&mut object)?;
        object.serialize_field("v", &self.v)?;
        object.serialize_field("at", &self.at)?;
        object.serialize_field("clock", &self.clock)?;
        object.serialize_field("boot", &self.boot)?;
        object.serialize_field("up_ms", &self.up_ms)?;
        object.serialize_field("actor", &self.actor)?;
        if let Some(subject) = &self.subj {
            object.serialize_field("subj", subject)?;
        }
        if let Some(corr) = &self.corr {
            object.serialize_field("corr", corr)?;
        }
        if self.replay {
            object.serialize_field("replay", &true)?;
        }
        if let Some(origin) = &self.origin {
            object.serialize_field("origin", origin)?;
        }
        object.serialize_field("pii", &self.pii)?;
        object.end()
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum EventField {
    Id,
    Name,
    Data,
    V,
    At,
    Clock,
    Boot,
    UpMs,
    Actor,
    Subj,
    Corr,
    Replay,
    Origin,
    Pii,
    #[serde(other)]
    Unknown,
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = Event;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event, A::Error> {
        let mut fact = FactFields::default();
        let (mut id, mut v, mut at, mut clock, mut boot, mut up_ms, mut actor) =
            (None, None, None, None, None, None, None);
        let (mut subj, mut corr, mut replay, mut origin, mut pii) = (None, None, None, None, None);
        while let Some(field) = map.next_key()? {
            match field {
                EventField::Id => once(&mut id, "id", &mut map)?,
                EventField::Name => fact.name(&mut map)?,
                EventField::Data => fact.data(&mut map)?,
                EventField::V => once(&mut v, "v", &mut map)?,
                EventField::At => once(&mut at, "at", &mut map)?,
                EventField::Clock => once(&mut clock, "clock", &mut map)?,
                EventField::Boot => once(&mut boot, "boot", &mut map)?,
                EventField::UpMs => once(&mut up_ms, "up_ms", &mut map)?,
                EventField::Actor => once(&mut actor, "actor", &mut map)?,
                EventField::Subj => once(&mut subj, "subj", &mut map)?,
                EventField::Corr => once(&mut corr, "corr", &mut map)?,
                EventField::Replay => once(&mut replay, "replay", &mut map)?,
                EventField::Origin => once(&mut origin, "origin", &mut map)?,
                EventField::Pii => once(&mut pii, "pii", &mut map)?,
                EventField::Unknown => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let missing = A::Error::missing_field;
        Ok(Event {
            id: id.ok_or_else(|| missing("id"))?,
            fact: fact.finish()?,
            v: v.ok_or_else(|| missing("v"))?,
            at: at.ok_or_else(|| missing("at"))?,
            clock: clock.ok_or_else(|| missing("clock"))?,
            boot: boot.ok_or_else(|| missing("boot"))?,
            up_ms: up_ms.ok_or_else(|| missing("up_ms"))?,
            actor: actor.ok_or_else(|| missing("actor"))?,
            subj: subj.unwrap_or_default(),
            corr: corr.unwrap_or_default(),
            replay: replay.unwrap_or_default(),
            origin: origin.unwrap_or_default(),
            pii: pii.unwrap_or_default(),
        })
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventVisitor)
    }
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum ActorKind {
    Edge,
    Device,
    Cloud,
    Person,
    Account,
}

#[derive(Deserialize)]
#[serde(rename = "Actor")]
struct ActorFields {
    kind: ActorKind,
    #[serde(default)]
    id: Option<String>,
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ActorFields { kind, id } = ActorFields::deserialize(deserializer)?;
        let id = id.ok_or_else(|| D::Error::missing_field("id"));
        match kind {
            ActorKind::Edge => Ok(Actor::Edge),
            ActorKind::Device => {
                let id: DeviceId = id?.parse().map_err(D::Error::custom)?;
                Ok(Actor::Device { id })
            }
            ActorKind::Cloud => id.map(|id| Actor::Cloud { id }),
            ActorKind::Person => Ok(Actor::Person {
                id: id?.parse().map_err(D::Error::custom)?,
            }),
            ActorKind::Account => id.map(|id| Actor::Account { id }),
        }
    }
}
