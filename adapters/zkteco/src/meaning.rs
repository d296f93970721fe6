//! What a record of the attendance log means, as a fact of the house.
//!
//! Sources disagree about some numbers, so the raw pair travels with every fact and the settings can overrule.

use crate::{
    settings::Settings,
    wire::attendance::{AttendanceRecord, RecordPerson},
};
use adapter_sdk::{ObservedFact, ReplayState};
use protocol::{
    DeviceId, Fact, Origin,
    fact::{Decider, Direction, Door, KeyKind, Passage},
    text::{LogName, PersonNumber},
};

/// Where a record stands.
#[derive(Debug, Clone)]
pub(crate) struct RecordPosition<'a> {
    /// Name of the log.
    pub(crate) log: &'a LogName,
    /// Its number there.
    pub(crate) number: u64,
    /// Live or not.
    pub(crate) age: ReplayState,
}

/// The usual meaning of the number for how somebody identified (adrobinoga/zk-protocol: 0 to 2; newer firmwares: 4, 15).
pub(crate) fn usual(verified: u8) -> KeyKind {
    match verified {
        0 => KeyKind::Pin,
        1 => KeyKind::Fingerprint,
        2 | 4 => KeyKind::Card,
        15 => KeyKind::Face,
        _ => KeyKind::Unknown,
    }
}

/// Coming or going, as the person said at the device.
pub(crate) fn direction(state: u8) -> Option<Direction> {
    match state {
        0 | 3 | 4 => Some(Direction::In),
        1 | 2 | 5 => Some(Direction::Out),
        _ => None,
    }
}

/// A record as a fact with its origin; `person` is whoever the record means.
pub(crate) fn seen(
    settings: &Settings,
    device: &DeviceId,
    record: &AttendanceRecord,
    person: Option<PersonNumber>,
    place: &RecordPosition<'_>,
) -> ObservedFact {
    let key_kind = settings.verified.get(&record.verified).copied();
    let passage = Passage {
        device: device.clone(),
        door: Some(Door(1)),
        spot: settings.spot.clone(),
        dir: direction(record.state),
        key_kind: key_kind.unwrap_or_else(|| usual(record.verified)),
        person,
        reason: None,
        decided_by: Decider::Device,
    };
    let origin = Origin {
        log: place.log.clone(),
        number: place.number,
        at: record.at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S").to_string().into()),
        code: Some((u32::from(record.verified), u32::from(record.state))),
    };
    ObservedFact {
        fact: Fact::AccessGranted(passage),
        replay: place.age == ReplayState::Replayed,
        origin: Some(origin),
    }
}

/// The person a record means, with the slots of the device's users at hand.
pub(crate) fn person(who: &RecordPerson, slot: impl Fn(u16) -> Option<PersonNumber>) -> Option<PersonNumber> {
    match who {
        RecordPerson::Person(person) => Some(person.clone()),
        RecordPerson::Slot(number) => slot(*number),
        RecordPerson::Nobody => None,
    }
}
