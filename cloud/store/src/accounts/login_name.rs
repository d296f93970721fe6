//! What somebody signs in with.

use serde::Serialize;
use std::{fmt, str::FromStr};

/// What somebody signs in with: 1 to 64 of `a-z 0-9 . _ @ -`, starting with a letter or digit; never case-sensitive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct LoginName(String);

/// A text that is no login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a login is 1 to 64 of a-z, 0-9 and . _ @ -, starting with a letter or digit")]
pub struct LoginNameError;

impl LoginName {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl FromStr for LoginName {
    type Err = LoginNameError;
    fn from_str(text: &str) -> Result<Self, LoginNameError> {
        let login = text.to_ascii_lowercase();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let all = login.bytes().all(|byte| plain(byte) || b"._@-".contains(&byte));
        if all && login.len() <= 64 && login.bytes().next().is_some_and(plain) {
            Ok(Self(login))
        } else {
            Err(LoginNameError)
        }
    }
}
impl fmt::Display for LoginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
