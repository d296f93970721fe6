//! Who may connect: a device's id and the hash of the token it was given.
//!
//! The token itself is never kept, shown or compared byte by byte.

use protocol::{DeviceId, key};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use subtle::ConstantTimeEq;

/// SHA-256 of a token. Tokens carry 256 random bits, so a slow hash would protect nothing more.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceTokenHash([u8; 32]);

impl DeviceTokenHash {
    /// The hash of a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Whether `token` is the one, in time that does not depend on where it differs.
    pub fn matches(&self, token: &str) -> bool {
        self.0.ct_eq(&DeviceTokenHash::of(token).0).into()
    }
}

impl std::fmt::Debug for DeviceTokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash")
    }
}

impl TryFrom<String> for DeviceTokenHash {
    type Error = key::KeyError;
    fn try_from(text: String) -> Result<Self, key::KeyError> {
        key::from_base64(&text).map(Self)
    }
}

impl From<DeviceTokenHash> for String {
    fn from(hash: DeviceTokenHash) -> String {
        key::to_base64(&hash.0)
    }
}

/// A fresh token from the caller's randomness, to be shown to the installer once, and the hash to keep.
pub fn issue(entropy: [u8; 32]) -> (String, DeviceTokenHash) {
    let token = key::to_base64(&entropy);
    let hash = DeviceTokenHash::of(&token);
    (token, hash)
}

/// Every device that may connect.
#[derive(Debug, Clone, Default)]
pub struct DeviceCredentials(HashMap<DeviceId, DeviceTokenHash>);

impl DeviceCredentials {
    /// Lets a device in; its former token, if any, is void.
    pub fn insert(&mut self, device: DeviceId, hash: DeviceTokenHash) {
        self.0.insert(device, hash);
    }

    /// Lets a device in no longer.
    pub fn remove(&mut self, device: &DeviceId) {
        self.0.remove(device);
    }

    /// A device's hash, if it may connect at all.
    pub fn hash_of(&self, device: &DeviceId) -> Option<DeviceTokenHash> {
        self.0.get(device).copied()
    }

    /// The hash by which `token` lets `device` in, if it does. Takes as long for a device nobody knows.
    pub(crate) fn admit(&self, device: &DeviceId, token: &str) -> Option<DeviceTokenHash> {
        let known = self.hash_of(device);
        let matches = known.unwrap_or(DeviceTokenHash([0; 32])).matches(token);
        known.filter(|_| matches)
    }
}

impl FromIterator<(DeviceId, DeviceTokenHash)> for DeviceCredentials {
    fn from_iter<I: IntoIterator<Item = (DeviceId, DeviceTokenHash)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}
