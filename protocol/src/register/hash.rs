//! A hash over a whole register that does not depend on the order of its rows, and that one row's change moves in one step.
//!
//! The sum, modulo 2²⁵⁶, of SHA-256 over each row. It finds damage and mistakes; that nobody forges is the signature's
//! business.

use super::id::{RegisterVersion, RowKey};
use crate::digest::{Digest, DigestError};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The hash of a register's rows; that of no rows is zero.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegisterHash([u8; 32]);

impl RegisterHash {
    /// A hash that was kept as bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// With one more row.
    #[must_use]
    pub fn with(self, key: &RowKey, version: RegisterVersion, body: &str) -> Self {
        let mut sum = self.0;
        let mut carry = 0_u16;
        for (byte, other) in sum.iter_mut().zip(row(key, version, body)) {
            carry += u16::from(*byte) + u16::from(other);
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        Self(sum)
    }

    /// With one row less.
    #[must_use]
    pub fn without(self, key: &RowKey, version: RegisterVersion, body: &str) -> Self {
        let mut rest = self.0;
        let mut borrow = 0_u16;
        for (byte, other) in rest.iter_mut().zip(row(key, version, body)) {
            let (difference, less) = u16::from(*byte).overflowing_sub(u16::from(other) + borrow);
            *byte = difference.to_le_bytes()[0];
            borrow = u16::from(less);
        }
        Self(rest)
    }
}

fn row(key: &RowKey, version: RegisterVersion, body: &str) -> [u8; 32] {
    let body = Digest::of(body.as_bytes());
    let text = format!("{key}\0{version}\0{body}");
    *Digest::of(text.as_bytes()).as_bytes()
}

impl fmt::Display for RegisterHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Digest::from_bytes(self.0), f)
    }
}

impl fmt::Debug for RegisterHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegisterHash({self})")
    }
}

impl TryFrom<String> for RegisterHash {
    type Error = DigestError;
    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse::<Digest>().map(|digest| Self(*digest.as_bytes()))
    }
}

impl From<RegisterHash> for String {
    fn from(hash: RegisterHash) -> String {
        hash.to_string()
    }
}
