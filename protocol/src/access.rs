//! Who is let through a door: what somebody shows there, the list of those who may pass, and what is ruled.
//!
//! What was shown is personal: no number of a card stands in an error or a `Debug`.

mod keys;

pub use keys::{AccessKey, GateKeys, KeyList, KeyListError, UnsyncedClockPolicy};

use crate::{
    fact::{Direction, Door, KeyKind},
    id::SpotId,
};
use std::fmt;

/// What somebody identifies with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credential {
    /// What it is.
    pub kind: KeyKind,
    /// The number it spells; of a card its data bits without parity, as an integer.
    pub number: u64,
}

/// Without the number.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Somebody shows something at a door and wants to pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presentation {
    /// Which door of the device.
    pub door: Door,
    /// The place, where the settings name it.
    pub spot: Option<SpotId>,
    /// Which way it leads, where the device knows.
    pub dir: Option<Direction>,
    /// What was shown.
    pub credential: Credential,
    /// Whether the door could be opened for them now.
    pub readiness: Readiness,
}

/// Whether a door could be opened for somebody now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It could.
    Ready,
    /// It could not: somebody else is being let through, or the door is not ready.
    Occupied,
}

/// What is ruled about somebody at a door.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum AccessDecision {
    /// They may pass, and it is on disk.
    Granted {
        /// Who they are: the person's id in the list of keys.
        person: String,
    },
    /// They may not, or nobody answered in time.
    Denied,
}
