//! Lanes: the two ordered streams of events of one edge, and how far somebody has them.
//!
//! (edge, epoch, lane, seq) names an event for ever. A seq is never used twice within an epoch, and a journal that was
//! lost and begun anew has a new epoch, so that a replaced SD card cannot make new events look like old ones.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// One of the two ordered streams of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Access, queue, visits, commands, audit: never dropped silently; committed at once.
    Facts,
    /// Metrics and spans: may linger a second, oldest dropped first with a tombstone.
    Telemetry,
}

impl Lane {
    /// Both lanes, in the order in which the uplink serves them.
    pub const ALL: [Lane; 2] = [Lane::Facts, Lane::Telemetry];

    /// The lane's name on the wire, on disk and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Lane::Facts => "facts",
            Lane::Telemetry => "telemetry",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no lane.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no lane; lanes are facts and telemetry")]
pub struct UnknownLane(pub String);

impl FromStr for Lane {
    type Err = UnknownLane;
    fn from_str(text: &str) -> Result<Self, UnknownLane> {
        match text {
            "facts" => Ok(Lane::Facts),
            "telemetry" => Ok(Lane::Telemetry),
            _ => Err(UnknownLane(text.chars().take(32).collect())),
        }
    }
}

/// Place of an event in its lane. The first event of an epoch is 1; 0 means "before the first".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first event.
    pub const ZERO: Seq = Seq(0);

    /// The seq after this one.
    #[must_use]
    pub const fn next(self) -> Seq {
        Seq(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which journal of an edge a seq counts in: 1 for the first, one more each time the journal had to be begun anew.
/// The number lives in the identity file, outside the journal, and so survives the journal's loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// "Have ≤ N" per lane: everything up to and including these seqs is safe with whoever says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LaneCursors {
    /// Highest contiguous (or explained) seq of the facts lane.
    pub facts: Seq,
    /// Highest contiguous (or explained) seq of the telemetry lane.
    pub telemetry: Seq,
}

impl LaneCursors {
    /// The seq of one lane.
    pub const fn of(&self, lane: Lane) -> Seq {
        match lane {
            Lane::Facts => self.facts,
            Lane::Telemetry => self.telemetry,
        }
    }
    /// The same with one lane's seq replaced.
    #[must_use]
    pub const fn with(mut self, lane: Lane, seq: Seq) -> Self {
        match lane {
            Lane::Facts => self.facts = seq,
            Lane::Telemetry => self.telemetry = seq,
        }
        self
    }
}
