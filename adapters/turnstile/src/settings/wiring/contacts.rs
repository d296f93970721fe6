//! Which number every output and every input has, and how its contact is when it is active.
//!
//! Nothing stands there twice.

use crate::{passage::Signal, reader::Side};
use adapter_sdk::SettingsError;
use serde::Deserialize;
use std::collections::BTreeMap;

/// No reader has as many outputs.
const OUTPUTS: u8 = 32;

/// As many inputs can be read at once (Modbus Application Protocol 1.1b3 §6.2).
const AT_ONCE: u16 = 2000;

/// How a contact is when its signal is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Contact {
    /// Open.
    Open,
    /// Closed.
    Closed,
}

/// As a document holds outputs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::settings) struct RawOutputs {
    a: Option<u16>,
    b: Option<u16>,
}

/// As a document holds inputs.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::settings) struct RawInputs {
    pass_a: Option<RawInput>,
    pass_b: Option<RawInput>,
    ready: Option<RawInput>,
    alarm: Option<RawInput>,
    detector: Option<RawInput>,
    fire: Option<RawInput>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInput {
    at: u16,
    active: Option<Contact>,
}

/// The output of each side.
pub(super) fn outputs(raw: &RawOutputs) -> Result<BTreeMap<Side, u16>, SettingsError> {
    let sides = [(Side::A, raw.a), (Side::B, raw.b)];
    let outputs: BTreeMap<Side, u16> = sides.into_iter().filter_map(|(side, at)| Some((side, at?))).collect();
    if outputs.is_empty() {
        return Err(SettingsError("outputs: neither side has one".to_owned()));
    }
    Ok(outputs)
}

/// Contacts as PERCo's gates have them where the settings do not say: PASS opens on passage, the fire alarm's is closed at
/// rest, the others close.
pub(super) fn inputs(raw: &RawInputs) -> Result<BTreeMap<Signal, (u16, Contact)>, SettingsError> {
    let all = [
        (Signal::Pass(Side::A), raw.pass_a, Contact::Open),
        (Signal::Pass(Side::B), raw.pass_b, Contact::Open),
        (Signal::Ready, raw.ready, Contact::Closed),
        (Signal::Alarm, raw.alarm, Contact::Closed),
        (Signal::Detector, raw.detector, Contact::Closed),
        (Signal::Fire, raw.fire, Contact::Open),
    ];
    let wired = all.into_iter().filter_map(|(signal, input, usual)| {
        let input = input?;
        Some((signal, (input.at, input.active.unwrap_or(usual))))
    });
    let inputs: BTreeMap<Signal, (u16, Contact)> = wired.collect();
    distinct("inputs", inputs.values().map(|(at, _)| *at))?;
    let numbers = || inputs.values().map(|(at, _)| *at);
    if let (Some(first), Some(last)) = (numbers().min(), numbers().max())
        && last - first >= AT_ONCE
    {
        return Err(SettingsError(format!("inputs: they lie {AT_ONCE} or more apart")));
    }
    Ok(inputs)
}

/// Outputs of readers, which watch nothing for the gate.
pub(super) fn at_readers(
    outputs: &BTreeMap<Side, u16>,
    inputs: &BTreeMap<Signal, (u16, Contact)>,
) -> Result<BTreeMap<Side, u8>, SettingsError> {
    if !inputs.is_empty() {
        return Err(SettingsError("inputs: OSDP readers have none for the gate".to_owned()));
    }
    let number = |(side, at): (&Side, &u16)| match u8::try_from(*at) {
        Ok(at) if at < OUTPUTS => Ok((*side, at)),
        Ok(_) | Err(_) => Err(SettingsError(format!("outputs: a reader has less than {OUTPUTS}"))),
    };
    outputs.iter().map(number).collect()
}

/// Nothing stands there twice.
pub(super) fn distinct(key: &str, numbers: impl Iterator<Item = u16>) -> Result<(), SettingsError> {
    let mut numbers: Vec<u16> = numbers.collect();
    numbers.sort_unstable();
    if numbers
        .iter()
        .zip(numbers.iter().skip(1))
        .any(|(one, next)| one == next)
    {
        return Err(SettingsError(format!("{key}: two things have the same number")));
    }
    Ok(())
}
