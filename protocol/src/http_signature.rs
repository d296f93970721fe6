//! Signed HTTP requests: the fixed profile of RFC 9421 that edges speak and the cloud checks.
//!
//! Covered, in this order: `@method`, `@authority`, `@path`, `@query`, `content-digest` (RFC 9530, SHA-256; the digest
//! of nothing for a request without a body), `idempotency-key` and `ostona-join` (each where present); for the WebSocket
//! upgrade `sec-websocket-key`. Parameters: `created`, `keyid`, `alg="ed25519"`, `tag="ostona-gw"`. The label is
//! `ostona`. Anything else in `Signature-Input` is refused, so a verifier never has to guess what was meant.

use crate::{
    key::{PublicKey, SecretKey},
    time::Timestamp,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Seconds a request's `created` may differ from the verifier's clock, either way.
pub const MAX_SKEW_SECONDS: i64 = 300;

const OPTIONAL: [&str; 3] = ["idempotency-key", "ostona-join", "sec-websocket-key"];
const TAG: &str = "ostona-gw";

/// The parts of a request that a signature covers.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// Upper case.
    pub method: &'a str,
    /// Host and port as in the `Host` header, lower case; the port is left out where it is the scheme's own.
    pub authority: &'a str,
    /// Path without query.
    pub path: &'a str,
    /// Query without `?`; empty where there is none.
    pub query: &'a str,
    /// The `content-digest` header ([`content_digest`]).
    pub content_digest: &'a str,
    /// The `idempotency-key` header.
    pub idempotency_key: Option<&'a str>,
    /// The `ostona-join` header.
    pub join: Option<&'a str>,
    /// The `sec-websocket-key` header.
    pub websocket_key: Option<&'a str>,
}

/// The two headers that carry a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// `signature-input`.
    pub input: String,
    /// `signature`.
    pub signature: String,
}

/// Why a request's signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The headers are missing or not in our profile.
    #[error("the signature headers are not in the profile: {0}")]
    Profile(&'static str),
    /// Signed too long ago or in the future, by the verifier's clock.
    #[error("the request was signed {skew_s} s away from the time here")]
    Skew {
        /// Signed minus here, seconds.
        skew_s: i64,
    },
    /// The signature does not match the request.
    #[error("the signature does not match the request")]
    Mismatch,
}

/// The `content-digest` header of a body: `sha-256=:…:` (RFC 9530).
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

/// Signs a request.
pub fn sign(parts: &Parts<'_>, key: &SecretKey, created: Timestamp) -> Headers {
    let params = params(parts, created.as_secs(), key.public().id().as_str());
    let signature = key.sign(base(parts, &params).as_bytes());
    Headers {
        input: format!("ostona={params}"),
        signature: format!("ostona=:{}:", STANDARD.encode(signature)),
    }
}

/// The `keyid` a request claims: whose key to verify with. Not to be believed before [`verify`].
pub fn claimed_key(input: &str) -> Result<&str, SignatureError> {
    let (_, tail) = input
        .split_once(";keyid=\"")
        .ok_or(SignatureError::Profile("keyid is missing"))?;
    let (id, _) = tail
        .split_once('"')
        .ok_or(SignatureError::Profile("keyid is cut off"))?;
    Ok(id)
}

/// Checks a request's signature.
pub fn verify(parts: &Parts<'_>, headers: &Headers, key: &PublicKey, now: Timestamp) -> Result<(), SignatureError> {
    let given = headers
        .input
        .strip_prefix("ostona=")
        .ok_or(SignatureError::Profile("the label is not ostona"))?;
    let (_, tail) = given
        .split_once(";created=")
        .ok_or(SignatureError::Profile("created is missing"))?;
    let created = tail.split_once(';').and_then(|(secs, _)| secs.parse::<i64>().ok());
    let created = created.ok_or(SignatureError::Profile("created is no number"))?;
    let params = params(parts, created, key.id().as_str());
    if given != params {
        return Err(SignatureError::Profile(
            "components or parameters differ from the profile",
        ));
    }
    let skew_s = created.saturating_sub(now.as_secs());
    if skew_s.abs() > MAX_SKEW_SECONDS {
        return Err(SignatureError::Skew { skew_s });
    }
    let signature = headers
        .signature
        .strip_prefix("ostona=:")
        .and_then(|text| text.strip_suffix(':'));
    let signature = signature
        .and_then(|text| STANDARD.decode(text).ok())
        .and_then(|bytes| bytes.try_into().ok());
    let signature: [u8; 64] = signature.ok_or(SignatureError::Profile("the signature is not 64 bytes of base64"))?;
    if key.verifies(base(parts, &params).as_bytes(), &signature) {
        Ok(())
    } else {
        Err(SignatureError::Mismatch)
    }
}

impl<'a> Parts<'a> {
    fn components(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        let optional = [self.idempotency_key, self.join, self.websocket_key];
        [
            ("@method", self.method),
            ("@authority", self.authority),
            ("@path", self.path),
        ]
        .into_iter()
        .chain([("@query", self.query), ("content-digest", self.content_digest)])
        .chain(
            OPTIONAL
                .into_iter()
                .zip(optional)
                .filter_map(|(name, value)| Some((name, value?))),
        )
    }
}

fn params(parts: &Parts<'_>, created: i64, key: &str) -> String {
    let names: Vec<String> = parts.components().map(|(name, _)| format!("\"{name}\"")).collect();
    format!(
        "({});created={created};keyid=\"{key}\";alg=\"ed25519\";tag=\"{TAG}\"",
        names.join(" ")
    )
}

/// The signature base (RFC 9421 §2.5); `@query` includes its question mark (§2.2.7).
fn base(parts: &Parts<'_>, params: &str) -> String {
    let mut base = String::new();
    for (name, value) in parts.components() {
        let mark = if name == "@query" { "?" } else { "" };
        let _ = writeln!(base, "\"{name}\": {mark}{value}");
    }
    let _ = write!(base, "\"@signature-params\": {params}");
    base
}
