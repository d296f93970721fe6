//! The log a terminal keeps itself: entries with growing serial numbers, some of which are skipped.
//!
//! An entry once written never changes; only a factory reset empties the log and starts its numbers again.

use crate::dice::Dice;
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
    pub what: Happening,
}

/// What a terminal writes down.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
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

impl Happening {
    /// The pair `(major, minor)`. Those of major 5 that were seen live: 1, 21, 22, 23, 24, 38, 75, 76; the others are as
    /// vendors' lists have them (facts/devices.md §1.1 says where lists contradict each other).
    pub fn code(&self) -> (u32, u32) {
        match self {
            Happening::PoweredOn => (2, 1024),
            Happening::Granted { key, .. } => match key {
                KeyKind::Face => (5, 75),
                KeyKind::Fingerprint => (5, 38),
                KeyKind::Pin => (5, 2),
                KeyKind::Card | KeyKind::Qr | KeyKind::Plate | KeyKind::Phone | KeyKind::Unknown => (5, 1),
            },
            Happening::Denied => (5, 76),
            Happening::RemoteDoor { command, .. } => match command {
                DoorCommand::Open => (3, 1024),
                DoorCommand::Close => (3, 1025),
                DoorCommand::AlwaysOpen => (3, 1026),
                DoorCommand::AlwaysClose | DoorCommand::Resume => (3, 1027),
            },
            Happening::Unlocked(_) => (5, 21),
            Happening::Locked(_) => (5, 22),
            Happening::Opened(_) => (5, 23),
            Happening::Closed(_) => (5, 24),
            Happening::Forced(_) => (5, 27),
            // Cameras say `VMD` instead of codes.
            Happening::Motion(_) => (1, 0),
        }
    }

    /// The door it is about.
    pub fn door(&self) -> Option<u16> {
        match self {
            Happening::PoweredOn | Happening::Granted { .. } | Happening::Denied | Happening::Motion(_) => None,
            Happening::RemoteDoor { door, .. }
            | Happening::Unlocked(door)
            | Happening::Locked(door)
            | Happening::Opened(door)
            | Happening::Closed(door)
            | Happening::Forced(door) => Some(*door),
        }
    }
}

/// The entries and the next number.
#[derive(Debug)]
pub(super) struct Log {
    entries: Vec<Entry>,
    last: u64,
    gap_once_in: u64,
    dice: Dice,
}

impl Log {
    pub(super) fn new(gap_once_in: u64, dice: Dice) -> Self {
        Self {
            entries: Vec::new(),
            last: 0,
            gap_once_in,
            dice,
        }
    }

    /// Writes an entry down and says its number.
    pub(super) fn append(&mut self, at: Timestamp, what: Happening) -> u64 {
        let front = self.last;
        let skipped = if self.gap_once_in > 0 && self.dice.once_in(self.gap_once_in) {
            1 + self.dice.below(3)
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
