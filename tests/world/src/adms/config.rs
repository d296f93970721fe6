//! What kind of terminal is simulated and which of the recorded oddities it shows.
//!
//! The default is the nastiest behaviour on record, not the most convenient one.

use crate::clock::Clock;
use std::time::Duration;

/// How it tells its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowUpload {
    /// Rows of one body in any order, some told again, broken ones between them, and some answers not waited for.
    Badly,
    /// In order; an answer that did not come is a reason to tell all of it again.
    InOrder,
}

/// How it confirms and carries out commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandReplies {
    /// As it should, in batches and over several lines by turns.
    Obeying,
    /// It knows no user tables (-1004) and understands nothing else (-1002).
    Refusing,
}

/// How a terminal is built and set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Serial number.
    pub serial_number: String,
    /// Firmware version.
    pub firmware: String,
    /// Where it takes its time from.
    pub clock: Clock,
    /// How far its own clock is ahead of `clock`, milliseconds, until a server's `Date` sets it.
    pub drift_ms: i64,
    /// How many rows its log has when it first starts.
    pub history: u32,
    /// How it tells its rows.
    pub telling: RowUpload,
    /// What it makes of commands.
    pub answering: CommandReplies,
    /// Most rows in one body.
    pub rows_at_once: usize,
    /// Between two looks for commands, whatever it is told.
    pub poll: Duration,
    /// Until it tries again where nobody answers as he should.
    pub patience: Duration,
    /// Seed of its oddities.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            serial_number: "BJ2C194460123".to_owned(),
            firmware: "ZAM180-NF-Ver1.1.17".to_owned(),
            clock: Clock::Real,
            drift_ms: 3_600_000,
            history: 60,
            telling: RowUpload::Badly,
            answering: CommandReplies::Obeying,
            rows_at_once: 20,
            poll: Duration::from_millis(50),
            patience: Duration::from_millis(200),
            seed: 1,
        }
    }
}
