//! The checked settings of the readers on one bus.
//!
//! No error and no `Debug` ever shows a key.

use super::{
    key::{BaseKey, KeyError},
    wire::frame::LAST_ADDRESS,
};
use crate::reader::Side;
use adapter_sdk::{Parity, SerialTarget, SettingsError, StopBits};
use protocol::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};

/// Speeds that OSDP knows, bits per second.
const SPEEDS: [u32; 6] = [9600, 19_200, 38_400, 57_600, 115_200, 230_400];
/// The most readers on one bus: each waits for its turn.
const MOST: usize = 8;
/// For how long a reader may be enrolled: the time right before the moment in its settings.
const ENROLMENT: Duration = Duration::from_secs(15 * 60);

/// The readers on one bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The bus.
    pub(crate) target: SerialTarget,
    /// The readers on it.
    pub(super) readers: Vec<ReaderSettings>,
}

/// One reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReaderSettings {
    /// Its address, 0 to 126.
    pub(super) address: u8,
    /// The side of the gate where it hangs.
    pub(super) side: Side,
    /// Its own key.
    pub(super) key: BaseKey,
    /// Until when it may be given that key over the key that everybody knows.
    pub(super) enrol_until: Option<Timestamp>,
}

/// Whether a reader may be given its key now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Enrolment {
    /// It may.
    Open,
    /// It may not.
    Closed,
}

impl ReaderSettings {
    /// Whether it may be given its key now: in the quarter of an hour before the moment in the settings, so that nobody
    /// leaves it open. A clock that is not set yet opens nothing.
    pub(super) fn enrolment(&self, now: Timestamp) -> Enrolment {
        match self.enrol_until {
            Some(until) if now < until && until.since(now) <= ENROLMENT => Enrolment::Open,
            Some(_) | None => Enrolment::Closed,
        }
    }
}

/// As a document holds them. Keys are taken as they come and checked here: an error of serde would quote them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raw {
    path: String,
    baud: Option<u32>,
    readers: Vec<RawReader>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReader {
    address: u8,
    side: Side,
    #[serde(default)]
    key: Value,
    enrol_until: Option<String>,
}

/// Without keys.
impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Raw").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Settings {
    /// Checks settings as a document holds them; `at` is their place there, for the error.
    pub(crate) fn check(raw: &Raw, at: &str) -> Result<Self, SettingsError> {
        let baud = raw.baud.unwrap_or(9600);
        if !SPEEDS.contains(&baud) {
            return Err(SettingsError(format!("{at}.baud: is none of {SPEEDS:?}")));
        }
        if !raw.path.starts_with("/dev/") {
            return Err(SettingsError(format!("{at}.path: is no path below /dev")));
        }
        if !(1..=MOST).contains(&raw.readers.len()) {
            return Err(SettingsError(format!("{at}.readers: are not 1 to {MOST}")));
        }
        let mut addresses = BTreeSet::new();
        let mut readers = Vec::new();
        for (number, reader) in raw.readers.iter().enumerate() {
            let at = format!("{at}.readers.{number}");
            if !addresses.insert(reader.address) {
                return Err(SettingsError(format!("{at}.address: another reader has it")));
            }
            readers.push(reader.check(&at)?);
        }
        Ok(Self {
            target: SerialTarget {
                path: raw.path.clone(),
                baud,
                parity: Parity::None,
                stop_bits: StopBits::One,
            },
            readers,
        })
    }
}

impl RawReader {
    fn check(&self, at: &str) -> Result<ReaderSettings, SettingsError> {
        if self.address > LAST_ADDRESS {
            return Err(SettingsError(format!("{at}.address: is beyond {LAST_ADDRESS}")));
        }
        let key = self.key.as_str().ok_or(KeyError::Digits).and_then(BaseKey::parse);
        let until = |text: &String| {
            let moment = Timestamp::from_rfc3339(text);
            moment.ok_or_else(|| SettingsError(format!("{at}.enrol_until: is no moment such as 2026-11-20T18:00:00Z")))
        };
        Ok(ReaderSettings {
            address: self.address,
            side: self.side,
            key: key.map_err(|error| SettingsError(format!("{at}.key: {error}")))?,
            enrol_until: self.enrol_until.as_ref().map(until).transpose()?,
        })
    }
}
