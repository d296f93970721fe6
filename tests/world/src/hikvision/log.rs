//! The log a terminal keeps itself: entries with growing serial numbers, some of which are skipped.
//!
//! An entry once written never changes; only a factory reset empties the log and starts its numbers again.

use crate::rng::Rng;
use protocol::{Timestamp, fact::KeyKind};

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number: `serialNo`.
    pub serial: u64,
    /// The number of the entry before it: `frontSerialNo`.
    pub front: u64,
    /// The device's own time.
    pub at: Timestamp,
    /// What happened.
    pub what: LogEntryKind,
}

/// What a terminal writes down.
#[derive(Debug, Clone, PartialEq)]
pub enum LogEntryKind {
    /// Power came on.
    PoweredOn,
    /// Somebody known showed a key.
    Granted {
        /// `employeeNoString`.
        person: String,
        /// What was shown.
        key: KeyKind,
    },
    /// Somebody was refused.
    Denied,
    /// A door was opened, closed or kept so over the network.
    RemoteDoor {
        /// Which.
        door: u16,
        /// How.
        command: DoorCommand,
    },
    /// A lock opened.
    Unlocked(u16),
    /// A lock closed.
    Locked(u16),
    /// A door leaf moved away from its frame.
    Opened(u16),
    /// A door leaf is back in its frame.
    Closed(u16),
    /// A door leaf moved though the lock was closed.
    Forced(u16),
    /// Something moved before a camera, or no longer does.
    Motion(Motion),
}

/// What a camera sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// `active`.
    Begins,
    /// `inactive`.
    Ends,
}

/// Values of `cmd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoorCommand {
    /// `open`: unlocked for a while.
    Open,
    /// `close`: locked.
    Close,
    /// `alwaysOpen`.
    AlwaysOpen,
    /// `alwaysClose`.
    AlwaysClose,
    /// `resume`: back to its schedule.
    Resume,
}

impl DoorCommand {
    /// As `cmd` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            DoorCommand::Open => "open",
            DoorCommand::Close => "close",
            DoorCommand::AlwaysOpen => "alwaysOpen",
            DoorCommand::AlwaysClose => "alwaysClose",
            DoorCommand::Resume => "resume",
        }
    }
}

impl LogEntryKind {
    /// The pair `(major, minor)`. Those of major 5 that were seen live: 1, 21, 22, 23, 24, 38, 75, 76; the others are as
    /// vendors' lists have them (facts/devices.md §1.1 says where lists contradict each other).
    pub fn code(&self) -> (u32, u32) {
        match self {
            LogEntryKind::PoweredOn => (2, 1024),
            LogEntryKind::Granted { key, .. } => match key {
                KeyKind::Face => (5, 75),
                KeyKind::Fingerprint => (5, 38),
                KeyKind::Pin => (5, 2),
                KeyKind::Card | KeyKind::Qr | KeyKind::Plate | KeyKind::Phone | KeyKind::Unknown => (5, 1),
            },
            LogEntryKind::Denied => (5, 76),
            LogEntryKind::RemoteDoor { command, .. } => match command {
                DoorCommand::Open => (3, 1024),
                DoorCommand::Close => (3, 1025),
                DoorCommand::AlwaysOpen => (3, 1026),
                DoorCommand::AlwaysClose | DoorCommand::Resume => (3, 1027),
            },
            LogEntryKind::Unlocked(_) => (5, 21),
            LogEntryKind::Locked(_) => (5, 22),
            LogEntryKind::Opened(_) => (5, 23),
            LogEntryKind::Closed(_) => (5, 24),
            LogEntryKind::Forced(_) => (5, 27),
            // Cameras say `VMD` instead of codes.
            LogEntryKind::Motion(_) => (1, 0),
        }
    }

    /// The door it is about.
    pub fn door(&self) -> Option<u16> {
        match self {
            LogEntryKind::PoweredOn | LogEntryKind::Granted { .. } | LogEntryKind::Denied | LogEntryKind::Motion(_) => {
                None
            }
            LogEntryKind::RemoteDoor { door, .. }
            | LogEntryKind::Unlocked(door)
            | LogEntryKind::Locked(door)
            | LogEntryKind::Opened(door)
            | LogEntryKind::Closed(door)
            | LogEntryKind::Forced(door) => Some(*door),
        }
    }
}

/// The entries and the next number.
#[derive(Debug)]
pub(super) struct Log {
    entries: Vec<Entry>,
    last: u64,
    gap_once_in: u64,
    rng: Rng,
}

impl Log {
    pub(super) fn new(gap_once_in: u64, rng: Rng) -> Self {
        Self {
            entries: Vec::new(),
            last: 0,
            gap_once_in,
            rng,
        }
    }

    /// Writes an entry down and says its number.
    pub(super) fn append(&mut self, at: Timestamp, what: LogEntryKind) -> u64 {
        let front = self.last;
        let skipped = if self.gap_once_in > 0 && self.rng.once_in(self.gap_once_in) {
            1 + self.rng.below(3)
        } else {
            0
        };
        self.last = self.last.saturating_add(1 + skipped);
        self.entries.push(Entry {
            serial: self.last,
            front,
            at,
            what,
        });
        self.last
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries after the first `count`.
    pub(super) fn after(&self, count: usize) -> &[Entry] {
        self.entries.get(count..).unwrap_or_default()
    }

    pub(super) fn wipe(&mut self) {
        self.entries.clear();
        self.last = 0;
    }
}
