//! A text and whose word it is: how commands and documents travel from the cloud to an edge.
//!
//! The signature covers the text as sent, together with the purpose, so no canonical form is needed and a signed
//! document can never be shown around as a signed command.

use crate::{
    key::{KeyId, PublicKey, SecretKey, from_base64, to_base64},
    text::TextSignature,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::fmt;

/// What a signature is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The text is a [`crate::Command`].
    Command,
    /// The text is a [`crate::Document`].
    Document,
    /// The text is a [`crate::register::RegisterDelta`].
    Register,
    /// The text is the manifest of an export file.
    Export,
    /// The text is a [`crate::key_succession::KeySuccession`].
    KeySuccession,
}

impl Purpose {
    const fn prefix(self) -> &'static str {
        match self {
            Purpose::Command => "ostona command v1\n",
            Purpose::Document => "ostona document v1\n",
            Purpose::Register => "ostona register v1\n",
            Purpose::Export => "ostona export v1\n",
            Purpose::KeySuccession => "ostona key succession v1\n",
        }
    }
}

/// A JSON text with a signature over it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedText {
    /// The text, exactly as signed.
    pub text: String,
    /// Who signed.
    pub key: KeyId,
    /// 64 bytes in unpadded base64url.
    pub sig: TextSignature,
}

/// Without the text: a document may hold a device's password.
impl fmt::Debug for SignedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedText")
            .field("text_bytes", &self.text.len())
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Why a signed text is not believed.
#[derive(Debug, thiserror::Error)]
pub enum SignedTextError {
    /// None of the keys we trust.
    #[error("signed with key {0}, which is not trusted here")]
    UnknownKey(KeyId),
    /// The signature is not over this text, or not for this purpose.
    #[error("the signature does not match")]
    Mismatch,
    /// Signed, but not what it should be.
    #[error("the signed text is not what it should be")]
    Text(#[source] serde_json::Error),
}

impl SignedText {
    /// Signs `content` as compact JSON.
    pub fn seal<T: Serialize>(purpose: Purpose, content: &T, key: &SecretKey) -> Result<Self, serde_json::Error> {
        let text = serde_json::to_string(content)?;
        let sig = to_base64(&key.sign(&covered(purpose, &text))).into();
        Ok(Self {
            text,
            key: key.public().id(),
            sig,
        })
    }

    /// Checks the signature against the trusted keys and reads the text.
    pub fn open<T: DeserializeOwned>(&self, purpose: Purpose, trusted: &[PublicKey]) -> Result<T, SignedTextError> {
        let Some(key) = trusted.iter().find(|key| key.id() == self.key) else {
            return Err(SignedTextError::UnknownKey(self.key.clone()));
        };
        let sig = from_base64::<64>(self.sig.as_str()).map_err(|_| SignedTextError::Mismatch)?;
        if !key.verifies(&covered(purpose, &self.text), &sig) {
            return Err(SignedTextError::Mismatch);
        }
        serde_json::from_str(&self.text).map_err(SignedTextError::Text)
    }
}

fn covered(purpose: Purpose, text: &str) -> Vec<u8> {
    [purpose.prefix().as_bytes(), text.as_bytes()].concat()
}
