//! The readers beside a gate.
//!
//! An OSDP reader's entry holds its key: it is handed on as it is, and never quoted.

use super::wiring::device_like;
use crate::{osdp, reader::Side};
use adapter_sdk::{ActiveLevel, Bias, GpioTarget, InputPin, LineSpec, SettingsError, within};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// The most readers, or buses of readers, of one gate.
const READERS: usize = 4;

/// A reader, or several on one bus.
#[derive(Debug)]
pub(crate) enum ReaderWiring {
    /// Two pins.
    Wiegand(WiegandSettings),
    /// An RS-485 bus.
    Osdp(osdp::OsdpBusSettings),
}

/// A Wiegand reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WiegandSettings {
    /// Where it stands.
    pub(crate) side: Side,
    /// Its lines: DATA0, then DATA1.
    pub(crate) target: GpioTarget,
    /// After so long a silence a frame is over.
    pub(crate) gap: Duration,
    /// With so many bits a frame is over at once.
    pub(crate) bits: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWiegand {
    side: Side,
    chip: String,
    d0: u16,
    d1: u16,
    gap_ms: Option<u64>,
    bits: Option<u8>,
}

impl ReaderWiring {
    /// The sides it stands at.
    pub(crate) fn sides(&self) -> Vec<Side> {
        match self {
            ReaderWiring::Wiegand(wiegand) => vec![wiegand.side],
            ReaderWiring::Osdp(bus) => bus.sides(),
        }
    }

    /// Whether an OSDP reader stands at this side.
    pub(super) fn is_osdp_at(&self, side: Side) -> bool {
        match self {
            ReaderWiring::Wiegand(_) => false,
            ReaderWiring::Osdp(bus) => bus.sides().contains(&side),
        }
    }

    /// The line it needs.
    pub(super) fn wants(&self) -> LineSpec {
        match self {
            ReaderWiring::Wiegand(wiegand) => LineSpec::Gpio(wiegand.target.clone()),
            ReaderWiring::Osdp(bus) => bus.wants(),
        }
    }
}

/// Checks the list as a document holds it.
pub(super) fn parse(value: &Value) -> Result<Vec<ReaderWiring>, SettingsError> {
    let list = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) if list.len() <= READERS => list,
        Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            return Err(SettingsError(format!("readers: is no list of at most {READERS}")));
        }
    };
    let readers = list
        .iter()
        .enumerate()
        .map(|(at, entry)| reader(entry).map_err(|SettingsError(what)| SettingsError(format!("readers.{at}: {what}"))));
    readers.collect()
}

fn reader(entry: &Value) -> Result<ReaderWiring, SettingsError> {
    let mut entry = entry.clone();
    let way = entry.as_object_mut().and_then(|entry| entry.remove("way"));
    match way.as_ref().and_then(Value::as_str) {
        Some("wiegand") => wiegand(&entry).map(ReaderWiring::Wiegand),
        Some("osdp") => osdp::OsdpBusSettings::parse(&entry).map(ReaderWiring::Osdp),
        Some(_) | None => Err(SettingsError("way: is neither wiegand nor osdp".to_owned())),
    }
}

fn wiegand(entry: &Value) -> Result<WiegandSettings, SettingsError> {
    let raw = RawWiegand::deserialize(entry).map_err(|error| SettingsError(error.to_string()))?;
    if raw.d0 == raw.d1 {
        return Err(SettingsError("d0, d1: two things have the same number".to_owned()));
    }
    if raw.bits.is_some_and(|bits| !matches!(bits, 26 | 34)) {
        return Err(SettingsError("bits: is neither 26 nor 34".to_owned()));
    }
    let inputs = [raw.d0, raw.d1].map(|at| InputPin {
        offset: u32::from(at),
        active: ActiveLevel::Low,
        bias: Bias::PullUp,
        debounce: Duration::ZERO,
    });
    Ok(WiegandSettings {
        side: raw.side,
        target: GpioTarget {
            chip: device_like("chip", &raw.chip)?,
            outputs: Vec::new(),
            inputs: inputs.to_vec(),
        },
        gap: Duration::from_millis(within("gap_ms", raw.gap_ms.unwrap_or(30), 25..=1000)?),
        bits: raw.bits,
    })
}
