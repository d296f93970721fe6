//! What a step of the gate means, as a fact of the house.
//!
//! A fact names the person by the id of the settings, never by a card.

use crate::{
    passage::{Grant, Signal, Step},
    reader::Side,
    settings::Settings,
};
use adapter_sdk::Seen;
use protocol::{
    DeviceId, Fact,
    fact::{Crossing, Decider, DenyReason, Door, DoorMove, KeyKind, Passage},
};

/// Says what steps mean for one device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meaning<'a> {
    pub(crate) device: &'a DeviceId,
    pub(crate) settings: &'a Settings,
}

/// The door of a side: side A is door 1.
pub(crate) fn door(side: Side) -> Door {
    match side {
        Side::A => Door(1),
        Side::B => Door(2),
    }
}

/// The side of a door.
pub(crate) fn side(door: Door) -> Option<Side> {
    match door {
        Door(1) => Some(Side::A),
        Door(2) => Some(Side::B),
        Door(_) => None,
    }
}

impl Meaning<'_> {
    /// What a step means to the house; `None` where it is the gate's own business.
    pub(crate) fn of(&self, step: &Step) -> Option<Seen> {
        let fact = match step {
            // Where no PASS is wired nobody can say who passed.
            Step::NotEntered(grant) if !self.settings.wiring.sees(grant.side) => return None,
            Step::Entered(grant) => Fact::AccessEntered(self.crossing(grant)),
            Step::NotEntered(grant) => Fact::AccessNotEntered(self.crossing(grant)),
            Step::Forced(at) => Fact::AccessForced(self.moved(*at, None)),
            Step::Stuck(Signal::Pass(side)) => Fact::AccessHeld(self.moved(Some(*side), None)),
            Step::Stuck(Signal::Detector) => Fact::AccessHeld(self.moved(None, None)),
            Step::Emergency => Fact::AccessOpened(self.moved(None, Some("fire"))),
            Step::Calm(_) => Fact::AccessClosed(self.moved(None, Some("fire"))),
            Step::Stuck(Signal::Ready | Signal::Alarm | Signal::Fire)
            | Step::Promised(..)
            | Step::Opened(..)
            | Step::Locked(..)
            | Step::Sensed(..)
            | Step::Freed(_) => return None,
        };
        Some(Seen::now(fact))
    }

    /// Somebody is let through.
    pub(crate) fn granted(&self, side: Side, person: &str) -> Seen {
        let person = Some(person.to_owned());
        Seen::now(Fact::AccessGranted(self.passage(side, KeyKind::Card, person, None)))
    }

    /// Somebody is not.
    pub(crate) fn denied(&self, side: Side, kind: KeyKind, person: Option<&str>, reason: DenyReason) -> Seen {
        let person = person.map(str::to_owned);
        Seen::now(Fact::AccessDenied(self.passage(side, kind, person, Some(reason))))
    }

    /// The gate was opened from afar.
    pub(crate) fn opened(&self, side: Side) -> Seen {
        Seen::now(Fact::AccessOpened(self.moved(Some(side), Some("remote"))))
    }

    fn passage(&self, side: Side, key_kind: KeyKind, person: Option<String>, reason: Option<DenyReason>) -> Passage {
        Passage {
            device: self.device.clone(),
            door: Some(door(side)),
            spot: self.settings.spots.at(side).cloned(),
            dir: Some(self.settings.direction(side)),
            key_kind,
            person,
            reason,
            decided_by: Decider::Device,
        }
    }

    fn crossing(&self, grant: &Grant) -> Crossing {
        Crossing {
            device: self.device.clone(),
            door: Some(door(grant.side)),
            spot: self.settings.spots.at(grant.side).cloned(),
            dir: Some(self.settings.direction(grant.side)),
            person: grant.person.clone(),
        }
    }

    fn moved(&self, at: Option<Side>, by: Option<&str>) -> DoorMove {
        DoorMove {
            device: self.device.clone(),
            door: at.map(door),
            spot: at.and_then(|side| self.settings.spots.at(side)).cloned(),
            by: by.map(str::to_owned),
        }
    }
}
