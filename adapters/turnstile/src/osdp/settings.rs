//! The checked settings of the readers on one bus.
//!
//! No error and no `Debug` ever shows a key.

use super::{
    key::{BaseKey, BaseKeyError},
    wire::frame::LAST_ADDRESS,
};
use crate::reader::Side;
use adapter_sdk::{LineSpec, Parity, SerialTarget, SettingsError, StopBits};
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

/// One bus of readers, as the settings describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OsdpBusSettings {
    pub(super) target: SerialTarget,
    pub(super) readers: Vec<ReaderSettings>,
}

/// One reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReaderSettings {
    /// Its address, 0 to 126.
    pub(super) address: u8,
    /// The side of the gate that it hangs at.
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
    /// leaves it open. A clock that cannot be trusted (none) opens nothing.
    pub(super) fn enrolment(&self, now: Option<Timestamp>) -> Enrolment {
        match (self.enrol_until, now) {
            (Some(until), Some(now)) if now < until && until.since(now) <= ENROLMENT => Enrolment::Open,
            _ => Enrolment::Closed,
        }
    }
}

/// As a document holds them. Keys are taken as they come and checked here: an error of serde would quote them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
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

impl OsdpBusSettings {
    /// Checks an entry of the gate's readers. The text of an error names the place in it and never a key.
    pub(crate) fn parse(settings: &Value) -> Result<Self, SettingsError> {
        let raw = Raw::deserialize(settings).map_err(|error| SettingsError(error.to_string()))?;
        let baud = raw.baud.unwrap_or(9600);
        if !SPEEDS.contains(&baud) {
            return Err(SettingsError(format!("baud: is none of {SPEEDS:?}")));
        }
        if !raw.path.starts_with("/dev/") {
            return Err(SettingsError("path: is none below /dev".to_owned()));
        }
        if !(1..=MOST).contains(&raw.readers.len()) {
            return Err(SettingsError(format!("readers: are not 1 to {MOST}")));
        }
        let mut addresses = BTreeSet::new();
        let mut readers = Vec::new();
        for (number, reader) in raw.readers.iter().enumerate() {
            let wrong = |error: SettingsError| SettingsError(format!("readers.{number}.{error}"));
            if !addresses.insert(reader.address) {
                return Err(wrong(SettingsError("address: another reader has it".to_owned())));
            }
            readers.push(reader.check().map_err(wrong)?);
        }
        Ok(Self {
            target: SerialTarget {
                path: raw.path.into(),
                baud,
                parity: Parity::None,
                stop_bits: StopBits::One,
            },
            readers,
        })
    }

    /// The line it needs.
    pub(crate) fn wants(&self) -> LineSpec {
        LineSpec::Serial(self.target.clone())
    }

    /// The sides its readers hang at.
    pub(crate) fn sides(&self) -> Vec<Side> {
        self.readers.iter().map(|reader| reader.side).collect()
    }
}

impl RawReader {
    fn check(&self) -> Result<ReaderSettings, SettingsError> {
        if self.address > LAST_ADDRESS {
            return Err(SettingsError(format!("address: is beyond {LAST_ADDRESS}")));
        }
        let key = self.key.as_str().ok_or(BaseKeyError::Digits).and_then(BaseKey::parse);
        let until = |text: &String| {
            let wrong = "enrol_until: is no moment such as 2026-11-20T18:00:00Z";
            Timestamp::from_rfc3339(text).ok_or_else(|| SettingsError(wrong.to_owned()))
        };
        Ok(ReaderSettings {
            address: self.address,
            side: self.side,
            key: key.map_err(|error| SettingsError(format!("key: {error}")))?,
            enrol_until: self.enrol_until.as_ref().map(until).transpose()?,
        })
    }
}
