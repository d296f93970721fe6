//! How a command key hands over to the next one: in a text that the one before signed, so that an edge never has to take a new key on anybody's word.
//!
//! Never true of it: a key accepted that does not follow, link by link, from one that was trusted before.

use crate::{
    key::{KeyId, PublicKey},
    signed_text::{Purpose, SignedText},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Handovers that are told and looked at: an edge that missed more of them is enrolled anew.
pub const MOST_SUCCESSIONS: usize = 16;
/// Keys in force at one time.
const MOST_KEYS: usize = 4;

/// The key that signed this hands over to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySuccession {
    /// The next key.
    pub to: PublicKey,
    /// When, by the cloud's clock.
    pub at: Timestamp,
}

/// Why offered keys are not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySuccessionError {
    /// No handover leads to a key from those that are trusted.
    #[error("no key that is trusted here hands over to {0}")]
    Broken(KeyId),
    /// More than an edge looks at.
    #[error("more keys or handovers than can be")]
    TooMany,
}

/// The offered keys, where each is trusted already or follows from one that is. `successions` stand in the order they were made.
pub fn follow(
    trusted: &[PublicKey],
    offered: &[PublicKey],
    successions: &[SignedText],
) -> Result<Vec<PublicKey>, KeySuccessionError> {
    if offered.len() > MOST_KEYS || successions.len() > MOST_SUCCESSIONS {
        return Err(KeySuccessionError::TooMany);
    }
    let mut known = trusted.to_vec();
    for succession in successions {
        // One that cannot be opened is of a key from before those that are trusted, or forged: either way it leads nowhere.
        if let Ok(KeySuccession { to, at: _ }) = succession.open(Purpose::KeySuccession, &known) {
            known.push(to);
        }
    }
    match offered.iter().find(|key| !known.contains(key)) {
        Some(foreign) => Err(KeySuccessionError::Broken(foreign.id())),
        None => Ok(offered.to_vec()),
    }
}
