//! Names within registers: the row, and how far a register has come. The register's own name is [`crate::id::RegisterId`].

pub use crate::id::RegisterId;

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Bytes of a key at most.
const MAX_KEY: usize = 96;

/// A row's key within its register: 1 to 96 of letters, digits and `-._:~`, e.g. a UUID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RowKey(String);

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a row's key is 1 to 96 of letters, digits and -._:~")]
pub struct RowKeyError;

impl RowKey {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RowKey {
    type Err = RowKeyError;
    fn from_str(text: &str) -> Result<Self, RowKeyError> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for RowKey {
    type Error = RowKeyError;
    fn try_from(text: String) -> Result<Self, RowKeyError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~".contains(&byte);
        if (1..=MAX_KEY).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err(RowKeyError)
        }
    }
}

impl From<RowKey> for String {
    fn from(key: RowKey) -> String {
        key.0
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a register has come: one more with each row that is written. 0: nothing was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RegisterVersion(pub u64);

impl RegisterVersion {
    /// Before the first row.
    pub const NONE: RegisterVersion = RegisterVersion(0);

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for RegisterVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
