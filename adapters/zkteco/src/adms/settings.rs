//! The checked settings of one terminal that pushes.
//!
//! No error and no `Debug` ever shows a PIN or a name.

use crate::settings::{TerminalPerson, offset, people};
use adapter_sdk::{DeviceSerial, SettingsError, within};
use protocol::{SpotId, fact::KeyKind, text::PersonNumber};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, fmt, time::Duration};

/// JSON Schema of the settings.
pub(super) const SCHEMA: &str = include_str!("settings.schema.json");

/// So long it may be silent, unless it was told to ask more seldom.
const LEASE: Duration = Duration::from_secs(60);

/// One terminal's settings.
pub(crate) struct Settings {
    /// Its serial number, as it writes it.
    pub(super) serial: DeviceSerial,
    /// How often it shall ask for commands.
    pub(super) poll: Duration,
    /// How its door is opened.
    pub(super) unlock: UnlockMethod,
    /// Offset of its local time from UTC in seconds, where the settings say it.
    pub(super) utc_offset: Option<i32>,
    /// The place of its door.
    pub(super) spot: Option<SpotId>,
    /// What its numbers for ways to identify mean, where they differ from the usual.
    pub(super) verified: BTreeMap<u8, KeyKind>,
    /// Whom it must know, by number; `None`: its users are somebody else's business.
    pub(super) people: Option<Vec<TerminalPerson>>,
}

/// How a terminal's door is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum UnlockMethod {
    /// Not at all: most models have no such command.
    #[default]
    None,
    /// With the command `AC_UNLOCK`.
    AcUnlock,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}

/// As a document holds them; people are checked apart: an error of serde would quote them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    serial: String,
    poll_s: Option<u64>,
    #[serde(default)]
    unlock: UnlockMethod,
    utc_offset: Option<String>,
    spot: Option<SpotId>,
    #[serde(default)]
    verified: BTreeMap<u8, KeyKind>,
    #[serde(default)]
    people: Value,
}

impl Settings {
    /// Checks settings as a document holds them.
    pub(super) fn parse(settings: &Value) -> Result<Self, SettingsError> {
        let raw = Raw::deserialize(settings).map_err(|error| SettingsError(error.to_string()))?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !(1..=64).contains(&raw.serial.len()) || !raw.serial.bytes().all(plain) {
            let says = "serial: is no serial number of 1 to 64 letters, digits, -, _ and .";
            return Err(SettingsError(says.to_owned()));
        }
        Ok(Self {
            serial: raw.serial.into(),
            poll: Duration::from_secs(within("poll_s", raw.poll_s.unwrap_or(3), 1..=60)?),
            unlock: raw.unlock,
            utc_offset: raw.utc_offset.as_deref().map(offset).transpose()?,
            spot: raw.spot,
            verified: raw.verified,
            people: people(&raw.people)?,
        })
    }

    /// How long it may be silent: it asks every few seconds, or as seldom as it was told to.
    pub(super) fn lease(&self) -> Duration {
        LEASE.max(3 * self.poll)
    }

    /// Somebody the terminal must know.
    pub(super) fn member(&self, person: &PersonNumber) -> Option<&TerminalPerson> {
        let people = self.people.as_deref().unwrap_or_default();
        let at = people.binary_search_by(|member| member.person.cmp(person)).ok()?;
        people.get(at)
    }
}
