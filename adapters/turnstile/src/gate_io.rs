//! The ways to a gate's outputs and inputs: a relay board on a Modbus, pins, or the outputs of OSDP readers.
//!
//! A way moves what it is told to, once, and ends what it began; it never decides anything.

mod gpio;
mod modbus;
mod osdp;

pub(crate) use gpio::GpioGateIo;
pub(crate) use modbus::ModbusGateIo;
pub(crate) use osdp::OsdpGateIo;

use crate::{
    passage::{OutputAction, Signal},
    reader::Side,
};
use adapter_sdk::{DriverError, gpio::Level, modbus::ModbusError, socket::SocketError};
use async_trait::async_trait;
use std::fmt::Debug;
use tokio::time::Instant;

/// A way to a gate.
#[async_trait]
pub(crate) trait GateIo: Send + Debug {
    /// Makes every output inactive: the safe state.
    async fn release_all(&mut self, deadline: Instant) -> Result<(), GateIoError>;
    /// How every input is now.
    async fn look(&mut self, deadline: Instant) -> Result<Vec<(Signal, Level)>, GateIoError>;
    /// Moves an output, once; what has not gone out by `deadline` does not go out.
    async fn drive(&mut self, side: Side, to: OutputAction, deadline: Instant) -> Result<(), GateIoError>;
    /// How inputs are now, as soon as one may have changed. Ends pulses meanwhile, so it must be waited for all the time.
    /// Given up while waiting, nothing is lost.
    async fn next(&mut self) -> Result<Vec<(Signal, Level)>, GateIoError>;
}

/// Why a way leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GateIoError {
    /// No bytes come or go.
    #[error("nothing comes or goes")]
    Line(#[source] SocketError),
    /// The reader whose output it is cannot be talked to: nothing went out.
    #[error("the reader whose output it is cannot be talked to")]
    Absent,
    /// The board refuses.
    #[error("the board answers with exception {0}")]
    Refused(u8),
    /// The board answers something else.
    #[error("the board answers something else than was asked")]
    Mismatch,
}

impl GateIoError {
    /// As the end of a run.
    pub(crate) fn into_driver_error(self, doing: &'static str) -> DriverError {
        match self {
            GateIoError::Line(source) => DriverError::Lost { doing, source },
            // Modbus Application Protocol 1.1b3 §7: a converter reaches no such unit, or hears nothing from it.
            GateIoError::Refused(10 | 11) => DriverError::Silent("its converter says that no such unit answers"),
            GateIoError::Absent => DriverError::Silent("the reader whose output it is"),
            GateIoError::Refused(_) | GateIoError::Mismatch => DriverError::Protocol(format!("{doing}: {self}")),
        }
    }
}

impl From<ModbusError> for GateIoError {
    fn from(error: ModbusError) -> Self {
        match error {
            ModbusError::Line(source) => GateIoError::Line(source),
            ModbusError::Exception(code) => GateIoError::Refused(code),
            ModbusError::Mismatch => GateIoError::Mismatch,
        }
    }
}
