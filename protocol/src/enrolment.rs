//! Enrolment: the first key exchange of an edge with its cloud.
//!
//! The edge makes its key, signs the request with it, and names a one-time code that the cloud issued. The code is
//! worthless afterwards; the key never leaves the edge.

use crate::{
    id::{EdgeId, OrgId, SiteId},
    key::PublicKey,
    text::{AgentVersion, BoardSerial},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Path of the enrolment endpoint: `POST` [`Request`], answers [`EnrolmentReply`].
pub const PATH: &str = "/v2/gateway/enrol";

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 16;

/// A one-time code: 16 characters of Crockford's base32 (80 bits), shown as `XXXX-XXXX-XXXX-XXXX`.
///
/// Reading forgives case, spaces, dashes and the look-alikes O, I and L. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

/// A text that is no enrolment code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Wrong number of characters.
    #[error("an enrolment code has {LENGTH} letters and digits, this has {0}")]
    Length(usize),
    /// A character that codes do not use.
    #[error("{0:?} is in no enrolment code")]
    Character(char),
}

impl Code {
    /// A code of 80 bits of the caller's randomness.
    pub fn from_entropy(entropy: [u8; 10]) -> Self {
        let bits = entropy.iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
        let text = (0..LENGTH)
            .rev()
            .filter_map(|place| ALPHABET.get((bits >> (place * 5)) as usize & 31));
        Self(text.map(|byte| char::from(*byte)).collect())
    }
    /// The 16 characters, for hashing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Code {
    type Err = CodeError;
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let mut code = String::with_capacity(LENGTH);
        for character in text.chars().filter(|c| !matches!(c, '-' | ' ' | '\t' | '\r' | '\n')) {
            let folded = match character.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            if !folded.is_ascii() || !ALPHABET.contains(&(folded as u8)) {
                return Err(CodeError::Character(character));
            }
            code.push(folded);
        }
        if code.len() == LENGTH {
            Ok(Self(code))
        } else {
            Err(CodeError::Length(code.len()))
        }
    }
}
impl TryFrom<String> for Code {
    type Error = CodeError;
    fn try_from(text: String) -> Result<Self, CodeError> {
        text.parse()
    }
}
impl From<Code> for String {
    fn from(code: Code) -> String {
        code.to_string()
    }
}
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, character) in self.0.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{character}")?;
        }
        Ok(())
    }
}
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// What an edge asks. The HTTP request is signed with `key` ([`crate::http_signature`]): proof of possession.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The one-time code.
    pub code: Code,
    /// The edge's new public key.
    pub key: PublicKey,
    /// Serial number of the board, for people.
    pub serial: BoardSerial,
    /// Version of the agent.
    pub version: AgentVersion,
}

/// What the cloud answers. Sent again with the same code and key within the code's lifetime, the answer is the same:
/// a lost answer does not waste a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentReply {
    /// The edge's name from now on.
    pub edge: EdgeId,
    /// Its organisation.
    pub org: OrgId,
    /// Its site.
    pub site: SiteId,
    /// Name of the site, for people.
    pub site_name: String,
    /// Keys that sign commands and documents.
    pub command_keys: Vec<PublicKey>,
    /// The cloud's time.
    pub now: Timestamp,
}
