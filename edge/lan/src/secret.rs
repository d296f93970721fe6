//! Secrets of screens and people: tokens, codes, and the hashes that are kept of them.
//!
//! Only hashes reach the disk. Nothing here is shown by `Debug` or logged.

use crate::Problem;
use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use sha2::{Digest as _, Sha256};
use std::{fmt::Write as _, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(Problem::not_now("The system gives no randomness.")),
    }
}

/// A token of 128 bits, 32 hex digits.
pub fn token() -> Result<String, Problem> {
    Ok(hex(&random::<16>()?))
}

/// Six digits for people to type.
pub fn six_digits() -> Result<String, Problem> {
    // 2^32 is no multiple of 10^6, by less than a part in four thousand: no help to whoever guesses.
    Ok(format!("{:06}", u32::from_le_bytes(random()?) % 1_000_000))
}

/// What is kept of a token: its SHA-256, lower-case hex.
pub fn hash(token: &str) -> String {
    hex(&Sha256::digest(token))
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Passwords and PINs are worked on so many at a time: each takes 19 MiB and some 50 ms of a small board.
const AT_ONCE: usize = 2;
const PERMIT_TIMEOUT: Duration = Duration::from_secs(5);
/// So many bytes of a password count, when it is chosen and when it is checked.
const LONGEST: usize = 256;

/// Whether a password or PIN was the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretVerdict {
    /// It was.
    Right,
    /// It was not.
    Wrong,
}

/// Hashes and checks passwords and PINs with argon2id, a few at a time and off the runtime.
#[derive(Debug, Clone)]
pub struct SecretHasher(Arc<Semaphore>);

impl Default for SecretHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl SecretHasher {
    /// Nobody waits yet.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// The PHC string of a new password or PIN.
    pub async fn hash(&self, password: &str) -> Result<String, Problem> {
        let (password, salt) = (looked_at(password), random::<16>()?);
        let hashed = self.bounded(move || {
            // The defaults of argon2 0.6 are OWASP's: argon2id, 19 MiB, 2 passes, 1 lane.
            let hash = Argon2::default().hash_password_with_salt(&password, &salt);
            hash.map(|hash: PasswordHash| hash.to_string())
        });
        hashed
            .await?
            .map_err(|_| Problem::not_now("The password could not be hashed."))
    }

    /// Checks one against what is kept of it.
    pub async fn check(&self, password: &str, stored: &str) -> Result<SecretVerdict, Problem> {
        let (password, stored) = (looked_at(password), stored.to_owned());
        let matches = self.bounded(move || {
            let hash = PasswordHash::new(&stored);
            hash.is_ok_and(|hash| Argon2::default().verify_password(&password, &hash).is_ok())
        });
        Ok(if matches.await? {
            SecretVerdict::Right
        } else {
            SecretVerdict::Wrong
        })
    }

    async fn bounded<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let busy = || Problem::not_now("Too many sign-ins at once.");
        let permit = tokio::time::timeout(PERMIT_TIMEOUT, Arc::clone(&self.0).acquire_owned()).await;
        let permit = permit.map_err(|_| busy())?.map_err(|_| busy())?;
        let worked = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        worked.await.map_err(|_| busy())
    }
}

fn looked_at(password: &str) -> Vec<u8> {
    password.bytes().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_chose_a_very_long_password_gets_in_with_it() {
        let (passwords, long) = (SecretHasher::new(), "korkam tulip ".repeat(30));
        let stored = passwords.hash(&long).await.expect("hashed");
        assert_eq!(
            passwords.check(&long, &stored).await.expect("checked"),
            SecretVerdict::Right
        );
        let wrong = long.replacen("korkam", "korkan", 1);
        assert_eq!(
            passwords.check(&wrong, &stored).await.expect("checked"),
            SecretVerdict::Wrong
        );
    }
}
