//! What a step of the gate means, as a fact of the house.
//!
//! A fact names the person by the id of the settings, never by a card.

use crate::{
    passage::{Grant, Signal, Step},
    reader::Side,
    settings::Settings,
};
use adapter_sdk::ObservedFact;
use protocol::{
    DeviceId, Fact,
    fact::{Crossing, Door, DoorMove},
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
    pub(crate) fn of(&self, step: &Step) -> Option<ObservedFact> {
        let fact = match step {
            // Where no PASS is wired nobody can say who passed.
            Step::NotEntered(grant) if !self.settings.wiring.sees(grant.side) => return None,
            Step::Entered(grant) => Fact::AccessEntered(self.ended(grant)),
            Step::NotEntered(grant) => Fact::AccessNotEntered(self.ended(grant)),
            Step::Forced(at) => Fact::AccessForced(self.moved(*at, None)),
            Step::Stuck(Signal::Pass(side)) => Fact::AccessHeld(self.moved(Some(*side), None)),
            Step::Stuck(Signal::Detector) => Fact::AccessHeld(self.moved(None, None)),
            Step::Emergency => Fact::AccessOpened(self.moved(None, Some("fire"))),
            Step::Calm(_) => Fact::AccessClosed(self.moved(None, Some("fire"))),
            Step::Stuck(Signal::Ready | Signal::Alarm | Signal::Fire)
            | Step::Opened(..)
            | Step::Locked(..)
            | Step::Sensed(..)
            | Step::Freed(_) => return None,
        };
        Some(ObservedFact::now(fact))
    }

    /// Somebody was let through by the site, and the gate could not be opened for them.
    pub(crate) fn missed(&self, side: Side, person: String) -> Option<ObservedFact> {
        let fact = Fact::AccessNotEntered(self.crossing(side, Some(person)));
        self.settings.wiring.sees(side).then(|| ObservedFact::now(fact))
    }

    /// The gate was opened from afar.
    pub(crate) fn opened(&self, side: Side) -> ObservedFact {
        ObservedFact::now(Fact::AccessOpened(self.moved(Some(side), Some("remote"))))
    }

    fn ended(&self, grant: &Grant) -> Crossing {
        self.crossing(grant.side, grant.person.clone())
    }

    fn crossing(&self, side: Side, person: Option<String>) -> Crossing {
        Crossing {
            device: self.device.clone(),
            door: Some(door(side)),
            spot: self.settings.spots.at(side).cloned(),
            dir: Some(self.settings.direction(side)),
            person,
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
