//! What a pair of event types means, as a fact of the house.
//!
//! Sources contradict each other about some minor types, so the raw pair travels with every fact and the settings can
//! overrule this table. A pair nobody explained is told as `device.custom`, so that nothing is lost.

use crate::wire::{
    alert::DeviceNotice,
    log::{AccessLogEntry, ShownCredential},
};
use adapter_sdk::{ObservedFact, ReplayState};
use protocol::{
    DeviceId, Fact, Origin, SpotId,
    fact::{Custom, Decider, DenyReason, Door, DoorChange, KeyKind, Passage},
    text::LogName,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a pair of event types means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "means", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum EventMeaning {
    /// Somebody was let through.
    Granted {
        /// What was shown.
        key: KeyKind,
    },
    /// Somebody was refused.
    Denied {
        /// What was shown.
        key: KeyKind,
        /// Why.
        reason: DenyReason,
    },
    /// The door was opened.
    Opened,
    /// The door was closed.
    Closed,
    /// The door stands open for too long.
    Held,
    /// The door was opened by nobody known.
    Forced,
    /// Told as `device.custom`.
    Custom,
}

/// Names of doors and meanings of one device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Dictionary {
    /// The place each door is at.
    pub(crate) doors: BTreeMap<u16, SpotId>,
    /// Meanings that differ from the table.
    pub(crate) codes: BTreeMap<(u32, u32), EventMeaning>,
}

/// The usual meaning. Sources: facts/devices.md §1.1 (1, 21–24, 38, 75, 76 seen live) and, for the rest, the open list
/// `NET_DVR_ACS_ALARM_INFO` of Hikvision's device network SDK. That list calls 23 and 24 the exit button pressed and
/// released, and some firmwares follow it: overrule them in the settings there.
fn usual(code: (u32, u32)) -> EventMeaning {
    use DenyReason::{NotAllowed, OutsideValidity, PassBack, UnknownKey};
    use KeyKind::{Card, Face, Fingerprint};
    match code {
        (5, 1) => EventMeaning::Granted { key: Card },
        (5, 6) => EventMeaning::Denied {
            key: Card,
            reason: NotAllowed,
        },
        (5, 7 | 8) => EventMeaning::Denied {
            key: Card,
            reason: OutsideValidity,
        },
        (5, 9) => EventMeaning::Denied {
            key: Card,
            reason: UnknownKey,
        },
        (5, 10) => EventMeaning::Denied {
            key: Card,
            reason: PassBack,
        },
        (5, 23 | 25) => EventMeaning::Opened,
        (5, 24 | 26) => EventMeaning::Closed,
        (5, 27) => EventMeaning::Forced,
        (5, 28) => EventMeaning::Held,
        (5, 38) => EventMeaning::Granted { key: Fingerprint },
        (5, 39) => EventMeaning::Denied {
            key: Fingerprint,
            reason: UnknownKey,
        },
        (5, 75) => EventMeaning::Granted { key: Face },
        (5, 76) => EventMeaning::Denied {
            key: Face,
            reason: UnknownKey,
        },
        _ => EventMeaning::Custom,
    }
}

impl Dictionary {
    /// An entry as a fact with its origin. Entries of searches and of play-backs trigger nothing.
    pub(crate) fn seen(&self, device: &DeviceId, log: &LogName, entry: &AccessLogEntry) -> ObservedFact {
        let origin = Origin {
            log: log.clone(),
            number: entry.number,
            at: entry.at.clone(),
            code: Some(entry.code),
        };
        ObservedFact {
            fact: self.fact(device, entry),
            replay: entry.age == ReplayState::Replayed,
            origin: Some(origin),
        }
    }

    fn fact(&self, device: &DeviceId, entry: &AccessLogEntry) -> Fact {
        let meaning = self
            .codes
            .get(&entry.code)
            .copied()
            .unwrap_or_else(|| usual(entry.code));
        match meaning {
            EventMeaning::Granted { key } => Fact::AccessGranted(self.passage(device, entry, key, None)),
            EventMeaning::Denied { key, reason } => Fact::AccessDenied(self.passage(device, entry, key, Some(reason))),
            EventMeaning::Opened => Fact::AccessOpened(self.door_move(device, entry)),
            EventMeaning::Closed => Fact::AccessClosed(self.door_move(device, entry)),
            EventMeaning::Held => Fact::AccessHeld(self.door_move(device, entry)),
            EventMeaning::Forced => Fact::AccessForced(self.door_move(device, entry)),
            EventMeaning::Custom => custom(device, format!("isapi.{}.{}", entry.code.0, entry.code.1)),
        }
    }

    fn passage(&self, device: &DeviceId, entry: &AccessLogEntry, key: KeyKind, reason: Option<DenyReason>) -> Passage {
        let key_kind = match entry.shown {
            ShownCredential::Qr => KeyKind::Qr,
            ShownCredential::NotSaid => key,
        };
        Passage {
            device: device.clone(),
            door: entry.door.map(Door),
            spot: self.spot(entry),
            dir: None,
            key_kind,
            person: entry.person.clone(),
            reason,
            decided_by: Decider::Device,
        }
    }

    fn door_move(&self, device: &DeviceId, entry: &AccessLogEntry) -> DoorChange {
        DoorChange {
            device: device.clone(),
            door: entry.door.map(Door),
            spot: self.spot(entry),
            by: None,
        }
    }

    /// Terminals leave `doorNo` out where they have one door only.
    fn spot(&self, entry: &AccessLogEntry) -> Option<SpotId> {
        match entry.door {
            Some(door) => self.doors.get(&door).cloned(),
            None if self.doors.len() == 1 => self.doors.values().next().cloned(),
            None => None,
        }
    }
}

/// A notice outside the log, as `device.custom` of kind `isapi.<eventType>`.
pub(crate) fn noticed(device: &DeviceId, notice: &DeviceNotice) -> ObservedFact {
    let mut fact = Custom {
        device: device.clone(),
        kind: format!("isapi.{}", notice.kind).into(),
        body: serde_json::json!({}).into(),
    };
    if let Some(channel) = notice.channel {
        fact.body = serde_json::json!({"channel": channel}).into();
    }
    ObservedFact::now(Fact::DeviceCustom(fact))
}

fn custom(device: &DeviceId, kind: String) -> Fact {
    Fact::DeviceCustom(Custom {
        device: device.clone(),
        kind: kind.into(),
        body: serde_json::json!({}).into(),
    })
}
