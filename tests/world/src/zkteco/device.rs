//! The terminal itself: its users, its log, its clock, its door.
//!
//! It knows nothing of sockets; what it did is the truth that tests compare with.

use super::{
    config::Config,
    layout::{Punch, User},
};
use crate::rng::Rng;
use jiff::{civil::DateTime, tz::Offset};
use protocol::Timestamp;
use std::time::Duration;

/// Whether people can use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk {
    /// They can.
    Open,
    /// `DISABLEDEVICE` closed it: nobody can, until somebody opens it again.
    Closed,
}

/// Whether it answers who reads a large store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkReads {
    /// Chunk by chunk.
    Answered,
    /// Never: the read hangs.
    Stalled,
}

/// How the next unlock is answered; the ones after it are answered promptly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnlockReply {
    /// With `OK`.
    Prompt,
    /// Not at all, though the door opens.
    Silent,
    /// The connection ends, though the door opens.
    Cut,
    /// With an error, and the door stays shut.
    Refused,
}

/// The door was unlocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// When, by the building's clock.
    pub at: Timestamp,
    /// For how long.
    pub lasts: Duration,
}

/// What it counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Sessions opened.
    pub sessions: u64,
    /// Wrong comm keys.
    pub wrong_keys: u64,
    /// Live events acknowledged.
    pub acknowledged: u64,
    /// Packets whose checksum was wrong.
    pub spoilt: u64,
    /// Unlock commands, whatever became of them.
    pub unlocks: u64,
    /// Times it was closed to people.
    pub closed: u64,
    /// People who found it closed.
    pub turned_away: u64,
    /// Users written or deleted.
    pub user_writes: u64,
}

/// The device.
pub(super) struct Device {
    pub(super) config: Config,
    pub(super) drift_ms: i64,
    pub(super) users: Vec<User>,
    pub(super) log: Vec<Punch>,
    pub(super) desk: Desk,
    pub(super) openings: Vec<Opening>,
    pub(super) next_unlock: UnlockReply,
    pub(super) reads: BulkReads,
    pub(super) counts: Counters,
    pub(super) rng: Rng,
}

/// Its people: slot, person, name.
const STAFF: [(u16, &str, &str); 4] = [
    (1, "1001", "Алишер Ў"),
    (2, "17", "Мария"),
    (3, "30", "Bobur"),
    (9, "404", "Ғайрат"),
];

impl Device {
    pub(super) fn new(config: Config) -> Self {
        let mut device = Self {
            drift_ms: config.drift_ms,
            users: Vec::new(),
            log: Vec::new(),
            desk: Desk::Open,
            openings: Vec::new(),
            next_unlock: UnlockReply::Prompt,
            reads: BulkReads::Answered,
            counts: Counters::default(),
            rng: Rng::new(config.seed),
            config,
        };
        for (slot, person, name) in STAFF {
            let (name, _, _) = device.config.code_page.encode(name);
            let user = User {
                slot,
                rights: if slot == 9 { 14 } else { 0 },
                pin: "4321".to_owned(),
                name: name.iter().copied().take(8).collect(),
                card: 7_000_000 + u32::from(slot),
                person: person.to_owned(),
            };
            device.users.push(user);
        }
        device.write_history();
        device
    }

    /// Its own clock.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.config.clock.now().as_millis() + self.drift_ms)
    }

    /// What its display shows.
    pub(super) fn wall(&self) -> DateTime {
        wall(self.now(), self.config.utc_offset_minutes)
    }

    /// Somebody sets its clock.
    pub(super) fn set_wall(&mut self, wall: DateTime) {
        let offset = Offset::from_seconds(self.config.utc_offset_minutes * 60).unwrap_or(Offset::UTC);
        if let Ok(moment) = offset.to_timestamp(wall) {
            self.drift_ms = moment.as_millisecond() - self.config.clock.now().as_millis();
        }
    }

    /// Somebody comes: what it wrote into its log, or nothing where it is closed or does not know them.
    pub(super) fn punch(&mut self, person: &str, verified: u8, state: u8) -> Option<Punch> {
        if self.desk == Desk::Closed {
            self.counts.turned_away += 1;
            return None;
        }
        let user = self.users.iter().find(|user| user.person == person)?;
        let punch = Punch {
            slot: user.slot,
            person: user.person.clone(),
            verified,
            state,
            at: self.wall(),
        };
        self.append(punch.clone());
        Some(punch)
    }

    /// The door opens.
    pub(super) fn unlock(&mut self, lasts: Duration) {
        let at = self.config.clock.now();
        self.openings.push(Opening { at, lasts });
    }

    fn append(&mut self, punch: Punch) {
        self.log.push(punch);
        if self.log.len() > usize::try_from(self.config.room).unwrap_or(usize::MAX) {
            self.log.remove(0);
        }
    }

    /// Twenty seconds apart, the latest a minute ago, and every tenth in the same second as the one before.
    fn write_history(&mut self) {
        let (now, count) = (self.now(), i64::from(self.config.history));
        for index in 0..count {
            let shown = if index % 10 == 9 { index - 1 } else { index };
            let at = Timestamp::from_millis(now.as_millis() - 60_000 - (count - shown) * 20_000);
            let choice = self.rng.below(self.users.len() as u64);
            let chosen = self.users.get(usize::try_from(choice).unwrap_or(0));
            let Some((slot, person)) = chosen.map(|user| (user.slot, user.person.clone())) else {
                return;
            };
            let punch = Punch {
                slot,
                person,
                verified: 15,
                state: u8::from(index % 2 == 1),
                at: wall(at, self.config.utc_offset_minutes),
            };
            self.append(punch);
        }
    }
}

fn wall(moment: Timestamp, offset_minutes: i32) -> DateTime {
    let offset = Offset::from_seconds(offset_minutes * 60).unwrap_or(Offset::UTC);
    let moment = jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap_or_default();
    // Devices keep whole seconds.
    offset
        .to_datetime(moment)
        .with()
        .subsec_nanosecond(0)
        .build()
        .unwrap_or_default()
}
