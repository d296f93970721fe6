//! A paired screen: what it is for, what it is called, and how it is written down.

use crate::{LanState, Problem, secret};
use futures_util::future::BoxFuture;
use protocol::{
    Lang, SpotId, Timestamp,
    id::{IdError, ScreenId},
};
use serde::{Deserialize, Serialize};
use std::fmt;
use tokio_util::sync::CancellationToken;

/// What a screen is for: an area brings its kinds.
#[derive(Debug)]
pub struct ScreenKind {
    /// Its word in addresses and ids, e.g. `kiosk`.
    pub word: &'static str,
    /// Its pages: everything below this address, and its token is sent nowhere else.
    pub path: &'static str,
    /// The cookie that holds its token.
    pub cookie: &'static str,
    /// For people.
    pub name: fn(Lang) -> &'static str,
    /// The spot it belongs to, where it belongs to one; a spot has one screen of the kind.
    pub spot: Option<SpotField>,
}

impl PartialEq for ScreenKind {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

/// The spots there are, once they were looked up.
pub type SpotChoices<'a> = BoxFuture<'a, Result<Vec<SpotChoice>, Problem>>;

/// Who is at a spot, once it was looked up.
pub type SpotOccupant<'a> = BoxFuture<'a, Result<Option<String>, Problem>>;

/// How a spot is chosen when a screen is paired.
pub struct SpotField {
    /// What the field is called.
    pub label: fn(Lang) -> &'static str,
    /// What the column of a list is called.
    pub column: fn(Lang) -> &'static str,
    /// What is said where none was chosen.
    pub missing: fn(Lang) -> &'static str,
    /// The spots there are.
    pub choices: for<'a> fn(&'a LanState) -> SpotChoices<'a>,
    /// Who is at a spot now, for people; none: nobody.
    pub occupant: for<'a> fn(&'a LanState, &'a SpotId) -> SpotOccupant<'a>,
}

impl fmt::Debug for SpotField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpotField").finish_non_exhaustive()
    }
}

/// A spot a screen can be paired for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpotChoice {
    /// The spot.
    pub spot: SpotId,
    /// What it is called.
    pub name: String,
}

/// A paired screen.
#[derive(Debug)]
pub struct Screen {
    /// Its id, e.g. `kiosk-1`.
    pub id: ScreenId,
    /// What is written down about it.
    pub record: ScreenRecord,
    /// Cancelled once it is revoked: streams to it end.
    pub gone: CancellationToken,
    /// What it is for.
    pub kind: &'static ScreenKind,
}

impl Screen {
    /// What tells this pairing from any other, also where another screen gets the same id: no token, and none follows from it.
    pub fn fingerprint(&self) -> &str {
        &self.record.token_hash.0
    }
}

/// What people call a screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScreenName(String);

impl From<&str> for ScreenName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl fmt::Display for ScreenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 of a screen's token, lower-case hex. What is compared: how far two hashes agree tells nothing about a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ScreenTokenHash(String);

impl ScreenTokenHash {
    pub(super) fn of(token: &str) -> Self {
        Self(secret::hash(token))
    }
}

/// What is written down about a screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenRecord {
    /// The word of its kind.
    pub kind: String,
    /// Its name for people.
    pub name: ScreenName,
    /// The spot it belongs to. Called `window` on disk.
    #[serde(default, rename = "window", skip_serializing_if = "Option::is_none")]
    pub spot: Option<SpotId>,
    /// When it was paired.
    pub since: Timestamp,
    /// SHA-256 of its token, lower-case hex.
    pub(super) token_hash: ScreenTokenHash,
}

/// Key in the table, and the id it holds.
const KEY: &str = "screen/";

pub(super) fn key(id: &ScreenId) -> String {
    format!("{KEY}{id}")
}

/// The id in a key of the shelf; none: the key is of something else.
pub(super) fn id_of(key: &str) -> Option<Result<ScreenId, IdError>> {
    key.strip_prefix(KEY).map(str::parse)
}
