//! What an adapter is written against: a manifest, checked settings, and one conversation with one device.
//!
//! An adapter knows its wire and nothing else. It opens no connection and reads no wall clock; it is handed a line to
//! talk through, asks to answer, and an reporter for what it sees. It never sees another device, the journal or the cloud.

mod actions;
mod ask;
mod context;
pub mod gpio;
pub mod http;
pub mod keys;
mod manifest;
pub mod modbus;
mod reporter;
pub mod socket;

pub use actions::SupportedActions;
pub use ask::{Ask, Asks, RunningCommand, rejecting};
pub use context::{
    CallAnswer, CallReceiver, Clock, DriverContext, InboundCall, InboundPush, Line, LogPosition, PushReceiver,
};
pub use manifest::{
    ActiveLevel, Adapter, AdapterManifest, Bias, CallTarget, DriverError, DriverFn, GpioTarget, HttpTarget, InputPin,
    LineSpec, ModbusTarget, ModbusTransport, OutputPin, Parity, Plan, SerialTarget, SettingsError, SocketTarget,
    StopBits, TlsTrust, within,
};
pub use reporter::{DriverReport, Observation, ObservedFact, PassQuestion, ReportError, Reporter, State};

#[cfg(test)]
mod tests;
