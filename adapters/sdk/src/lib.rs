//! What an adapter is written against: a manifest, checked settings, and one conversation with one device.
//!
//! An adapter knows its wire and nothing else. It opens no connection and reads no wall clock; it is handed a line to
//! talk through, asks to answer, and an outlet for what it sees. It never sees another device, the journal or the cloud.

mod ask;
mod context;
pub mod gpio;
pub mod http;
pub mod keys;
mod manifest;
pub mod modbus;
mod outlet;
pub mod socket;
mod supported;

pub use ask::{Ask, Asks, Running, rejecting};
pub use context::{Call, CallAnswer, Calls, Clock, Context, Line, Mark, Push, Pushes};
pub use manifest::{
    ActiveLevel, Adapter, Bias, CallTarget, Drive, DriverError, GpioTarget, HttpTarget, InputPin, Manifest,
    ModbusTarget, ModbusVia, OutputPin, Parity, Plan, SerialTarget, SettingsError, SocketTarget, StopBits, TlsTrust,
    Wants, within,
};
pub use outlet::{Observation, Outlet, Question, Refused, Seen, State, Told};
pub use supported::SupportedActions;

#[cfg(test)]
mod tests;
