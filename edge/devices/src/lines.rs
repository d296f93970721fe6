//! Every line a plan can want, opened by its kind.
//!
//! Nothing is connected here: what is unplugged or switched off makes a device offline, never its settings invalid.

use crate::{
    chars::CharsDial,
    gpio::Chip,
    http::HttpLine,
    keys::Keyboard,
    line_error::{LineError, PINS},
    modbus::Buses,
    serial::SerialDial,
    socket::{TcpDial, UdpDial},
};
use adapter_sdk::{DevicePath, GpioTarget, Line, LineSpec, ModbusTarget};
use rustls::RootCertStore;
use std::{collections::BTreeSet, sync::Arc};

/// Opens lines, and knows the buses that several devices share.
#[derive(Debug)]
pub(crate) struct LineOpener {
    roots: Arc<RootCertStore>,
    buses: Buses,
}

impl LineOpener {
    pub(crate) fn new(roots: Arc<RootCertStore>) -> Self {
        let buses = Buses::default();
        Self { roots, buses }
    }

    /// The line that `wants` names. Nothing is sent, taken or opened yet.
    pub(crate) fn open(&self, wants: &LineSpec) -> Result<Line, LineError> {
        Ok(match wants {
            LineSpec::Http(target) => Line::Http(Arc::new(HttpLine::open(target, &self.roots)?)),
            LineSpec::Tcp(target) => Line::Socket(Arc::new(TcpDial::new(target.clone()))),
            LineSpec::Udp(target) => Line::Socket(Arc::new(UdpDial::new(target.clone()))),
            LineSpec::Serial(target) => {
                path(&target.path)?;
                Line::Socket(Arc::new(SerialDial::new(target.clone())))
            }
            LineSpec::Chars(chars) => Line::Socket(Arc::new(CharsDial::new(path(chars)?))),
            LineSpec::Modbus(target) => self.modbus(target)?,
            LineSpec::Gpio(target) => gpio(target)?,
            LineSpec::Keys(keys) => Line::Keys(Arc::new(Keyboard::new(path(keys)?))),
            LineSpec::Calls(_) => Line::Calls,
            LineSpec::Several(several) => {
                let lines: Result<Vec<Line>, LineError> = several.iter().map(|wants| self.open(wants)).collect();
                Line::Several(lines?)
            }
        })
    }

    fn modbus(&self, target: &ModbusTarget) -> Result<Line, LineError> {
        if !matches!(target.unit, 1..=247 | 255) {
            return Err(LineError::Unit(target.unit));
        }
        if let adapter_sdk::ModbusTransport::Rtu(port) = &target.via {
            path(&port.path)?;
        }
        Ok(Line::Modbus(Arc::new(self.buses.unit(target))))
    }
}

fn path(path: &DevicePath) -> Result<DevicePath, LineError> {
    let text = path.as_str();
    if !text.starts_with('/') || text.ends_with('/') || text.contains('\0') {
        return Err(LineError::Path(path.clone()));
    }
    Ok(path.clone())
}

fn gpio(target: &GpioTarget) -> Result<Line, LineError> {
    path(&target.chip)?;
    let outputs = target.outputs.iter().map(|pin| pin.offset);
    let inputs = target.inputs.iter().map(|pin| pin.offset);
    let all: BTreeSet<u32> = outputs.chain(inputs).collect();
    let named = target.outputs.len() + target.inputs.len();
    if all.len() != named || target.outputs.len() > PINS || target.inputs.len() > PINS {
        let chip = target.chip.clone();
        return Err(LineError::Pins { chip });
    }
    Ok(Line::Gpio(Arc::new(Chip::new(target.clone()))))
}
