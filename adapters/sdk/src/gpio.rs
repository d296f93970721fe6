//! The line for pins: outputs that are driven, inputs that are watched, with the kernel's own timestamps.
//!
//! Outputs are inactive from the moment they are taken and again when they are given back.

use crate::socket::SocketError;
use async_trait::async_trait;
use std::fmt::Debug;

/// The way to some lines of a chip ([`crate::GpioTarget`]).
pub trait Gpio: Send + Sync + Debug {
    /// Takes the lines: fails where another program holds one.
    fn take(&self) -> Result<Box<dyn Pins>, SocketError>;
}

/// Lines taken. Dropping it drives every output inactive and gives the lines back.
#[async_trait]
pub trait Pins: Send + Debug {
    /// Drives an output: `pin` counts from 0 in the order of [`crate::GpioTarget::outputs`].
    async fn drive(&mut self, pin: usize, to: Level) -> Result<(), SocketError>;
    /// How an input is now: `pin` counts from 0 in the order of [`crate::GpioTarget::inputs`].
    async fn sense(&mut self, pin: usize) -> Result<Level, SocketError>;
    /// The next change of an input. Given up while waiting, nothing is lost; a reader that is too slow hears of it as
    /// [`SocketError::Broken`].
    async fn edge(&mut self) -> Result<PinEdge, SocketError>;
}

/// Active or not; what that is electrically stands in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Active.
    Active,
    /// Not active.
    Inactive,
}

/// An input changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinEdge {
    /// Which input, from 0.
    pub pin: usize,
    /// What it is now.
    pub to: Level,
    /// When, nanoseconds on the kernel's monotonic clock.
    pub at_ns: u64,
}
