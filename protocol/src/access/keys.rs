//! The list of those whom a gate lets through: persons by the number of their card.
//!
//! Part of the device's settings, so that whoever sets a gate up writes one document. Neither a card nor a person ever
//! stands in an error or a `Debug`.

use super::Credential;
use crate::{
    fact::{Door, KeyKind},
    text::PersonNumber,
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::HashMap, fmt};

/// The most keys of one gate.
const KEYS: usize = 10_000;
/// What an entry may hold.
const HELD: [&str; 5] = ["person", "card", "sides", "from", "until"];

/// The keys of a gate, by card number.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KeyList(HashMap<u64, AccessKey>);

/// One key: whose it is, and where and when it is good.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The person's id.
    pub person: PersonNumber,
    /// The one door it is good for; none: every door of the gate.
    pub door: Option<Door>,
    /// From when on it is good.
    pub from: Option<Timestamp>,
    /// From when on it is good no longer.
    pub until: Option<Timestamp>,
}

impl AccessKey {
    /// Whether it is good for a time only: whoever judges it must know the time.
    pub fn is_dated(&self) -> bool {
        self.from.is_some() || self.until.is_some()
    }
}

/// Whom a gate lets through while nobody knows what time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsyncedClockPolicy {
    /// Those whose keys have no dates: staff.
    #[default]
    UndatedKeys,
    /// Nobody.
    Nobody,
}

impl UnsyncedClockPolicy {
    /// Where the settings of a device hold it.
    pub const SETTING: &'static str = "unsynced_clock";

    /// Checks it as a device's settings hold it; `null` is the default.
    pub fn parse(value: &Value) -> Result<Self, KeyListError> {
        if value.is_null() {
            return Ok(Self::default());
        }
        Self::deserialize(value)
            .map_err(|_| KeyListError(format!("{}: is neither undated_keys nor nobody", Self::SETTING)))
    }
}

/// Whom a gate lets through, as its settings say it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GateKeys {
    /// Its list.
    pub keys: KeyList,
    /// What holds while nobody knows the time.
    pub unsynced_clock: UnsyncedClockPolicy,
}

impl GateKeys {
    /// Checks what a device's settings say of it.
    pub fn parse(settings: &Value) -> Result<Self, KeyListError> {
        let setting = |name| settings.get(name).unwrap_or(&Value::Null);
        Ok(Self {
            keys: KeyList::parse(setting(KeyList::SETTING))?,
            unsynced_clock: UnsyncedClockPolicy::parse(setting(UnsyncedClockPolicy::SETTING))?,
        })
    }
}

/// A list that cannot be used. The text names the entry and what is wrong, never what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeyListError(String);

impl KeyList {
    /// Where the settings of a device hold its keys.
    pub const SETTING: &'static str = "keys";

    /// The key of what somebody shows; only cards have keys.
    pub fn get(&self, credential: Credential) -> Option<&AccessKey> {
        match credential.kind {
            KeyKind::Card => self.0.get(&credential.number),
            KeyKind::Qr
            | KeyKind::Pin
            | KeyKind::Face
            | KeyKind::Fingerprint
            | KeyKind::Plate
            | KeyKind::Phone
            | KeyKind::Unknown => None,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks the list as a device's settings hold it; `null` is an empty one.
    pub fn parse(value: &Value) -> Result<Self, KeyListError> {
        let list = match value {
            Value::Null => return Ok(Self::default()),
            Value::Array(list) if list.len() <= KEYS => list,
            Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                return Err(KeyListError(format!("keys: is no list of at most {KEYS}")));
            }
        };
        let mut keys = HashMap::with_capacity(list.len());
        for (at, entry) in list.iter().enumerate() {
            let (card, key) = key(entry).map_err(|what| KeyListError(format!("keys.{at}: {what}")))?;
            if keys.insert(card, key).is_some() {
                return Err(KeyListError(format!("keys.{at}: its card stands there twice")));
            }
        }
        Ok(Self(keys))
    }
}

impl fmt::Debug for KeyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyList({})", self.0.len())
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey")
    }
}

fn key(entry: &Value) -> Result<(u64, AccessKey), &'static str> {
    let entry = entry.as_object().ok_or("is no object")?;
    if entry.keys().any(|key| !HELD.contains(&key.as_str())) {
        return Err("holds more than person, card, sides, from and until");
    }
    let person = entry.get("person").and_then(Value::as_str).filter(|person| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=64).contains(&person.len()) && person.bytes().all(plain)
    });
    let card = entry.get("card").and_then(Value::as_u64).filter(|card| *card > 0);
    let moment = |key: &str| match entry.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(text) => match text.as_str().and_then(Timestamp::from_rfc3339) {
            Some(moment) => Ok(Some(moment)),
            None => Err("from or until is no time such as 2026-11-20T09:30:00+05:00"),
        },
    };
    let key = AccessKey {
        person: person
            .ok_or("person is no number of 1 to 64 letters, digits, - and _")?
            .into(),
        door: door(entry.get("sides")).ok_or("sides is no list of a and b")?,
        from: moment("from")?,
        until: moment("until")?,
    };
    Ok((card.ok_or("card is no number above 0")?, key))
}

/// Side A is door 1, side B door 2; a key for both is good for every door.
fn door(value: Option<&Value>) -> Option<Option<Door>> {
    let list = match value {
        None | Some(Value::Null) => return Some(None),
        Some(value) => value.as_array()?,
    };
    let names: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
    match names?.as_slice() {
        ["a"] => Some(Some(Door(1))),
        ["b"] => Some(Some(Door(2))),
        ["a", "b"] | ["b", "a"] => Some(None),
        _ => None,
    }
}
