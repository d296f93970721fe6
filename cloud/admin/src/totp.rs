//! Six-digit codes of an authenticator app (RFC 6238: SHA-1, 30 s, one step of tolerance either way).
//!
//! A step is accepted once: the caller stores the step it is given here and hands it back the next time.

use protocol::Timestamp;
use std::fmt;
use totp_rs::{Builder, Secret, Totp};

/// The secret shared with an authenticator app: 20 bytes. `Debug` does not show it.
#[derive(Clone)]
pub struct MfaSecret(Vec<u8>);

/// Why there is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MfaError {
    /// The system gave no randomness.
    #[error("the system gave no randomness")]
    Randomness,
    /// The stored secret is damaged.
    #[error("the stored secret is not base32 of at least 16 bytes")]
    Secret,
}

impl MfaSecret {
    /// A new secret.
    pub fn random() -> Result<Self, MfaError> {
        let mut bytes = vec![0; 20];
        getrandom::fill(&mut bytes).map_err(|_| MfaError::Randomness)?;
        Ok(Self(bytes))
    }
    /// As the database holds it.
    pub fn from_base32(text: &str) -> Result<Self, MfaError> {
        let secret = Secret::try_from_base32(text).map_err(|_| MfaError::Secret)?;
        Ok(Self(secret.as_bytes().to_vec()))
    }
    /// For the database, and for people who type it into their app.
    pub fn to_base32(&self) -> String {
        Secret::from(self.0.clone()).to_base32()
    }
    /// The address an authenticator app reads from a QR code. `login` has no characters that need escaping.
    pub fn otpauth(&self, login: &str) -> String {
        let secret = self.to_base32();
        format!("otpauth://totp/Ostona:{login}?secret={secret}&issuer=Ostona&algorithm=SHA1&digits=6&period=30")
    }
    /// The step `code` is good for now, unless that step, or a later one, was used before.
    pub fn check(&self, code: &str, now: Timestamp, last_step: Option<i64>) -> Result<Option<i64>, MfaError> {
        let seconds = u64::try_from(now.as_secs()).unwrap_or(0);
        let step = self
            .totp()?
            .check(code, seconds)
            .and_then(|step| i64::try_from(step).ok());
        Ok(step.filter(|step| last_step.is_none_or(|last| *step > last)))
    }
    /// The code of this moment, as an app would show it.
    pub fn code(&self, now: Timestamp) -> Result<String, MfaError> {
        let seconds = u64::try_from(now.as_secs()).unwrap_or(0);
        Ok(self.totp()?.generate(seconds).to_string())
    }

    fn totp(&self) -> Result<Totp, MfaError> {
        Builder::new()
            .with_secret(self.0.clone())
            .build()
            .map_err(|_| MfaError::Secret)
    }
}

impl fmt::Debug for MfaSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MfaSecret(…)")
    }
}
