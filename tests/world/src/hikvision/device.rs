//! The device itself, without its network: log, login, doors, slots and what it counts.
//!
//! Everything here happens at once and under one lock; nothing waits.

use super::{
    config::{Config, PushHostMemory, Replay},
    hosts::Hosts,
    log::{DoorCommand, Entry, Log, LogEntryKind},
    login::Login,
    parts::{self, Currency},
    search::Searches,
};
use crate::rng::Rng;
use protocol::{Timestamp, fact::KeyKind};
use std::{collections::VecDeque, net::SocketAddr, time::Duration};
use tokio::time::Instant;

/// Requests remembered.
const MAX_REQUESTS: usize = 10_000;
/// Entries written to a stream at once: a long log must not hold up the door.
const PARTS_AT_ONCE: usize = 100;

/// A door command that was carried out: the ground truth for "nothing actuates twice, nothing late".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Which door.
    pub door: u16,
    /// What was done.
    pub command: DoorCommand,
    /// When, by the building's clock (not the device's own).
    pub at: Timestamp,
    /// When, monotonic.
    pub taken: Instant,
}

/// A request as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedFact {
    /// `GET`, `PUT`…
    pub method: String,
    /// Without query.
    pub path: String,
    /// Status answered; 0: none.
    pub status: u16,
    /// When its head had arrived, monotonic.
    pub at: Instant,
}

/// How the next door command is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoorReply {
    /// As it should be.
    Prompt,
    /// The door moves, the connection ends without an answer.
    Cut,
    /// The door moves, no answer ever comes.
    Silent,
    /// The door moves, the answer comes this much later.
    Late(Duration),
    /// The door does not move; the device says it is busy.
    Busy,
}

/// What a device counted since it was built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Failed logins, those with Basic and those during a lock included.
    pub failed_logins: u64,
    /// Attempts with Basic.
    pub basic_attempts: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Streams opened.
    pub streams: u64,
    /// Streams refused because the slot was taken.
    pub streams_refused: u64,
    /// Pushes answered with 200.
    pub pushes_delivered: u64,
    /// Pushes given up.
    pub pushes_lost: u64,
    /// Reboots.
    pub reboots: u64,
    /// How often a slot of another system was overwritten.
    pub trespasses: u64,
}

/// Whether the device reaches the network; it goes on working by itself where it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cable {
    Plugged,
    Unplugged,
}

/// The device itself.
pub(super) struct Device {
    pub(super) config: Config,
    pub(super) login: Login,
    pub(super) log: Log,
    pub(super) hosts: Hosts,
    pub(super) searches: Searches,
    pub(super) openings: Vec<Opening>,
    pub(super) requests: VecDeque<ObservedFact>,
    pub(super) counts: Counters,
    pub(super) next_door_reply: DoorReply,
    pub(super) cable: Cable,
    drift_ms: i64,
    locks: Vec<Option<Timestamp>>,
    streams_held: usize,
    slots_linger_until: Option<Timestamp>,
    pushed: usize,
    rng: Rng,
}

impl Device {
    pub(super) fn new(config: Config) -> Self {
        let mut rng = Rng::new(config.seed);
        let mut device = Self {
            login: Login::new(&config.user, &config.password, config.quirks, rng.fork()),
            log: Log::new(config.quirks.gap_once_in, rng.fork()),
            hosts: Hosts::new(),
            searches: Searches::default(),
            openings: Vec::new(),
            requests: VecDeque::new(),
            counts: Counters::default(),
            next_door_reply: DoorReply::Prompt,
            cable: Cable::Plugged,
            drift_ms: config.drift_ms,
            locks: vec![None; usize::from(config.doors)],
            streams_held: 0,
            slots_linger_until: None,
            pushed: 0,
            rng,
            config,
        };
        device.write_history();
        device
    }

    /// Entries of the past hours, a minute apart.
    fn write_history(&mut self) {
        let count = self.config.history;
        for index in 0..count {
            let minutes = i64::try_from(count.saturating_sub(index)).unwrap_or(0);
            let at = Timestamp::from_millis(self.now().as_millis().saturating_sub(minutes.saturating_mul(60_000)));
            let what = match index % 4 {
                0 if index == 0 => LogEntryKind::PoweredOn,
                0 | 3 => LogEntryKind::Granted {
                    person: format!("{}", 1 + index % 7),
                    key: KeyKind::Face,
                },
                1 => LogEntryKind::Unlocked(1),
                _ => LogEntryKind::Locked(1),
            };
            self.log.append(at, what);
        }
        self.pushed = self.log.entries().len();
    }

    /// The time of the device's own clock.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.config.clock.now().as_millis().saturating_add(self.drift_ms))
    }

    pub(super) fn set_clock(&mut self, to: Timestamp) {
        self.drift_ms = to.as_millis().saturating_sub(self.config.clock.now().as_millis());
    }

    pub(super) fn happens(&mut self, what: LogEntryKind) -> u64 {
        self.log.append(self.now(), what)
    }

    /// Somebody known shows a key, and the device lets them in by itself.
    pub(super) fn badge(&mut self, person: &str, key: KeyKind) -> u64 {
        let serial = self.happens(LogEntryKind::Granted {
            person: person.to_owned(),
            key,
        });
        self.unlock(1);
        serial
    }

    fn unlock(&mut self, door: u16) {
        self.happens(LogEntryKind::Unlocked(door));
        let until = self.config.clock.now().plus(self.config.unlock_time);
        if let Some(lock) = self.locks.get_mut(usize::from(door).saturating_sub(1)) {
            *lock = Some(until);
        }
    }

    /// Locks the doors whose time is over; says whether any was.
    pub(super) fn relock(&mut self) -> bool {
        let now = self.config.clock.now();
        let mut due = Vec::new();
        for (door, lock) in (1..).zip(&mut self.locks) {
            if lock.is_some_and(|until| until <= now) {
                *lock = None;
                due.push(door);
            }
        }
        for door in &due {
            self.happens(LogEntryKind::Locked(*door));
        }
        !due.is_empty()
    }

    /// Carries a door command out.
    pub(super) fn move_door(&mut self, door: u16, command: DoorCommand, taken: Instant) {
        self.openings.push(Opening {
            door,
            command,
            at: self.config.clock.now(),
            taken,
        });
        self.happens(LogEntryKind::RemoteDoor { door, command });
        match command {
            DoorCommand::Open => self.unlock(door),
            DoorCommand::AlwaysOpen => {
                self.happens(LogEntryKind::Unlocked(door));
            }
            DoorCommand::Close | DoorCommand::AlwaysClose | DoorCommand::Resume => {
                self.happens(LogEntryKind::Locked(door));
            }
        }
    }

    /// Takes a stream slot, and says from which entry on its events are live.
    pub(super) fn open_stream(&mut self) -> Option<usize> {
        let lingering = self
            .slots_linger_until
            .is_some_and(|until| until > self.config.clock.now());
        if self.streams_held + usize::from(lingering) >= self.config.quirks.stream_slots {
            self.counts.streams_refused += 1;
            return None;
        }
        self.counts.streams += 1;
        self.streams_held += 1;
        Some(self.log.entries().len())
    }

    pub(super) fn close_stream(&mut self) {
        self.streams_held = self.streams_held.saturating_sub(1);
        self.slots_linger_until = Some(self.config.clock.now().plus(self.config.quirks.slot_linger));
    }

    pub(super) fn streams_held(&self) -> usize {
        self.streams_held
    }

    /// Parts of some entries after the first `sent`, and how many are sent then; as many as before where there are no
    /// more. `live_from` is what [`Device::open_stream`] said.
    pub(super) fn parts_after(&mut self, sent: usize, live_from: usize) -> (Vec<u8>, usize) {
        let (mut bytes, mut now_sent) = (Vec::new(), sent);
        let (config, mut rng) = (&self.config, self.rng.fork());
        for entry in self.log.after(sent).iter().take(PARTS_AT_ONCE) {
            let currency = if now_sent < live_from {
                Currency::Replayed
            } else {
                Currency::Live
            };
            now_sent += 1;
            if currency == Currency::Live || config.quirks.replay == Replay::WholeLog {
                let body = parts::event(config, entry, currency);
                bytes.extend(parts::part(config.model, &body, config.quirks.part_length, &mut rng));
            }
        }
        (bytes, now_sent)
    }

    pub(super) fn heartbeat_part(&mut self) -> Vec<u8> {
        let body = parts::heartbeat(&self.config, self.now());
        let mut rng = self.rng.fork();
        parts::part(self.config.model, &body, self.config.quirks.part_length, &mut rng)
    }

    /// The next entry to push, where to, and its body. What happens without a cable is never pushed.
    pub(super) fn next_push(&mut self) -> Option<(SocketAddr, String, String)> {
        let (Some((address, url)), Cable::Plugged) = (self.hosts.armed(), self.cable) else {
            self.pushed = self.log.entries().len();
            return None;
        };
        let entry = self.log.after(self.pushed).first()?;
        let body = parts::event(&self.config, entry, Currency::Live);
        self.pushed += 1;
        Some((address, url, body))
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.log.entries().to_vec()
    }

    pub(super) fn saw(&mut self, seen: ObservedFact) {
        if self.requests.len() == MAX_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(seen);
    }

    /// After a power cycle.
    pub(super) fn rebooted(&mut self) {
        self.counts.reboots += 1;
        self.login.forget_nonces();
        self.searches.forget();
        self.streams_held = 0;
        self.slots_linger_until = None;
        match self.config.quirks.push_host_memory {
            PushHostMemory::UnusedAfterReboot => self.hosts.fall_asleep(),
            PushHostMemory::Kept => {}
        }
        self.happens(LogEntryKind::PoweredOn);
    }

    /// The log, and with it the serial numbers, start again.
    pub(super) fn reset(&mut self) {
        self.log.wipe();
        self.pushed = 0;
        self.searches.forget();
        self.hosts = Hosts::new();
        self.locks.fill(None);
    }

    pub(super) fn counts(&self) -> Counters {
        Counters {
            failed_logins: self.login.failed,
            basic_attempts: self.login.basic,
            trespasses: self.hosts.trespasses,
            ..self.counts
        }
    }
}
