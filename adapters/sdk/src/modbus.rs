//! The line for Modbus: one unit, asked one thing at a time.
//!
//! It repeats nothing: a coil written twice is a door opened twice. What coils mean is the adapter's own business.

use crate::socket::SocketError;
use async_trait::async_trait;
use bytes::Bytes;
use std::fmt::Debug;
use tokio::time::Instant;

/// One Modbus unit.
#[async_trait]
pub trait Modbus: Send + Sync + Debug {
    /// Asks the unit by `deadline`, waiting for its turn on the bus included; what has not been written by then is not
    /// written. Connects where nothing is connected.
    async fn ask(&self, request: ModbusRequest, deadline: Instant) -> Result<ModbusReply, ModbusError>;
}

/// What a unit is asked. Addresses count from 0, as on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModbusRequest {
    /// Function 01: coils from an address on.
    ReadCoils(u16, u16),
    /// Function 02: discrete inputs from an address on.
    ReadDiscreteInputs(u16, u16),
    /// Function 03: holding registers from an address on.
    ReadHoldingRegisters(u16, u16),
    /// Function 04: input registers from an address on.
    ReadInputRegisters(u16, u16),
    /// Function 05: one coil on or off.
    WriteCoil(u16, bool),
    /// Function 06: one register.
    WriteRegister(u16, u16),
    /// Any other function, or a maker's own use of a known one: function code and what follows it.
    Custom(u8, Bytes),
}

/// What a unit answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModbusReply {
    /// Coils or inputs; exactly as many as were asked for.
    Bits(Vec<bool>),
    /// Registers; exactly as many as were asked for.
    Words(Vec<u16>),
    /// Written, and echoed by the unit.
    Written,
    /// The answer to a custom function: what follows its code.
    Custom(Bytes),
}

/// Why a unit gave no good answer.
#[derive(Debug, thiserror::Error)]
pub enum ModbusError {
    /// No bytes come or go.
    #[error("cannot talk over the bus")]
    Line(#[source] SocketError),
    /// The unit refuses (Modbus Application Protocol 1.1b3 §7): 1 function, 2 address, 3 value, 4 failure…
    #[error("the unit answers with exception {0}")]
    Exception(u8),
    /// The answer is not one to the question.
    #[error("the unit answers something else than was asked")]
    Mismatch,
}
