//! Opaque tokens: 256 random bits that stand for a session, and the digest that is stored in their place.
//!
//! Whoever reads the database learns no token. `Debug` shows none either.

use sha2::{Digest as _, Sha256};
use std::{fmt, str::FromStr};
use zeroize::Zeroizing;

/// A token as its owner holds it: `ost_` and 43 characters of base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<[u8; 32]>);

/// A token as the database holds it: the SHA-256 of its 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTokenHash(pub [u8; 32]);

/// No token could be made, or the text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The system gave no randomness.
    #[error("the system gave no randomness")]
    Randomness,
    /// Not `ost_` and 43 characters of base64url.
    #[error("this is no token")]
    Text,
}

const PREFIX: &str = "ost_";

impl Token {
    /// A new token.
    pub fn random() -> Result<Self, TokenError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(|_| TokenError::Randomness)?;
        Ok(Self(bytes))
    }
    /// What is stored.
    pub fn hash(&self) -> SessionTokenHash {
        SessionTokenHash(Sha256::digest(self.0.as_ref()).into())
    }
    /// As its owner gets it, once.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", protocol::key::to_base64(self.0.as_ref()))
    }
}

impl FromStr for Token {
    type Err = TokenError;
    fn from_str(text: &str) -> Result<Self, TokenError> {
        let text = text.strip_prefix(PREFIX).ok_or(TokenError::Text)?;
        let bytes = protocol::key::from_base64::<32>(text).map_err(|_| TokenError::Text)?;
        Ok(Self(Zeroizing::new(bytes)))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A password to be shown once: four groups of four letters and digits, 80 bits, easy to read out and to type. `Debug`
/// does not show it.
pub struct OneTimePassword(Zeroizing<String>);

impl OneTimePassword {
    /// A new one.
    pub fn random() -> Result<Self, TokenError> {
        let mut entropy = [0; 10];
        getrandom::fill(&mut entropy).map_err(|_| TokenError::Randomness)?;
        let code = protocol::enrolment::Code::from_entropy(entropy);
        Ok(Self(Zeroizing::new(code.to_string().to_ascii_lowercase())))
    }
    /// For whoever it is made for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OneTimePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimePassword(…)")
    }
}
