//! Whom the gate lets through: persons by the number of their card.
//!
//! Neither a card nor a person ever stands in an error or a `Debug`.

use crate::reader::Side;
use adapter_sdk::SettingsError;
use protocol::{Timestamp, fact::DenyReason};
use serde_json::Value;
use std::{collections::HashMap, fmt};

/// The most keys of one gate.
const KEYS: usize = 10_000;
/// What an entry may hold.
const HELD: [&str; 5] = ["person", "card", "sides", "from", "until"];

/// The keys of a gate, by card number.
#[derive(Default)]
pub(crate) struct Keys(HashMap<u64, Key>);

/// One key.
pub(crate) struct Key {
    /// Whose.
    pub(crate) person: String,
    sides: Sides,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// The sides a key is good for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sides {
    Both,
    One(Side),
}

impl Keys {
    /// The key of a card.
    pub(crate) fn get(&self, card: u64) -> Option<&Key> {
        self.0.get(&card)
    }

    /// Checks the list as a document holds it.
    pub(super) fn parse(value: &Value) -> Result<Self, SettingsError> {
        let list = match value {
            Value::Null => return Ok(Self::default()),
            Value::Array(list) if list.len() <= KEYS => list,
            Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                return Err(SettingsError(format!("keys: is no list of at most {KEYS}")));
            }
        };
        let mut keys = HashMap::with_capacity(list.len());
        for (at, entry) in list.iter().enumerate() {
            let (card, key) = key(entry).map_err(|what| SettingsError(format!("keys.{at}: {what}")))?;
            if keys.insert(card, key).is_some() {
                return Err(SettingsError(format!("keys.{at}: its card stands there twice")));
            }
        }
        Ok(Self(keys))
    }
}

impl Key {
    /// Whether it lets its holder through at a side now; else why not.
    pub(crate) fn lets(&self, side: Side, now: Timestamp) -> Result<(), DenyReason> {
        let here = match self.sides {
            Sides::Both => true,
            Sides::One(only) => only == side,
        };
        if !here {
            return Err(DenyReason::NotAllowed);
        }
        let begun = self.from.is_none_or(|from| now >= from);
        let over = self.until.is_some_and(|until| now >= until);
        if !begun || over {
            return Err(DenyReason::OutsideValidity);
        }
        Ok(())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

fn key(entry: &Value) -> Result<(u64, Key), &'static str> {
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
    let key = Key {
        person: person
            .ok_or("person is no number of 1 to 64 letters, digits, - and _")?
            .to_owned(),
        sides: sides(entry.get("sides")).ok_or("sides is no list of a and b")?,
        from: moment("from")?,
        until: moment("until")?,
    };
    Ok((card.ok_or("card is no number above 0")?, key))
}

fn sides(value: Option<&Value>) -> Option<Sides> {
    let list = match value {
        None | Some(Value::Null) => return Some(Sides::Both),
        Some(value) => value.as_array()?,
    };
    let names: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
    match names?.as_slice() {
        ["a"] => Some(Sides::One(Side::A)),
        ["b"] => Some(Sides::One(Side::B)),
        ["a", "b"] | ["b", "a"] => Some(Sides::Both),
        _ => None,
    }
}
