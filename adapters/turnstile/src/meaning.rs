//! What a step of the gate means, as a fact of the house.
//!
//! A fact names the person by the id of the settings, never by a card.

use crate::{
    passage::{GateStep, Grant, Signal},
    reader::Side,
    settings::Settings,
};
use adapter_sdk::ObservedFact;
use protocol::{
    DeviceId, Fact,
    fact::{Crossing, Door, DoorChange},
    text::{DoorCause, PersonNumber},
};

/// Says what steps mean for one device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GateFactMapper<'a> {
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

impl GateFactMapper<'_> {
    /// What a step means to the house; `None` where it is the gate's own business.
    pub(crate) fn of(&self, step: &GateStep) -> Option<ObservedFact> {
        let fact = match step {
            // Where no PASS is wired nobody can say who passed.
            GateStep::NotEntered(grant) if !self.settings.wiring.sees(grant.side) => return None,
            GateStep::Entered(grant) => Fact::AccessEntered(self.ended(grant)),
            GateStep::NotEntered(grant) => Fact::AccessNotEntered(self.ended(grant)),
            GateStep::Forced(at) => Fact::AccessForced(self.moved(*at, None)),
            GateStep::Stuck(Signal::Pass(side)) => Fact::AccessHeld(self.moved(Some(*side), None)),
            GateStep::Stuck(Signal::Detector) => Fact::AccessHeld(self.moved(None, None)),
            GateStep::Emergency => Fact::AccessOpened(self.moved(None, Some("fire"))),
            GateStep::EmergencyEnded(_) => Fact::AccessClosed(self.moved(None, Some("fire"))),
            GateStep::Stuck(Signal::Ready | Signal::Alarm | Signal::Fire)
            | GateStep::Opened(..)
            | GateStep::Locked(..)
            | GateStep::Sensed(..)
            | GateStep::Cleared(_) => return None,
        };
        Some(ObservedFact::now(fact))
    }

    /// Somebody was let through by the site, and the gate could not be opened for them.
    pub(crate) fn missed(&self, side: Side, person: PersonNumber) -> Option<ObservedFact> {
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

    fn crossing(&self, side: Side, person: Option<PersonNumber>) -> Crossing {
        Crossing {
            device: self.device.clone(),
            door: Some(door(side)),
            spot: self.settings.spots.at(side).cloned(),
            dir: Some(self.settings.direction(side)),
            person,
        }
    }

    fn moved(&self, at: Option<Side>, by: Option<&str>) -> DoorChange {
        DoorChange {
            device: self.device.clone(),
            door: at.map(door),
            spot: at.and_then(|side| self.settings.spots.at(side)).cloned(),
            by: by.map(DoorCause::from),
        }
    }
}
