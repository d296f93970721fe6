//! A paired screen: what it is for, what it is called, and how it is written down.

use crate::words;
use protocol::{
    Lang, SpotId, Timestamp,
    id::{IdError, ScreenId},
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use tokio_util::sync::CancellationToken;

/// What a screen is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// People help themselves.
    Kiosk,
    /// Somebody serves.
    Desk,
    /// Shows who is called.
    Display,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Kiosk, Kind::Desk, Kind::Display];

    /// Its word in addresses.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Kind::Kiosk => "kiosk",
            Kind::Desk => "desk",
            Kind::Display => "display",
        }
    }
    /// Its pages: everything below this address, and its token is sent nowhere else.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Kind::Kiosk => "/kiosk",
            Kind::Desk => "/desk",
            Kind::Display => "/display",
        }
    }
    /// The cookie that holds its token.
    pub(crate) const fn cookie(self) -> &'static str {
        match self {
            Kind::Kiosk => "ostona-kiosk",
            Kind::Desk => "ostona-desk",
            Kind::Display => "ostona-display",
        }
    }
    /// For people.
    pub(crate) fn name(self, lang: Lang) -> &'static str {
        match self {
            Kind::Kiosk => words::kind_kiosk(lang),
            Kind::Desk => words::kind_desk(lang),
            Kind::Display => words::kind_display(lang),
        }
    }
}

/// No kind of screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no kind of screen: kiosk, desk or display")]
pub(crate) struct UnknownKind;

impl FromStr for Kind {
    type Err = UnknownKind;
    fn from_str(word: &str) -> Result<Self, UnknownKind> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or(UnknownKind)
    }
}

/// A paired screen.
#[derive(Debug)]
pub(crate) struct Screen {
    /// Its id, e.g. `kiosk-1`.
    pub(crate) id: ScreenId,
    /// What people settled about it.
    pub(crate) settled: Settled,
    /// Cancelled once it is revoked: streams to it end.
    pub(crate) gone: CancellationToken,
}

/// What is written down about a screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settled {
    /// What it is for.
    pub(crate) kind: Kind,
    /// Its name for people.
    pub(crate) name: String,
    /// A desk's window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) window: Option<SpotId>,
    /// When it was paired.
    pub(crate) since: Timestamp,
    /// SHA-256 of its token, lower-case hex.
    pub(crate) token_hash: String,
}

/// Key on the shelf, and the id it holds.
const KEY: &str = "screen/";

pub(super) fn key(id: &ScreenId) -> String {
    format!("{KEY}{id}")
}

/// The id in a key of the shelf; none: the key is of something else.
pub(super) fn id_of(key: &str) -> Option<Result<ScreenId, IdError>> {
    key.strip_prefix(KEY).map(str::parse)
}
