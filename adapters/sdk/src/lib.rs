//! What an adapter is written against: a manifest, checked settings, and one conversation with one device.
//!
//! An adapter knows its wire and nothing else. It opens no connection and reads no wall clock; it is handed a line to
//! talk through, asks to answer, and an reporter for what it sees. It never sees another device, the journal or the cloud.

mod actions;
mod ask;
mod clock;
mod condition;
mod context;
mod driver_error;
pub mod gpio;
pub mod http;
pub mod keys;
mod line_spec;
mod log;
mod manifest;
pub mod modbus;
mod reporter;
mod settings;
pub mod socket;
mod text;

pub use actions::SupportedActions;
pub use ask::{Ask, Asks, RunningCommand, rejecting};
pub use clock::{Clock, ClockPolicy, DriftAction};
pub use condition::{DeviceCondition, DeviceFault, FaultPrecedence};
pub use context::{CallAnswer, CallReceiver, DriverContext, InboundCall, InboundPush, Line, PushReceiver, PushUrl};
pub use driver_error::DriverError;
pub use line_spec::{
    ActiveLevel, Bias, CallTarget, GpioTarget, HttpTarget, InputPin, LineSpec, ModbusTarget, ModbusTransport,
    OutputPin, Parity, SerialTarget, SocketTarget, StopBits, TlsTrust,
};
pub use log::{LogContinuity, LogPosition, ReplayState};
pub use manifest::{Adapter, AdapterManifest, DriverFn, Plan};
pub use reporter::{DriverReport, Observation, ObservedFact, PassQuestion, ReportError, Reporter, State};
pub use settings::{SettingsError, within};
pub use text::{DeviceModel, DevicePath, DeviceSerial, HostName, HttpOrigin};

#[cfg(test)]
mod tests;
