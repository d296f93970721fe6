//! What a row means, as a fact of the house.
//!
//! The raw pair travels with every fact, and the settings can overrule what is usual.

use super::{settings::Settings, upload_cursor::NumberedRow};
use crate::meaning::{direction, usual};
use adapter_sdk::{ObservedFact, ReplayState};
use protocol::{
    DeviceId, Fact, Origin,
    fact::{Decider, DenyReason, Door, DoorChange, KeyKind, Passage},
    text::DoorCause,
};

/// What an access panel's event number means (ZKAccess Pull SDK, appendix "Description of real-time event").
enum PanelEvent {
    Granted,
    Denied(DenyReason),
    Opened(&'static str),
    Closed,
    Held,
    Forced,
    Other,
}

fn event(number: u16) -> PanelEvent {
    match number {
        0..=5 | 14..=19 | 203 => PanelEvent::Granted,
        21 | 22 | 35 => PanelEvent::Denied(DenyReason::NotAllowed),
        23 | 25 | 26 | 32 => PanelEvent::Denied(DenyReason::Other),
        24 => PanelEvent::Denied(DenyReason::PassBack),
        27 | 30 | 34 => PanelEvent::Denied(DenyReason::UnknownKey),
        29 | 33 => PanelEvent::Denied(DenyReason::OutsideValidity),
        8 => PanelEvent::Opened("remote"),
        200 => PanelEvent::Opened("person"),
        202 => PanelEvent::Opened("button"),
        9 | 201 => PanelEvent::Closed,
        28 => PanelEvent::Held,
        102 => PanelEvent::Forced,
        _ => PanelEvent::Other,
    }
}

/// A row as a fact with its origin; `None` where it says nothing the house has a word for.
pub(super) fn seen(
    settings: &Settings,
    device: &DeviceId,
    numbered: &NumberedRow,
    age: ReplayState,
) -> Option<ObservedFact> {
    let row = &numbered.row;
    let (happened, door) = match row.event {
        Some((number, door)) => (event(number), door.map_or(Door(1), Door)),
        None => (PanelEvent::Granted, Door(1)),
    };
    let passage = |reason| Passage {
        device: device.clone(),
        door: Some(door),
        spot: settings.spot.clone(),
        dir: row.state.and_then(direction),
        key_kind: row.verified.map_or(KeyKind::Unknown, |number| {
            settings.verified.get(&number).copied().unwrap_or_else(|| usual(number))
        }),
        person: row.person.clone(),
        reason,
        decided_by: Decider::Device,
    };
    let moved = |by: Option<&str>| DoorChange {
        device: device.clone(),
        door: Some(door),
        spot: settings.spot.clone(),
        by: by.map(DoorCause::from),
    };
    let fact = match happened {
        PanelEvent::Granted => Fact::AccessGranted(passage(None)),
        PanelEvent::Denied(reason) => Fact::AccessDenied(passage(Some(reason))),
        PanelEvent::Opened(by) => Fact::AccessOpened(moved(Some(by))),
        PanelEvent::Closed => Fact::AccessClosed(moved(None)),
        PanelEvent::Held => Fact::AccessHeld(moved(None)),
        PanelEvent::Forced => Fact::AccessForced(moved(None)),
        PanelEvent::Other => return None,
    };
    let what = row
        .event
        .map_or(row.state.map(u32::from), |(number, _)| Some(number.into()));
    let origin = Origin {
        log: numbered.position.log.clone(),
        number: numbered.position.number,
        at: Some(row.at.strftime("%Y-%m-%dT%H:%M:%S").to_string().into()),
        code: row.verified.map(u32::from).zip(what),
    };
    Some(ObservedFact {
        fact,
        replay: age == ReplayState::Replayed,
        origin: Some(origin),
    })
}
