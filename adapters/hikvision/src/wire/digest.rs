//! Digest access authentication (RFC 7616, and RFC 2617 as cameras speak it): reading challenges, making answers.
//!
//! The client's nonce is an argument, and so is everything else that must not repeat; nothing is kept between requests.

use md5::Md5;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// A way to sign in that a 401 offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AuthOffer {
    /// A digest we can answer.
    Digest(Challenge),
    /// The password in clear.
    Basic,
}

/// A digest challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// Whether the challenge named its algorithm; an answer names it only then.
    named: Option<String>,
    protection: Protection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Md5Session,
    Sha256,
    Sha256Session,
}

/// `qop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protection {
    /// None given: RFC 2069.
    Absent,
    /// `auth`.
    Auth,
}

/// What is signed in with, and for which request.
#[derive(Clone, Copy)]
pub(crate) struct DigestInput<'a> {
    /// Name.
    pub(crate) username: &'a str,
    /// Password.
    pub(crate) password: &'a str,
    /// Method of the request.
    pub(crate) method: &'a str,
    /// Its path and query.
    pub(crate) target: &'a str,
    /// The client's nonce.
    pub(crate) cnonce: &'a str,
}

/// The offers in the `WWW-Authenticate` headers of a 401, strongest first. Those we cannot answer (`auth-int` alone,
/// other algorithms, other schemes) are left out.
pub(crate) fn offers<'a>(headers: impl IntoIterator<Item = &'a str>) -> Vec<AuthOffer> {
    let mut offers: Vec<AuthOffer> = headers
        .into_iter()
        .flat_map(schemes)
        .filter_map(|scheme| scheme.offer())
        .collect();
    offers.sort_by_key(|offer| match offer {
        AuthOffer::Digest(challenge) => std::cmp::Reverse(Some(challenge.algorithm)),
        AuthOffer::Basic => std::cmp::Reverse(None),
    });
    offers
}

impl Challenge {
    /// The value of `Authorization`.
    pub(crate) fn authorization(&self, signing: &DigestInput<'_>) -> String {
        let DigestInput {
            username,
            password,
            method,
            target,
            cnonce,
        } = signing;
        let hash = |text: String| self.algorithm.hash(&text);
        let mut who = hash(format!("{username}:{}:{password}", self.realm));
        if matches!(self.algorithm, Algorithm::Md5Session | Algorithm::Sha256Session) {
            who = hash(format!("{who}:{}:{cnonce}", self.nonce));
        }
        let what = hash(format!("{method}:{target}"));
        let response = match self.protection {
            Protection::Absent => hash(format!("{who}:{}:{what}", self.nonce)),
            Protection::Auth => hash(format!("{who}:{}:00000001:{cnonce}:auth:{what}", self.nonce)),
        };
        let mut value = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\"",
            quoted(username),
            quoted(&self.realm),
            quoted(&self.nonce),
            quoted(target),
        );
        if let Some(algorithm) = &self.named {
            value.push_str(", algorithm=");
            value.push_str(algorithm);
        }
        match self.protection {
            Protection::Auth => value.push_str(", qop=auth, nc=00000001, cnonce="),
            Protection::Absent => value.push_str(", cnonce="),
        }
        value.push_str(&quoted(cnonce));
        if let Some(opaque) = &self.opaque {
            value.push_str(", opaque=");
            value.push_str(&quoted(opaque));
        }
        value
    }
}

impl Algorithm {
    fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "md5" => Some(Algorithm::Md5),
            "md5-sess" => Some(Algorithm::Md5Session),
            "sha-256" => Some(Algorithm::Sha256),
            "sha-256-sess" => Some(Algorithm::Sha256Session),
            _ => None,
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Algorithm::Md5 | Algorithm::Md5Session => hex(&Md5::digest(text.as_bytes())),
            Algorithm::Sha256 | Algorithm::Sha256Session => hex(&Sha256::digest(text.as_bytes())),
        }
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// One scheme of a header with its parameters, names in lower case.
struct AuthScheme {
    name: String,
    parameters: Vec<(String, String)>,
}

impl AuthScheme {
    fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    fn offer(&self) -> Option<AuthOffer> {
        match self.name.as_str() {
            "basic" => Some(AuthOffer::Basic),
            "digest" => {
                let named = self.get("algorithm").map(str::to_owned);
                let algorithm = named.as_deref().map_or(Some(Algorithm::Md5), Algorithm::parse)?;
                let protection = match self.get("qop") {
                    None => Protection::Absent,
                    Some(list) if list.split(',').any(|qop| qop.trim().eq_ignore_ascii_case("auth")) => {
                        Protection::Auth
                    }
                    Some(_) => return None,
                };
                Some(AuthOffer::Digest(Challenge {
                    realm: self.get("realm")?.to_owned(),
                    nonce: self.get("nonce")?.to_owned(),
                    opaque: self.get("opaque").map(str::to_owned),
                    algorithm,
                    named,
                    protection,
                }))
            }
            _ => None,
        }
    }
}

/// Cuts a header at its schemes: a word that is followed by a space and not by `=` starts one (RFC 9110 §11.6.1).
fn schemes(header: &str) -> Vec<AuthScheme> {
    let mut schemes: Vec<AuthScheme> = Vec::new();
    let mut rest = header.trim_start_matches([' ', ',', '\t']);
    while !rest.is_empty() {
        let end = rest.find([' ', '\t', '=', ',']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let word = word.to_ascii_lowercase();
        let after = after.trim_start_matches([' ', '\t']);
        rest = match after.strip_prefix('=') {
            Some(value) => {
                let (value, tail) = value_of(value.trim_start_matches([' ', '\t']));
                if let Some(scheme) = schemes.last_mut() {
                    scheme.parameters.push((word, value));
                }
                tail
            }
            None => {
                schemes.push(AuthScheme {
                    name: word,
                    parameters: Vec::new(),
                });
                after
            }
        };
        rest = rest.trim_start_matches([' ', ',', '\t']);
    }
    schemes
}

/// A token or a quoted string at the start of `text`, and what comes after.
fn value_of(text: &str) -> (String, &str) {
    let Some(inside) = text.strip_prefix('"') else {
        let (value, tail) = text.split_at(text.find([',', ' ', '\t']).unwrap_or(text.len()));
        return (value.to_owned(), tail);
    };
    let mut value = String::new();
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return (value, characters.as_str()),
            '\\' => value.extend(characters.next()),
            other => value.push(other),
        }
    }
    (value, "")
}
