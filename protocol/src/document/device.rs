//! What a document `device/<slug>` says: how one device is reached, and what it is to be like.
//!
//! Only what every device has is checked here; the settings are the adapter's own, and it alone can judge them.

use crate::{id::AdapterId, key::from_base64, text::DeviceKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// The body of a `device/…` document.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceDocument {
    /// `gate`, `terminal`, `printer`, `kiosk`…
    pub kind: DeviceKind,
    /// The adapter that speaks to it; none: it speaks MQTT or HTTP to the edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<AdapterId>,
    /// The adapter's settings.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub settings: Value,
    /// SHA-256 of the token it signs in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenDigest>,
    /// What a device that speaks MQTT finds on its `desired` topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<Value>,
}

/// Without what may hold a password.
impl fmt::Debug for DeviceDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceDocument")
            .field("kind", &self.kind)
            .field("adapter", &self.adapter)
            .finish_non_exhaustive()
    }
}

/// 32 bytes in unpadded base64url: the digest of a device's token, as `ostona-edge token` prints it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenDigest(String);

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest")
    }
}

impl TryFrom<String> for TokenDigest {
    type Error = crate::key::KeyError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        from_base64::<32>(&text).map(|_| Self(text))
    }
}

impl From<TokenDigest> for String {
    fn from(digest: TokenDigest) -> String {
        digest.0
    }
}
