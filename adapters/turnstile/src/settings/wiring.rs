//! How a gate is wired: a relay board on a Modbus, pins, or the outputs of OSDP readers.
//!
//! Contacts are named as an electrician does: open or closed. What counts as active stands beside each.

mod contacts;

pub(crate) use contacts::Contact;
pub(super) use contacts::{RawInputs, RawOutputs};

use crate::{passage::Signal, reader::Side};
use adapter_sdk::{
    ActiveLevel, Bias, DevicePath, GpioTarget, HostName, InputPin, LineSpec, ModbusTarget, ModbusTransport, OutputPin,
    Parity, SerialTarget, SettingsError, SocketTarget, StopBits, within,
};
use contacts::{at_readers, distinct};
use serde::Deserialize;
use std::{collections::BTreeMap, time::Duration};

/// Contacts bounce for a few milliseconds.
const DEBOUNCE: Duration = Duration::from_millis(5);

/// How a gate is wired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wiring {
    /// To a relay board.
    Modbus(RelayBoard),
    /// To pins of the edge.
    Gpio(GpioWiring),
    /// To the outputs of the OSDP readers at its sides.
    Osdp(BTreeMap<Side, u8>),
}

/// A relay board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelayBoard {
    /// The unit.
    pub(crate) target: ModbusTarget,
    /// Who ends a pulse.
    pub(crate) pulse: PulseMode,
    /// How often its inputs are read.
    pub(crate) poll: Duration,
    /// The coil of each side.
    pub(crate) outputs: BTreeMap<Side, u16>,
    /// The discrete input of each signal, and the state of it that counts as active.
    pub(crate) inputs: BTreeMap<Signal, (u16, Contact)>,
}

/// Pins. Outputs and inputs stand in the order of the target's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GpioWiring {
    /// The lines.
    pub(crate) target: GpioTarget,
    /// What each output opens.
    pub(crate) outputs: Vec<Side>,
    /// What each input tells.
    pub(crate) inputs: Vec<Signal>,
}

/// Who ends a pulse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PulseMode {
    /// The board by itself (Waveshare "flash on"): a crash cannot leave the gate open.
    Flash,
    /// We do, with a second write: any board can, and a crash in between leaves the gate open until the next start.
    #[default]
    Coil,
}

/// As a document holds a board.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawModbus {
    host: Option<String>,
    port: Option<u16>,
    serial: Option<String>,
    baud: Option<u32>,
    #[serde(default)]
    parity: RawParity,
    stop_bits: Option<u8>,
    unit: Option<u8>,
    #[serde(default)]
    pulse: PulseMode,
    poll_ms: Option<u64>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawParity {
    #[default]
    None,
    Even,
    Odd,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGpio {
    chip: String,
    #[serde(default)]
    active: RawLevel,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawLevel {
    #[default]
    High,
    Low,
}

/// The outputs of OSDP readers: everything about them stands with the readers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOsdp {}

impl Wiring {
    pub(super) fn parse(
        modbus: Option<RawModbus>,
        gpio: Option<RawGpio>,
        osdp: Option<RawOsdp>,
        outputs: &RawOutputs,
        inputs: &RawInputs,
    ) -> Result<Self, SettingsError> {
        let outputs = contacts::outputs(outputs)?;
        let inputs = contacts::inputs(inputs)?;
        if osdp.is_none() {
            distinct("outputs", outputs.values().copied())?;
        }
        match (modbus, gpio, osdp) {
            (Some(modbus), None, None) => Ok(Wiring::Modbus(RelayBoard {
                target: modbus.target()?,
                pulse: modbus.pulse,
                poll: Duration::from_millis(within("modbus.poll_ms", modbus.poll_ms.unwrap_or(50), 20..=1000)?),
                outputs,
                inputs,
            })),
            (None, Some(gpio), None) => Ok(Wiring::Gpio(relays(&gpio, &outputs, &inputs)?)),
            (None, None, Some(RawOsdp {})) => Ok(Wiring::Osdp(at_readers(&outputs, &inputs)?)),
            _ => Err(SettingsError(
                "modbus, gpio, osdp: a gate has exactly one of them".to_owned(),
            )),
        }
    }

    /// The line to the gate.
    pub(super) fn wants(&self) -> LineSpec {
        match self {
            Wiring::Modbus(board) => LineSpec::Modbus(board.target.clone()),
            Wiring::Gpio(relays) => LineSpec::Gpio(relays.target.clone()),
            // The readers' line is theirs.
            Wiring::Osdp(_) => LineSpec::Several(Vec::new()),
        }
    }

    /// Whether somebody can be let through at a side.
    pub(crate) fn has(&self, side: Side) -> bool {
        match self {
            Wiring::Modbus(board) => board.outputs.contains_key(&side),
            Wiring::Gpio(relays) => relays.outputs.contains(&side),
            Wiring::Osdp(outputs) => outputs.contains_key(&side),
        }
    }

    /// Whether it is seen who passes from a side.
    pub(crate) fn sees(&self, side: Side) -> bool {
        let pass = Signal::Pass(side);
        match self {
            Wiring::Modbus(board) => board.inputs.contains_key(&pass),
            Wiring::Gpio(relays) => relays.inputs.contains(&pass),
            Wiring::Osdp(_) => false,
        }
    }

    /// The outputs that are those of OSDP readers, by the side where the reader stands.
    pub(crate) fn at_readers(&self) -> &BTreeMap<Side, u8> {
        const NONE: &BTreeMap<Side, u8> = &BTreeMap::new();
        match self {
            Wiring::Modbus(_) | Wiring::Gpio(_) => NONE,
            Wiring::Osdp(outputs) => outputs,
        }
    }
}

impl RawModbus {
    fn target(&self) -> Result<ModbusTarget, SettingsError> {
        let via = match (&self.host, &self.serial) {
            (Some(host), None) => ModbusTransport::Tcp(SocketTarget {
                host: host_like(host)?,
                port: self.port.unwrap_or(502),
            }),
            (None, Some(path)) => ModbusTransport::Rtu(SerialTarget {
                path: device_like("modbus.serial", path)?,
                baud: within("modbus.baud", self.baud.unwrap_or(9600), 300..=1_000_000)?,
                parity: match self.parity {
                    RawParity::None => Parity::None,
                    RawParity::Even => Parity::Even,
                    RawParity::Odd => Parity::Odd,
                },
                stop_bits: match within("modbus.stop_bits", self.stop_bits.unwrap_or(1), 1..=2)? {
                    1 => StopBits::One,
                    _ => StopBits::Two,
                },
            }),
            (Some(_), Some(_)) | (None, None) => {
                let says = "modbus: a board has exactly one of host and serial";
                return Err(SettingsError(says.to_owned()));
            }
        };
        let unit = match self.unit.unwrap_or(1) {
            255 if self.host.is_some() => 255,
            unit => within("modbus.unit", unit, 1..=247)?,
        };
        Ok(ModbusTarget { via, unit })
    }
}

/// Pins with their contacts to ground: a closed one pulls its line low.
fn relays(
    gpio: &RawGpio,
    outputs: &BTreeMap<Side, u16>,
    inputs: &BTreeMap<Signal, (u16, Contact)>,
) -> Result<GpioWiring, SettingsError> {
    let taken = inputs.values().map(|(at, _)| *at).chain(outputs.values().copied());
    distinct("outputs, inputs", taken)?;
    let active = match gpio.active {
        RawLevel::High => ActiveLevel::High,
        RawLevel::Low => ActiveLevel::Low,
    };
    Ok(GpioWiring {
        target: GpioTarget {
            chip: device_like("gpio.chip", &gpio.chip)?,
            outputs: outputs
                .values()
                .map(|at| OutputPin {
                    offset: u32::from(*at),
                    active,
                })
                .collect(),
            inputs: inputs.values().map(|(at, contact)| pin(*at, *contact)).collect(),
        },
        outputs: outputs.keys().copied().collect(),
        inputs: inputs.keys().copied().collect(),
    })
}

fn pin(at: u16, contact: Contact) -> InputPin {
    InputPin {
        offset: u32::from(at),
        active: match contact {
            Contact::Closed => ActiveLevel::Low,
            Contact::Open => ActiveLevel::High,
        },
        bias: Bias::PullUp,
        debounce: DEBOUNCE,
    }
}

fn host_like(host: &str) -> Result<HostName, SettingsError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':');
    if host.is_empty() || host.len() > 253 || !host.bytes().all(plain) {
        let says = "modbus.host: is neither a host name nor an IP address";
        return Err(SettingsError(says.to_owned()));
    }
    Ok(host.into())
}

/// The path of a device: below `/dev`, and nowhere else.
pub(super) fn device_like(key: &str, path: &str) -> Result<DevicePath, SettingsError> {
    let plain = path.starts_with("/dev/") && path.len() <= 200 && !path.contains("..") && !path.contains('\0');
    if plain {
        return Ok(path.into());
    }
    Err(SettingsError(format!("{key}: is no path below /dev")))
}
