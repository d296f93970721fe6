//! A relay board with a gate's contacts, on paper: it answers as it is told, and writes down what it is told to do.

use super::harness::Log;
use adapter_sdk::{
    modbus::{Modbus, ModbusError, ModbusReply, ModbusRequest},
    socket::SocketError,
};
use async_trait::async_trait;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep, sleep_until};

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// As it should.
    Kind,
    /// Not at all, though it hears.
    Silent,
    /// Writes with exception 4.
    Refuses,
    /// With something else.
    Garbled,
    /// A converter says that no such unit answers.
    Absent,
}

#[derive(Debug, Clone)]
pub(super) struct Board {
    log: Log,
    pub(super) behaviour: Arc<Mutex<Behaviour>>,
    pub(super) bits: Arc<Mutex<[bool; 8]>>,
}

impl Board {
    pub(super) fn new(log: Log) -> Self {
        Self {
            log,
            behaviour: Arc::new(Mutex::new(Behaviour::Kind)),
            bits: Arc::new(Mutex::new([true; 8])),
        }
    }

    fn answer(&self, request: &ModbusRequest) -> ModbusReply {
        match request {
            ModbusRequest::ReadDiscreteInputs(first, count) => {
                let bits = self.bits.lock().expect("not poisoned");
                let range = usize::from(*first)..usize::from(first + count);
                ModbusReply::Bits(bits[range].to_vec())
            }
            ModbusRequest::WriteCoil(coil, to) => {
                self.log
                    .line(&format!("board: coil {coil} {}", if *to { "on" } else { "off" }));
                ModbusReply::Written
            }
            ModbusRequest::Custom(code, body) => {
                self.log.line(&format!("board: function {code} {:02x?}", &body[..]));
                ModbusReply::Custom(body.clone())
            }
            ModbusRequest::ReadCoils(..)
            | ModbusRequest::ReadHoldingRegisters(..)
            | ModbusRequest::ReadInputRegisters(..)
            | ModbusRequest::WriteRegister(..) => panic!("{request:?}?"),
        }
    }
}

#[async_trait]
impl Modbus for Board {
    async fn ask(&self, request: ModbusRequest, deadline: Instant) -> Result<ModbusReply, ModbusError> {
        sleep(Duration::from_millis(2)).await;
        let behaviour = *self.behaviour.lock().expect("not poisoned");
        let reads = matches!(request, ModbusRequest::ReadDiscreteInputs(..));
        match behaviour {
            Behaviour::Kind => Ok(self.answer(&request)),
            Behaviour::Refuses if reads => Ok(self.answer(&request)),
            Behaviour::Refuses => Err(ModbusError::Exception(4)),
            Behaviour::Garbled => Err(ModbusError::Mismatch),
            Behaviour::Absent => Err(ModbusError::Exception(11)),
            Behaviour::Silent => {
                self.answer(&request);
                sleep_until(deadline).await;
                Err(ModbusError::Line(SocketError::Timeout))
            }
        }
    }
}
