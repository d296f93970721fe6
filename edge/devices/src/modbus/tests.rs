//! One bus over loopback and over a pair of pseudo-terminals: turns, deadlines, answers that come late or are wrong.

mod frames;
mod rtu;
mod shared_bus;
mod tcp;

use adapter_sdk::modbus::{ModbusError, ModbusReply};
use std::time::Duration;
use tokio::time::Instant;

/// Nothing here takes longer.
fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// A deadline that nobody means to meet.
fn shortly() -> Instant {
    Instant::now() + Duration::from_millis(300)
}

/// An end in a few words.
fn told(end: &Result<ModbusReply, ModbusError>) -> String {
    match end {
        Ok(reply) => format!("{reply:?}"),
        Err(ModbusError::Line(error)) => format!("{error}"),
        Err(error @ (ModbusError::Exception(_) | ModbusError::Mismatch)) => format!("{error}"),
    }
}
