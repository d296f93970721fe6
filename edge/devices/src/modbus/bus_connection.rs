//! One connection to a bus, asked one thing at a time: tokio-modbus where the function is a known one, else frames of our own.
//!
//! Whoever gives up a question before it is answered must drop the connection with it.

use super::{
    frame::{self, FrameReply},
    shared_stream::{SharedStream, broken},
};
use crate::{serial, socket};
use adapter_sdk::{
    ModbusTransport, SerialTarget,
    modbus::{ModbusError, ModbusReply, ModbusRequest},
};
use std::{io, time::Duration};
use tokio::time::{Instant, timeout_at};
use tokio_modbus::{
    Error, Request, Response, Slave,
    client::{self, Client as _},
    prelude::SlaveContext as _,
};

/// Bits of silence between two frames: 3.5 characters of 11 bits (Modbus over Serial Line 1.02 §2.5.1.1).
const GAP_BITS: u64 = 39;
/// The least silence, where the bus is fast (the same section).
const LEAST_GAP: Duration = Duration::from_micros(1750);

/// One connection.
pub(super) struct BusConnection {
    stream: SharedStream,
    client: client::Context,
    framing: Framing,
    free: Instant,
}

/// What goes around a function.
#[derive(Debug, Clone, Copy)]
enum Framing {
    /// A head with the transaction's number: the last one used.
    Tcp(u16),
    /// The unit before, a checksum after, and this much silence.
    Rtu(Duration),
}

/// Connects by `deadline`.
pub(super) async fn connect(via: &ModbusTransport, deadline: Instant) -> io::Result<BusConnection> {
    match via {
        ModbusTransport::Tcp(target) => {
            let tap = SharedStream::new(socket::connect(target, deadline).await?);
            let client = client::tcp::attach(tap.clone());
            Ok(BusConnection::new(tap, client, Framing::Tcp(0)))
        }
        ModbusTransport::Rtu(target) => {
            let mut tap = SharedStream::new(serial::open(target, deadline).await?);
            timeout_at(deadline, tap.drain()).await??;
            let client = client::rtu::attach(tap.clone());
            Ok(BusConnection::new(tap, client, Framing::Rtu(gap(target))))
        }
    }
}

fn gap(target: &SerialTarget) -> Duration {
    let bits = Duration::from_secs(GAP_BITS);
    LEAST_GAP.max(bits / target.baud.max(1))
}

impl BusConnection {
    fn new(tap: SharedStream, client: client::Context, framing: Framing) -> Self {
        let free = Instant::now();
        Self {
            stream: tap,
            client,
            framing,
            free,
        }
    }

    /// Whether nothing came that nobody asked for, nor the end.
    pub(super) fn is_quiet(&self) -> bool {
        self.stream.is_quiet()
    }

    /// When the bus may be spoken on again.
    pub(super) fn free(&self) -> Instant {
        self.free
    }

    /// Asks a unit, once. The caller bounds the wait.
    pub(super) async fn ask(&mut self, unit: u8, request: ModbusRequest) -> Result<ModbusReply, ModbusError> {
        let end = match request {
            ModbusRequest::Custom(function, rest) => self.custom(unit, function, &rest).await,
            request @ (ModbusRequest::ReadCoils(..)
            | ModbusRequest::ReadDiscreteInputs(..)
            | ModbusRequest::ReadHoldingRegisters(..)
            | ModbusRequest::ReadInputRegisters(..)
            | ModbusRequest::WriteCoil(..)
            | ModbusRequest::WriteRegister(..)) => self.call_standard(unit, &request).await,
        };
        if let Framing::Rtu(gap) = self.framing {
            self.free = Instant::now() + gap;
        }
        end
    }

    async fn call_standard(&mut self, unit: u8, request: &ModbusRequest) -> Result<ModbusReply, ModbusError> {
        self.client.set_slave(Slave(unit));
        match self.client.call(standard(request)).await {
            Ok(Ok(response)) => reply(request, response).ok_or(ModbusError::Mismatch),
            Ok(Err(exception)) => Err(ModbusError::Exception(exception.into())),
            Err(Error::Protocol(_)) => Err(ModbusError::Mismatch),
            Err(Error::Transport(error)) if error.kind() == io::ErrorKind::InvalidData => Err(ModbusError::Mismatch),
            Err(Error::Transport(error)) => Err(broken(error)),
        }
    }

    async fn custom(&mut self, unit: u8, function: u8, rest: &[u8]) -> Result<ModbusReply, ModbusError> {
        let (from, inner) = match &mut self.framing {
            Framing::Tcp(transaction) => {
                *transaction = transaction.wrapping_add(1);
                let transaction = *transaction;
                self.stream.over_tcp(transaction, unit, function, rest).await?
            }
            Framing::Rtu(_) => self.stream.over_rtu(unit, function, rest).await?,
        };
        match frame::parse_reply(function, &inner) {
            _ if from != unit => Err(ModbusError::Mismatch),
            FrameReply::Answer(rest) => Ok(ModbusReply::Custom(rest)),
            FrameReply::Exception(exception) => Err(ModbusError::Exception(exception)),
            FrameReply::Mismatch => Err(ModbusError::Mismatch),
        }
    }
}

/// A question in tokio-modbus' words.
fn standard(request: &ModbusRequest) -> Request<'static> {
    match *request {
        ModbusRequest::ReadCoils(at, count) => Request::ReadCoils(at, count),
        ModbusRequest::ReadDiscreteInputs(at, count) => Request::ReadDiscreteInputs(at, count),
        ModbusRequest::ReadHoldingRegisters(at, count) => Request::ReadHoldingRegisters(at, count),
        ModbusRequest::ReadInputRegisters(at, count) => Request::ReadInputRegisters(at, count),
        ModbusRequest::WriteCoil(at, to) => Request::WriteSingleCoil(at, to),
        ModbusRequest::WriteRegister(at, to) => Request::WriteSingleRegister(at, to),
        ModbusRequest::Custom(function, ref rest) => Request::Custom(function, rest.to_vec().into()),
    }
}

/// The answer, where it is one to the question: as many bits or words as were asked for, or the echo of what was written.
fn reply(request: &ModbusRequest, response: Response) -> Option<ModbusReply> {
    match *request {
        ModbusRequest::ReadCoils(_, count) => {
            let Response::ReadCoils(bits) = response else {
                return None;
            };
            trim_padding(bits, count)
        }
        ModbusRequest::ReadDiscreteInputs(_, count) => {
            let Response::ReadDiscreteInputs(bits) = response else {
                return None;
            };
            trim_padding(bits, count)
        }
        ModbusRequest::ReadHoldingRegisters(_, count) => {
            let Response::ReadHoldingRegisters(words) = response else {
                return None;
            };
            (words.len() == usize::from(count)).then_some(ModbusReply::Words(words))
        }
        ModbusRequest::ReadInputRegisters(_, count) => {
            let Response::ReadInputRegisters(words) = response else {
                return None;
            };
            (words.len() == usize::from(count)).then_some(ModbusReply::Words(words))
        }
        ModbusRequest::WriteCoil(at, to) => {
            (response == Response::WriteSingleCoil(at, to)).then_some(ModbusReply::Written)
        }
        ModbusRequest::WriteRegister(at, to) => {
            (response == Response::WriteSingleRegister(at, to)).then_some(ModbusReply::Written)
        }
        ModbusRequest::Custom(..) => None,
    }
}

/// Bits come in whole bytes; what is beyond the count is padding.
fn trim_padding(mut bits: Vec<bool>, count: u16) -> Option<ModbusReply> {
    let count = usize::from(count);
    if bits.len() != count.next_multiple_of(8) {
        return None;
    }
    bits.truncate(count);
    Some(ModbusReply::Bits(bits))
}
