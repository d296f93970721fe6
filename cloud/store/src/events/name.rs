//! What an event is called and what it is about, as its edge wrote it.
//!
//! Nothing is checked here: a newer edge may use names that nobody here knows, and its events are stored all the same.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An event's dotted name, e.g. `access.granted`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct EventName(String);

/// Which names: one, or all that begin with it where it ends in a dot, e.g. `access.`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventNameFilter(String);

/// What an event is about: a device's slug, or whatever else its edge names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct EventSubject(String);

impl EventNameFilter {
    /// Whether names can be like this: 1 to 64 of `a-z 0-9 _ .`.
    pub fn is_well_formed(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte);
        (1..=64).contains(&self.0.len()) && self.0.bytes().all(plain)
    }
    /// Whether this name is meant.
    pub fn matches(&self, name: &EventName) -> bool {
        match self.0.strip_suffix('.') {
            Some(_) => name.0.starts_with(&self.0),
            None => name.0 == self.0,
        }
    }
    /// The first text after all names that begin with it; none: one name is meant.
    pub(super) fn above(&self) -> Option<String> {
        // '/' follows '.' in ASCII: all names that begin with the stem and a dot, as a range of the index.
        self.0.strip_suffix('.').map(|stem| format!("{stem}/"))
    }
}

impl EventName {
    /// Whether it begins with this.
    pub fn starts_with(&self, beginning: &str) -> bool {
        self.0.starts_with(beginning)
    }
}

macro_rules! texts {
    ($($name:ident)*) => {
        $(impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
        impl PartialEq<&str> for $name {
            fn eq(&self, text: &&str) -> bool {
                self.0 == *text
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        })*
    };
}
texts!(EventName EventNameFilter EventSubject);
