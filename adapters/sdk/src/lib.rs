//! What an adapter is written against: a manifest, checked settings, and one conversation with one device.
//!
//! An adapter knows its wire and nothing else. It opens no connection and reads no wall clock; it is handed a line to
//! talk through, asks to answer, and an reporter for what it sees. It never sees another device, the journal or the cloud.

mod ask;
mod context;
pub mod gpio;
pub mod http;
pub mod keys;
mod manifest;
pub mod modbus;
mod reporter;
pub mod socket;
mod supported;

pub use ask::{Ask, Asks, Running, rejecting};
pub use context::{Call, CallAnswer, Calls, Clock, Context, Line, Mark, Push, Pushes};
pub use manifest::{
    ActiveLevel, Adapter, Bias, CallTarget, Drive, DriverError, GpioTarget, HttpTarget, InputPin, LineSpec, Manifest,
    ModbusTarget, ModbusVia, OutputPin, Parity, Plan, SerialTarget, SettingsError, SocketTarget, StopBits, TlsTrust,
    within,
};
pub use reporter::{DriverReport, Observation, ObservedFact, PassQuestion, Refused, Reporter, State};
pub use supported::SupportedActions;

#[cfg(test)]
mod tests;
