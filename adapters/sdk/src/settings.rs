//! What is said of settings that cannot work.
//!
//! No text holds a secret's value: it names the key and the limit.

use std::{fmt::Display, ops::RangeInclusive};

/// Settings that cannot work. The text names the key and the limit, never a secret's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

/// A number of the settings within its limits.
pub fn within<T: PartialOrd + Display>(key: &str, value: T, limits: RangeInclusive<T>) -> Result<T, SettingsError> {
    if limits.contains(&value) {
        return Ok(value);
    }
    let (from, to) = (limits.start(), limits.end());
    Err(SettingsError(format!("{key}: is no whole number from {from} to {to}")))
}
