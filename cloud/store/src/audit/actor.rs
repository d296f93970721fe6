//! Who did something, in the words of an audit entry.
//!
//! What was recorded is read back as it stands, whatever it is: a chain's hashes cover these words.

use crate::accounts::LoginName;
use protocol::EdgeId;
use serde::Serialize;
use std::{borrow::Cow, fmt};

/// Who: a login, `edge <id>`, or `-` where nobody had signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct AuditActor(Cow<'static, str>);

impl AuditActor {
    /// Somebody who had signed in.
    pub fn login(login: &LoginName) -> Self {
        Self(login.to_string().into())
    }
    /// An edge.
    pub fn edge(edge: EdgeId) -> Self {
        Self(format!("edge {edge}").into())
    }
    /// Nobody who had signed in.
    pub const fn nobody() -> Self {
        Self(Cow::Borrowed("-"))
    }
    /// As recorded.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for AuditActor {
    fn from(word: &'static str) -> Self {
        Self(word.into())
    }
}
impl From<String> for AuditActor {
    fn from(word: String) -> Self {
        Self(word.into())
    }
}
impl PartialEq<&str> for AuditActor {
    fn eq(&self, word: &&str) -> bool {
        self.0 == *word
    }
}
impl fmt::Display for AuditActor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
