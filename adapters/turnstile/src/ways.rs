//! The ways to a gate's outputs and inputs: a relay board on a Modbus, pins, or the outputs of OSDP readers.
//!
//! A way moves what it is told to, once, and ends what it began; it never decides anything.

mod gpio;
mod modbus;
mod osdp;

pub(crate) use gpio::GpioWay;
pub(crate) use modbus::ModbusWay;
pub(crate) use osdp::OsdpWay;

use crate::{
    passage::{Move, Signal},
    reader::Side,
};
use adapter_sdk::{DriverError, gpio::Level, modbus::ModbusError, socket::SocketError};
use async_trait::async_trait;
use std::fmt::Debug;
use tokio::time::Instant;

/// A way to a gate.
#[async_trait]
pub(crate) trait Way: Send + Debug {
    /// Makes every output inactive: the safe state.
    async fn rest(&mut self, deadline: Instant) -> Result<(), WayError>;
    /// How every input is now.
    async fn look(&mut self, deadline: Instant) -> Result<Vec<(Signal, Level)>, WayError>;
    /// Moves an output, once; what has not gone out by `deadline` does not go out.
    async fn drive(&mut self, side: Side, to: Move, deadline: Instant) -> Result<(), WayError>;
    /// How inputs are now, as soon as one may have changed. Ends pulses meanwhile, so it must be waited for all the time.
    /// Given up while waiting, nothing is lost.
    async fn next(&mut self) -> Result<Vec<(Signal, Level)>, WayError>;
}

/// Why a way leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WayError {
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

impl WayError {
    /// As the end of a run.
    pub(crate) fn ending(self, doing: &'static str) -> DriverError {
        match self {
            WayError::Line(source) => DriverError::Lost { doing, source },
            // Modbus Application Protocol 1.1b3 §7: a converter reaches no such unit, or hears nothing from it.
            WayError::Refused(10 | 11) => DriverError::Silent("its converter says that no such unit answers"),
            WayError::Absent => DriverError::Silent("the reader whose output it is"),
            WayError::Refused(_) | WayError::Mismatch => DriverError::Protocol(format!("{doing}: {self}")),
        }
    }
}

impl From<ModbusError> for WayError {
    fn from(error: ModbusError) -> Self {
        match error {
            ModbusError::Line(source) => WayError::Line(source),
            ModbusError::Exception(code) => WayError::Refused(code),
            ModbusError::Mismatch => WayError::Mismatch,
        }
    }
}
