//! The rule at a door: a key that is known, good for this door and good now lets its holder through.

use crate::setup::GateLists;
use edge_app::{Decision, Moment, Work};
use protocol::{
    ClockState, DeviceId, Fact,
    access::{AccessKey, Presentation, Readiness, UnsyncedClockPolicy},
    fact::{Decider, DenyReason, Door, Passage},
};

/// Somebody shows something at a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassRequest {
    /// Which device.
    pub device: DeviceId,
    /// What and where.
    pub shown: Presentation,
}

/// Exactly one fact: granted or denied. A full disk refuses it, and nobody is let through.
pub(crate) fn show<O>(setup: &GateLists, request: PassRequest, now: Moment) -> Decision<O> {
    let PassRequest { device, shown } = request;
    let key = setup.key(&device, shown.credential);
    let reason = match key {
        None => Some(DenyReason::UnknownKey),
        Some((key, policy)) => objection(key, policy, shown.door, now).or(match shown.readiness {
            Readiness::Ready => None,
            Readiness::Occupied => Some(DenyReason::Other),
        }),
    };
    let passage = Passage {
        device,
        door: Some(shown.door),
        spot: shown.spot,
        dir: shown.dir,
        key_kind: shown.credential.kind,
        person: key.map(|(key, _)| key.person.clone()),
        reason,
        decided_by: Decider::Edge,
    };
    let fact = if reason.is_none() {
        Fact::AccessGranted(passage)
    } else {
        Fact::AccessDenied(passage)
    };
    Decision::begun([fact]).counted_as(Work::New)
}

/// Why a key does not let its holder through a door now.
fn objection(key: &AccessKey, policy: UnsyncedClockPolicy, door: Door, now: Moment) -> Option<DenyReason> {
    if key.door.is_some_and(|only| only != door) {
        return Some(DenyReason::NotAllowed);
    }
    match (now.clock, policy) {
        (ClockState::Synced, _) => {
            let begun = key.from.is_none_or(|from| now.at >= from);
            let over = key.until.is_some_and(|until| now.at >= until);
            (!begun || over).then_some(DenyReason::OutsideValidity)
        }
        (ClockState::Estimated, UnsyncedClockPolicy::UndatedKeys) => {
            key.is_dated().then_some(DenyReason::ClockUnsynced)
        }
        (ClockState::Estimated, UnsyncedClockPolicy::Nobody) => Some(DenyReason::ClockUnsynced),
    }
}
