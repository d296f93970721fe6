//! The checked settings of one gate.
//!
//! What is in [`Settings`] can be worked with as it is. No error and no `Debug` ever shows a card number or a person.

mod readers;
mod wiring;

pub(crate) use readers::{ReaderWiring, WiegandSettings};
pub(crate) use wiring::{Contact, GpioWiring, PulseMode, RelayBoard, Wiring};

use crate::{
    passage::{GateMode, GateRules},
    reader::Side,
};
use adapter_sdk::{LineSpec, SettingsError, within};
use protocol::{
    SpotId,
    access::{KeyList, KeyListError, UnsyncedClockPolicy},
    fact::Direction,
};
use serde::Deserialize;
use serde_json::Value;
use std::{fmt, time::Duration};

/// JSON Schema of the settings.
pub(crate) const SCHEMA: &str = include_str!("settings.schema.json");

/// One gate's settings.
pub(crate) struct Settings {
    /// How the gate is wired.
    pub(crate) wiring: Wiring,
    /// How it behaves.
    pub(crate) rules: GateRules,
    /// The place of each side.
    pub(crate) spots: SideSpots,
    /// Which way side A leads; side B leads the other way.
    pub(crate) a_leads: Direction,
    /// The readers beside it.
    pub(crate) readers: Vec<ReaderWiring>,
}

/// The place of each side.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SideSpots {
    a: Option<SpotId>,
    b: Option<SpotId>,
}

impl SideSpots {
    /// The place of one side.
    pub(crate) fn at(&self, side: Side) -> Option<&SpotId> {
        match side {
            Side::A => self.a.as_ref(),
            Side::B => self.b.as_ref(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("wiring", &self.wiring)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// As a document holds them. Keys and readers are taken as they come and checked by hand: an error of serde would quote them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    modbus: Option<wiring::RawModbus>,
    gpio: Option<wiring::RawGpio>,
    osdp: Option<wiring::RawOsdp>,
    outputs: wiring::RawOutputs,
    #[serde(default)]
    inputs: wiring::RawInputs,
    #[serde(default)]
    mode: RawMode,
    pulse_ms: Option<u64>,
    passage_s: Option<u64>,
    grants: Option<usize>,
    stuck_s: Option<u64>,
    #[serde(default)]
    spots: SideSpots,
    a_leads: Option<Direction>,
    #[serde(default)]
    readers: Value,
    #[serde(default)]
    keys: Value,
    #[serde(default)]
    unsynced_clock: Value,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawMode {
    #[default]
    Pulse,
    Potential,
}

impl Settings {
    /// Checks settings as a document holds them.
    pub(crate) fn parse(settings: &Value) -> Result<Self, SettingsError> {
        let raw = Raw::deserialize(settings).map_err(|error| SettingsError(error.to_string()))?;
        let wiring = Wiring::parse(raw.modbus, raw.gpio, raw.osdp, &raw.outputs, &raw.inputs)?;
        let readers = readers::parse(&raw.readers)?;
        let unread = |side: &Side| !readers.iter().any(|reader| reader.is_osdp_at(*side));
        if wiring.at_readers().keys().any(unread) {
            let says = "outputs: an OSDP reader stands at each side that has one";
            return Err(SettingsError(says.to_owned()));
        }
        let width = Duration::from_millis(within("pulse_ms", raw.pulse_ms.unwrap_or(200), 100..=5000)?);
        let wait = Duration::from_secs(within("passage_s", raw.passage_s.unwrap_or(5), 1..=60)?);
        for side in readers.iter().flat_map(ReaderWiring::sides) {
            if !wiring.has(side) {
                return Err(SettingsError(
                    "readers: one stands at a side without an output".to_owned(),
                ));
            }
        }
        let mode = match raw.mode {
            RawMode::Pulse if width <= wait => GateMode::Pulse { width },
            RawMode::Pulse => return Err(SettingsError("pulse_ms: is longer than passage_s".to_owned())),
            RawMode::Potential => GateMode::Potential,
        };
        // The site decides by them, and is given them with the settings; here they are only checked.
        let refused = |error: KeyListError| SettingsError(error.to_string());
        KeyList::parse(&raw.keys).map_err(refused)?;
        UnsyncedClockPolicy::parse(&raw.unsynced_clock).map_err(refused)?;
        Ok(Self {
            wiring,
            rules: GateRules {
                mode,
                wait,
                grants: within("grants", raw.grants.unwrap_or(1), 1..=8)?,
                stuck: Duration::from_secs(within("stuck_s", raw.stuck_s.unwrap_or(10), 2..=600)?),
            },
            spots: raw.spots,
            a_leads: raw.a_leads.unwrap_or(Direction::In),
            readers,
        })
    }

    /// The lines: the gate's, then each reader's.
    pub(crate) fn wants(&self) -> LineSpec {
        let gate = self.wiring.wants();
        let readers = self.readers.iter().map(ReaderWiring::wants);
        LineSpec::Several(std::iter::once(gate).chain(readers).collect())
    }

    /// Which way somebody goes who comes from a side.
    pub(crate) fn direction(&self, side: Side) -> Direction {
        match (side, self.a_leads) {
            (Side::A, leads) => leads,
            (Side::B, Direction::In) => Direction::Out,
            (Side::B, Direction::Out) => Direction::In,
        }
    }
}
