//! What the terminal knows and does: its log, its users, its clock, its door, and what commands make of them.
//!
//! It never carries anything out that it was not told, and never twice.

use super::config::{CommandReplies, Config, RowUpload};
use crate::{rng::Rng, zkteco::packed};
use jiff::{civil::DateTime, tz::Offset};
use protocol::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};

/// A row of its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Punch {
    /// The person's number.
    pub person: String,
    /// The device's local time.
    pub at: DateTime,
    /// What they said they do.
    pub state: u8,
    /// How they identified.
    pub verified: u8,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The person's number.
    pub person: String,
    /// What it shows.
    pub name: String,
    /// 0: an ordinary person, 14: an administrator.
    pub rights: u8,
    /// PIN.
    pub pin: String,
    /// Card number.
    pub card: u32,
}

/// Its door was unlocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// When, by the building's clock.
    pub at: Timestamp,
}

/// What it counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Registrations that were answered.
    pub registered: u64,
    /// Times it was told that nobody knows it.
    pub refused: u64,
    /// Bodies with rows that were acknowledged.
    pub acknowledged: u64,
    /// Bodies with rows whose answer it did not hear.
    pub unheard: u64,
    /// Broken rows it told.
    pub broken: u64,
    /// Reboots.
    pub reboots: u64,
}

pub(super) struct Device {
    pub(super) config: Config,
    pub(super) rng: Rng,
    /// Whom it calls.
    pub(super) server: Option<SocketAddr>,
    pub(super) drift_ms: i64,
    /// Minutes east of UTC, as it was told.
    pub(super) zone_minutes: i32,
    pub(super) log: Vec<Punch>,
    /// Rows of the log that nobody acknowledged, by their place.
    pub(super) untold: BTreeSet<usize>,
    pub(super) users: BTreeMap<String, User>,
    /// Lines of the operation log that nobody acknowledged.
    pub(super) operations: Vec<String>,
    pub(super) openings: Vec<Opening>,
    pub(super) fetched: Vec<String>,
    pub(super) greeting: String,
    pub(super) counts: Counters,
    /// What must be done before anything else.
    pub(super) next: Next,
}

/// What must be done before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Register,
    Reboot,
    Work,
}

impl Device {
    pub(super) fn new(config: Config, server: SocketAddr) -> Self {
        let mut device = Self {
            rng: Rng::new(config.seed),
            server: Some(server),
            drift_ms: config.drift_ms,
            zone_minutes: 300,
            log: Vec::new(),
            untold: BTreeSet::new(),
            users: BTreeMap::new(),
            operations: Vec::new(),
            openings: Vec::new(),
            fetched: Vec::new(),
            greeting: String::new(),
            counts: Counters::default(),
            next: Next::Register,
            config,
        };
        for user in [user("17", "Мария", 0), user("404", "Admin", 14), user("30", "Gone", 0)] {
            device.users.insert(user.person.clone(), user);
        }
        device.remember();
        device
    }

    /// Yesterday's rows, some of them in one second.
    fn remember(&mut self) {
        let day = jiff::Span::new().days(1);
        let begin = self.local().checked_sub(day).unwrap_or(DateTime::MIN);
        for number in 0..self.config.history {
            let later = jiff::Span::new().seconds(i64::from(number / 2) * 7);
            let at = begin.checked_add(later).unwrap_or(begin);
            self.write(Punch {
                person: (1001 + number % 5).to_string(),
                at,
                state: u8::from(number % 3 == 0),
                verified: 15,
            });
        }
    }

    /// The building's time as the device's clock shows it.
    pub(super) fn local(&self) -> DateTime {
        let now = self.config.clock.now().as_millis().saturating_add(self.drift_ms);
        let offset = Offset::from_seconds(self.zone_minutes * 60).unwrap_or(Offset::UTC);
        let moment = jiff::Timestamp::from_millisecond(now).unwrap_or_default();
        let local = offset.to_datetime(moment);
        local.with().subsec_nanosecond(0).build().unwrap_or(local)
    }

    /// Sets its clock by a server's `Date` and its zone by a `TimeZone` in minutes.
    pub(super) fn set_clock(&mut self, date: &str, zone_minutes: i32) {
        let parsed = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", date).and_then(|time| time.to_datetime());
        let Ok(date) = parsed else { return };
        let Ok(theirs) = Offset::UTC.to_timestamp(date) else {
            return;
        };
        let off = theirs.as_millisecond() - self.config.clock.now().as_millis();
        // Whole seconds come late by up to one.
        self.drift_ms = if off.abs() <= 1500 { 0 } else { off };
        self.zone_minutes = zone_minutes;
    }

    pub(super) fn punch(&mut self, person: &str, verified: u8, state: u8) -> Punch {
        let punch = Punch {
            person: person.to_owned(),
            at: self.local(),
            state,
            verified,
        };
        self.write(punch.clone());
        punch
    }

    fn write(&mut self, punch: Punch) {
        self.untold.insert(self.log.len());
        self.log.push(punch);
    }

    pub(super) fn enrol(&mut self, user: User) {
        self.operations.push(told(&user));
        self.users.insert(user.person.clone(), user);
    }

    /// Where the server says it shall go on: rows newer than that are told, again or not.
    pub(super) fn resume(&mut self, stamp: u64) {
        let newer = |punch: &Punch| u64::from(packed(punch.at)) > stamp;
        let newer = self.log.iter().enumerate().filter(|(_, punch)| newer(punch));
        let newer: Vec<usize> = newer.map(|(place, _)| place).collect();
        self.untold.extend(newer);
    }

    /// The rows of the next body, by their place; those already told are told again at times.
    pub(super) fn chosen(&mut self) -> Vec<usize> {
        let mut chosen: Vec<usize> = self.untold.iter().copied().take(self.config.rows_at_once).collect();
        let Some(first) = chosen.first().copied() else {
            return chosen;
        };
        if self.config.telling == RowUpload::Badly {
            if self.rng.once_in(3) && chosen.len() > 1 {
                // The oldest comes with the next body.
                chosen.remove(0);
            }
            if self.rng.once_in(3) {
                chosen.extend(first.saturating_sub(3)..first);
            }
            for place in 1..chosen.len() {
                let other = self.rng.below(place as u64 + 1);
                chosen.swap(place, usize::try_from(other).unwrap_or_default());
            }
        }
        chosen
    }

    /// A body with these rows; broken ones between them at times.
    pub(super) fn body(&mut self, rows: &[usize]) -> String {
        let mut body = String::new();
        for place in rows {
            if self.config.telling == RowUpload::Badly && self.rng.once_in(8) {
                body.push_str("\t\u{fffd}\t2026-13-77 25:61:00\n");
                self.counts.broken += 1;
            }
            if let Some(row) = self.log.get(*place) {
                let at = row.at.strftime("%Y-%m-%d %H:%M:%S");
                body.push_str(&format!(
                    "{}\t{at}\t{}\t{}\t0\t0\t0\n",
                    row.person, row.state, row.verified
                ));
            }
        }
        body
    }

    /// Carries a command out; gives its result, and what comes with the confirmation.
    pub(super) fn obey(&mut self, command: &str) -> (i64, String) {
        self.fetched.push(command.to_owned());
        let refusing = self.config.answering == CommandReplies::Refusing;
        if refusing && command.starts_with("DATA ") {
            return (-1004, String::new());
        }
        let (verb, rest) = match command.split_once("USERINFO") {
            Some((verb, rest)) => (verb.trim_end(), rest.trim_start()),
            None => (command, ""),
        };
        match verb {
            _ if refusing => (-1002, String::new()),
            "DATA QUERY" => {
                let users: Vec<String> = self.users.values().map(told).collect();
                let count = i64::try_from(users.len()).unwrap_or_default();
                // The answer comes later, in a body of its own.
                self.operations.extend(users);
                (count, String::new())
            }
            "DATA UPDATE" => (self.update(rest), String::new()),
            "DATA DELETE" => match fields(rest).get("PIN").and_then(|person| self.users.remove(*person)) {
                Some(_) => (0, String::new()),
                None => (-1, String::new()),
            },
            "INFO" => {
                let (users, rows) = (self.users.len(), self.log.len());
                let firmware = &self.config.firmware;
                (
                    0,
                    format!(
                        "~DeviceName=Simulated\nFWVersion={firmware}\nUserCount={users}\nTransactionCount={rows}\n"
                    ),
                )
            }
            "CHECK" => {
                self.next = Next::Register;
                (0, String::new())
            }
            "REBOOT" => {
                self.next = Next::Reboot;
                self.counts.reboots += 1;
                (0, String::new())
            }
            "AC_UNLOCK" => {
                let at = self.config.clock.now();
                self.openings.push(Opening { at });
                (0, String::new())
            }
            _ => (-1002, String::new()),
        }
    }

    fn update(&mut self, rest: &str) -> i64 {
        let fields = fields(rest);
        let Some(person) = fields.get("PIN").filter(|person| !person.is_empty()) else {
            return -1002;
        };
        let field = |key: &str| fields.get(key).copied();
        let user = self
            .users
            .entry((*person).to_owned())
            .or_insert_with(|| user(person, "", 0));
        if let Some(name) = field("Name") {
            name.clone_into(&mut user.name);
        }
        if let Some(pin) = field("Passwd") {
            pin.clone_into(&mut user.pin);
        }
        if let Some(card) = field("Card") {
            user.card = card.parse().unwrap_or_default();
        }
        if let Some(rights) = field("Privilege") {
            user.rights = rights.parse().unwrap_or_default();
        }
        // It tells of the change, too.
        let told = told(user);
        self.operations.push(told);
        0
    }
}

fn user(person: &str, name: &str, rights: u8) -> User {
    User {
        person: person.to_owned(),
        name: name.to_owned(),
        rights,
        pin: String::new(),
        card: 0,
    }
}

fn told(user: &User) -> String {
    let User {
        person,
        name,
        rights,
        pin,
        card,
    } = user;
    format!("USER PIN={person}\tName={name}\tPri={rights}\tPasswd={pin}\tCard={card}\tGrp=1\n")
}

fn fields(rest: &str) -> BTreeMap<&str, &str> {
    rest.split('\t').filter_map(|pair| pair.split_once('=')).collect()
}
