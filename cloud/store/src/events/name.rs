//! Which events are meant, by their names.
//!
//! Nothing is refused here: a newer edge may use names that nobody here knows, and they can be asked for all the same.

use protocol::text::EventName;
use serde::{Deserialize, Serialize};

/// Which names: one, or all that begin with it where it ends in a dot, e.g. `access.`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventNameFilter(String);

impl EventNameFilter {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether names can be like this: 1 to 64 of `a-z 0-9 _ .`.
    pub fn is_well_formed(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte);
        (1..=64).contains(&self.0.len()) && self.0.bytes().all(plain)
    }
    /// Whether this name is meant.
    pub fn matches(&self, name: &EventName) -> bool {
        match self.0.strip_suffix('.') {
            Some(_) => name.as_str().starts_with(&self.0),
            None => *name == self.0.as_str(),
        }
    }
    /// The first text after all names that begin with it; none: one name is meant.
    pub(super) fn above(&self) -> Option<String> {
        // '/' follows '.' in ASCII: all names that begin with the stem and a dot, as a range of the index.
        self.0.strip_suffix('.').map(|stem| format!("{stem}/"))
    }
}

impl From<&str> for EventNameFilter {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
