//! Passwords: argon2id with a bound on how many are worked on at once.
//!
//! A password is never stored, logged or shown; what is stored is its PHC string. Each hash takes 19 MiB and some 20 ms
//! (facts/cloud.md §5), so a flood of sign-ins waits at the bound instead of taking the memory of the ingest.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use cloud_store::accounts::AccountPasswordHash;
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Fewest characters of a password.
pub const MIN_LEN: usize = 12;
/// Most bytes of a password: argon2 takes more, nobody needs more.
pub const MAX_LEN: usize = 256;

const AT_ONCE: usize = 2;
const HASH_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a password cannot be checked or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Shorter than [`MIN_LEN`] characters or longer than [`MAX_LEN`] bytes.
    #[error("a password has {MIN_LEN} characters or more, and at most {MAX_LEN} bytes")]
    Length,
    /// Too many sign-ins at once.
    #[error("too many sign-ins at once")]
    Busy,
    /// The system gave no randomness, or the worker died.
    #[error("the password could not be hashed")]
    Hash,
}

/// Whether a password was the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It was.
    Right,
    /// It was not, or there is no such account.
    Wrong,
}

/// Hashes and checks passwords, a few at a time.
#[derive(Debug, Clone)]
pub struct AccountPasswords {
    permits: Arc<Semaphore>,
    dummy_hash: AccountPasswordHash,
}

impl AccountPasswords {
    /// Prepares the hash that stands in for accounts which do not exist.
    pub fn new() -> Result<Self, PasswordError> {
        let nobody = hash(b"nobody has this password")?;
        Ok(Self {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            dummy_hash: nobody,
        })
    }

    /// The PHC string of a new password, which must be of a decent length.
    pub async fn hash(&self, password: &str) -> Result<AccountPasswordHash, PasswordError> {
        if password.chars().count() < MIN_LEN || password.len() > MAX_LEN {
            return Err(PasswordError::Length);
        }
        let password = Zeroizing::new(password.to_owned());
        self.bounded(move || hash(password.as_bytes())).await?
    }

    /// Checks a password. `stored` is none where there is no such account: that takes as long as a wrong password.
    pub async fn check(
        &self,
        password: &str,
        stored: Option<&AccountPasswordHash>,
    ) -> Result<PasswordCheck, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.dummy_hash).clone();
        // A longer text is wrong in any case; it is cut so that it takes no longer than any other.
        let password = Zeroizing::new(password.bytes().take(MAX_LEN + 1).collect::<Vec<u8>>());
        let matches = self.bounded(move || matches(&password, &stored)).await?;
        Ok(if known && matches {
            PasswordCheck::Right
        } else {
            PasswordCheck::Wrong
        })
    }

    async fn bounded<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let permit = tokio::time::timeout(HASH_TIMEOUT, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit
            .map_err(|_| PasswordError::Busy)?
            .map_err(|_| PasswordError::Busy)?;
        let worked = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        worked.await.map_err(|_| PasswordError::Hash)
    }
}

/// The PHC string of a password, on this thread: for the first start, before there is a runtime to disturb.
pub fn hash(password: &[u8]) -> Result<AccountPasswordHash, PasswordError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| PasswordError::Hash)?;
    // The defaults of argon2 0.6 are OWASP's: argon2id, 19 MiB, 2 passes, 1 lane.
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password, &salt)
        .map_err(|_| PasswordError::Hash)?;
    Ok(hash.to_string().into())
}

fn matches(password: &[u8], stored: &AccountPasswordHash) -> bool {
    PasswordHash::new(stored.expose()).is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok())
}
