//! Settings taken key by key, so that every error names its key and its limit, and none quotes a value.

use adapter_sdk::SettingsError;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// The keys not taken yet.
pub(super) struct SettingsKeys(Map<String, Value>);

impl SettingsKeys {
    pub(super) fn of(settings: &Value) -> Result<Self, SettingsError> {
        match settings {
            Value::Object(map) => Ok(Self(map.clone())),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(SettingsError("the settings are not an object".to_owned()))
            }
        }
    }

    /// Whatever stands there; `null` counts as left out.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key).filter(|value| !value.is_null())
    }

    /// A text of so many characters, none of them a control character.
    pub(super) fn text(&mut self, key: &str, length: RangeInclusive<usize>) -> Result<Option<String>, SettingsError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let text = value.as_str().filter(|text| length.contains(&text.chars().count()));
        let text = text.filter(|text| !text.chars().any(char::is_control));
        let (from, to) = length.into_inner();
        text.map(|text| Some(text.to_owned()))
            .ok_or_else(|| SettingsError(format!("{key}: is no text of {from} to {to} characters")))
    }

    /// A whole number within limits.
    pub(super) fn number(&mut self, key: &str, limits: RangeInclusive<u64>) -> Result<Option<u64>, SettingsError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let (from, to) = (*limits.start(), *limits.end());
        let number = value.as_u64().filter(|number| limits.contains(number));
        number
            .map(Some)
            .ok_or_else(|| SettingsError(format!("{key}: is no whole number from {from} to {to}")))
    }

    /// A truth value; left out: false.
    pub(super) fn truth(&mut self, key: &str) -> Result<bool, SettingsError> {
        let Some(value) = self.take(key) else { return Ok(false) };
        value
            .as_bool()
            .ok_or_else(|| SettingsError(format!("{key}: is neither true nor false")))
    }

    /// One of some words; left out: the first.
    pub(super) fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Result<T, SettingsError> {
        let value = self.take(key);
        let found = match &value {
            None => words.first(),
            Some(value) => words.iter().find(|(word, _)| value.as_str() == Some(word)),
        };
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            SettingsError(format!("{key}: is none of {}", known.join(", ")))
        })
    }

    /// An object of at most 256 entries; left out: empty.
    pub(super) fn map(&mut self, key: &str) -> Result<Map<String, Value>, SettingsError> {
        match self.take(key) {
            None => Ok(Map::new()),
            Some(Value::Object(map)) if map.len() <= 256 => Ok(map),
            Some(_) => Err(SettingsError(format!("{key}: is no object of at most 256 entries"))),
        }
    }

    /// Nothing may be left.
    pub(super) fn finish(self) -> Result<(), SettingsError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(key) => Err(SettingsError(format!(
                "{}: is no setting of this adapter",
                key.chars().take(64).collect::<String>()
            ))),
        }
    }
}
