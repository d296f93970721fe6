//! Facts about doors and the people who pass them.

use super::Shape;
use crate::id::{DeviceId, SpotId};
use crate::text::{DoorCause, PersonNumber};
use serde::{Deserialize, Serialize};

/// A door of a device, counted from 1 as the device counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Door(pub u16);

/// Which way somebody went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Into the site or zone.
    In,
    /// Out of it.
    Out,
}

/// What somebody identified with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// A card or tag.
    Card,
    /// A QR code.
    Qr,
    /// A number typed in.
    Pin,
    /// A face.
    Face,
    /// A fingerprint.
    Fingerprint,
    /// A number plate.
    Plate,
    /// A phone.
    Phone,
    /// The device did not say.
    Unknown,
}

/// Who decided to let somebody pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    /// The edge's own rules.
    Edge,
    /// The device by itself.
    Device,
}

/// Why somebody was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenyReason {
    /// Nobody known.
    UnknownKey,
    /// Known, but not here or not now.
    NotAllowed,
    /// Known, but no longer, or not yet, valid.
    OutsideValidity,
    /// The clock that would have to judge is not to be trusted.
    ClockUnsynced,
    /// Entered twice without leaving.
    PassBack,
    /// The device refused without a reason we know; the raw codes say more.
    Other,
}

/// Somebody at a door: let through or refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// The device that saw it.
    pub device: DeviceId,
    /// Which of its doors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door: Option<Door>,
    /// The place, where the settings name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<SpotId>,
    /// Which way, where the device knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<Direction>,
    /// What was shown.
    pub key_kind: KeyKind,
    /// The person's number in the device (ISAPI `employeeNoString`): an id, never a name or card number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonNumber>,
    /// Why refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<DenyReason>,
    /// Who decided.
    pub decided_by: Decider,
}

/// A door that moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DoorChange {
    /// The device that saw it.
    pub device: DeviceId,
    /// Which of its doors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door: Option<Door>,
    /// The place, where the settings name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<SpotId>,
    /// What moved it, where known: `remote`, `button`, `schedule`, `fire`, `person`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<DoorCause>,
}

/// What became of a grant at a gate that sees who passes, or somebody who passed without one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// The device that saw it.
    pub device: DeviceId,
    /// Which of its doors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door: Option<Door>,
    /// The place, where the settings name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<SpotId>,
    /// Which way, where the device knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<Direction>,
    /// Whose grant it was, where somebody known had one: the id in the device's settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonNumber>,
}

impl Shape for Passage {
    fn device(&self) -> Option<&DeviceId> {
        Some(&self.device)
    }
    fn personal(&self) -> u8 {
        self.person.is_some().into()
    }
}

impl Shape for DoorChange {
    fn device(&self) -> Option<&DeviceId> {
        Some(&self.device)
    }
}

impl Shape for Crossing {
    fn device(&self) -> Option<&DeviceId> {
        Some(&self.device)
    }
    fn personal(&self) -> u8 {
        self.person.is_some().into()
    }
}
