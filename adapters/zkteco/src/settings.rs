//! The checked settings of one device.
//!
//! What is in [`Settings`] can be worked with as it is. No error and no `Debug` ever shows the comm key, a PIN or a name.

use adapter_sdk::{ClockPolicy, DriftAction, SettingsError, SocketTarget, within};
use encoding_rs::Encoding;
use protocol::{SpotId, fact::KeyKind, text::PersonNumber};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, fmt, time::Duration};
use zeroize::Zeroizing;

/// JSON Schema of the settings.
pub(crate) const SCHEMA: &str = include_str!("settings.schema.json");

/// The most people one device is given.
const PEOPLE: usize = 10_000;

/// One device's settings.
pub(crate) struct Settings {
    /// The line to it.
    pub(crate) target: SocketTarget,
    /// How frames travel.
    pub(crate) transport: Transport,
    /// The comm key; 0 is the factory's, which means none.
    pub(crate) comm_key: Zeroizing<u32>,
    /// For how long a door is opened, tenths of a second.
    pub(crate) open_tenths: u32,
    /// What becomes of its clock.
    pub(crate) clock: ClockPolicy,
    /// The place of its door.
    pub(crate) spot: Option<SpotId>,
    /// What its numbers for ways to identify mean, where they differ from the usual.
    pub(crate) verified: BTreeMap<u8, KeyKind>,
    /// The code page of names.
    pub(crate) code_page: &'static Encoding,
    /// Whom it must know; `None`: its users are somebody else's business.
    pub(crate) people: Option<Vec<TerminalPerson>>,
}

/// How frames travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Transport {
    /// Over a TCP connection.
    #[default]
    Tcp,
    /// As UDP datagrams.
    Udp,
}

/// What a device shows of a person. No `Debug` text shows it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PersonName(String);

impl PersonName {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for PersonName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PersonName").finish_non_exhaustive()
    }
}

/// Somebody the device must know.
pub(crate) struct TerminalPerson {
    /// The person's number.
    pub(crate) person: PersonNumber,
    /// What the device shows.
    pub(crate) name: PersonName,
    /// Card number; 0: none.
    pub(crate) card: u32,
    /// PIN, digits; empty: none.
    pub(crate) pin: Zeroizing<String>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("target", &self.target)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

/// As a document holds them. Secrets and people are taken as they come and checked here: an error of serde would quote them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    host: String,
    port: Option<u16>,
    #[serde(default)]
    transport: Transport,
    #[serde(default)]
    comm_key: Value,
    open_s: Option<u32>,
    #[serde(default)]
    clock: DriftAction,
    drift_s: Option<u64>,
    utc_offset: Option<String>,
    spot: Option<SpotId>,
    #[serde(default)]
    verified: BTreeMap<u8, KeyKind>,
    code_page: Option<String>,
    #[serde(default)]
    people: Value,
}

impl Settings {
    /// Checks settings as a document holds them.
    pub(crate) fn parse(settings: &Value) -> Result<Self, SettingsError> {
        let raw = Raw::deserialize(settings).map_err(|error| SettingsError(error.to_string()))?;
        let host_like = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':');
        if raw.host.is_empty() || raw.host.len() > 253 || !raw.host.bytes().all(host_like) {
            return Err(SettingsError(
                "host: is neither a host name nor an IP address".to_owned(),
            ));
        }
        let comm_key = match &raw.comm_key {
            Value::Null => Some(0),
            Value::Number(key) => key.as_u64().filter(|key| *key <= 999_999),
            Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let comm_key = comm_key.and_then(|key| u32::try_from(key).ok());
        let page = raw.code_page.as_deref().unwrap_or("utf-8");
        Ok(Self {
            target: SocketTarget {
                host: raw.host.into(),
                port: raw.port.unwrap_or(4370),
            },
            transport: raw.transport,
            comm_key: Zeroizing::new(
                comm_key.ok_or_else(|| SettingsError("comm_key: is no whole number from 0 to 999999".to_owned()))?,
            ),
            open_tenths: 10 * within("open_s", raw.open_s.unwrap_or(5), 1..=60)?,
            clock: ClockPolicy {
                drift: Duration::from_secs(within("drift_s", raw.drift_s.unwrap_or(30), 2..=3600)?),
                drift_action: raw.clock,
                utc_offset: raw.utc_offset.as_deref().map(offset).transpose()?,
            },
            spot: raw.spot,
            verified: raw.verified,
            code_page: Encoding::for_label(page.as_bytes()).ok_or_else(|| {
                SettingsError("code_page: is no code page such as utf-8, gbk or windows-1251".to_owned())
            })?,
            people: people(&raw.people)?,
        })
    }
}

/// Reads an offset from UTC such as `+05:00`, in seconds.
pub(crate) fn offset(text: &str) -> Result<i32, SettingsError> {
    let parsed = || {
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
        (hours <= 14 && minutes < 60).then(|| sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))
    };
    parsed().ok_or_else(|| SettingsError("utc_offset: is no offset from -14:59 to +14:59 such as +05:00".to_owned()))
}

/// Checks a list of people.
pub(crate) fn people(value: &Value) -> Result<Option<Vec<TerminalPerson>>, SettingsError> {
    let list = match value {
        Value::Null => return Ok(None),
        Value::Array(list) if list.len() <= PEOPLE => list,
        Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            return Err(SettingsError(format!("people: is no list of at most {PEOPLE}")));
        }
    };
    let mut members: Vec<TerminalPerson> = Vec::new();
    for (at, entry) in list.iter().enumerate() {
        let member = member(entry).map_err(|what| SettingsError(format!("people.{at}: {what}")))?;
        members.push(member);
    }
    members.sort_by(|one, other| one.person.cmp(&other.person));
    let twice = members
        .iter()
        .zip(members.iter().skip(1))
        .any(|(one, next)| one.person == next.person);
    if twice {
        return Err(SettingsError("people: somebody stands there twice".to_owned()));
    }
    Ok(Some(members))
}

fn member(entry: &Value) -> Result<TerminalPerson, &'static str> {
    let entry = entry.as_object().ok_or("is no object")?;
    if entry
        .keys()
        .any(|key| !["person", "name", "card", "pin"].contains(&key.as_str()))
    {
        return Err("holds more than person, name, card and pin");
    }
    let text = |key: &str| match entry.get(key) {
        None | Some(Value::Null) => Some(""),
        Some(value) => value.as_str(),
    };
    let person = text("person").filter(|person| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=24).contains(&person.len()) && person.bytes().all(plain)
    });
    let pin = text("pin").filter(|pin| pin.len() <= 8 && pin.bytes().all(|byte| byte.is_ascii_digit()));
    let card = match entry.get("card") {
        None | Some(Value::Null) => Some(0),
        Some(card) => card.as_u64().and_then(|card| u32::try_from(card).ok()),
    };
    Ok(TerminalPerson {
        person: person
            .ok_or("person is no number of 1 to 24 letters, digits, - and _")?
            .into(),
        name: text("name").ok_or("name is no text")?.into(),
        card: card.ok_or("card is no number of 32 bits")?,
        pin: Zeroizing::new(pin.ok_or("pin is none of up to 8 digits")?.to_owned()),
    })
}
