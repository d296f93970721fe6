//! How a simulated gate is built, and how its board answers.

use std::time::Duration;

/// How it is built.
#[derive(Debug, Clone)]
pub struct Config {
    /// How it is told to let somebody through.
    pub mode: Mode,
    /// How long its controller waits for a passage.
    pub wait: Duration,
    /// How long its PASS contact is open for a passage.
    pub pass: Duration,
    /// How long its alarm lasts.
    pub alarm: Duration,
    /// The board's unit id.
    pub unit: u8,
    /// Whether the board ends pulses by itself.
    pub pulses: Pulses,
    /// Who answers for a unit that is not there.
    pub stranger: Stranger,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::Pulse,
            wait: Duration::from_secs(5),
            pass: Duration::from_millis(300),
            alarm: Duration::from_secs(1),
            unit: 1,
            pulses: Pulses::Own,
            stranger: Stranger::Silence,
        }
    }
}

/// How a gate is told to let somebody through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A pulse, then its controller waits.
    Pulse,
    /// It is free while the relay is held.
    Potential,
}

/// Whether a board ends pulses by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulses {
    /// As Waveshare's do: function 05 at 0x0200 + coil, the value in tenths of a second.
    Own,
    /// It knows coils only.
    None,
}

/// Who answers for a unit that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// Nobody.
    Silence,
    /// A converter, with exception 11.
    Converter,
}

/// How the board answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// It does what it is told and says so.
    FleetContext,
    /// It does what it is told, and its answer is lost.
    Lost,
    /// It hears nothing.
    Deaf,
    /// It refuses with an exception.
    Exception(u8),
}
