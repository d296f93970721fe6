//! Where a page of a long list begins: after the last item of the page before, so that a list that grows meanwhile
//! neither repeats nor skips anything.
//!
//! A cursor is opaque to callers: they hand back the one they were given.

use crate::{AdminError, AdminErrorKind, AdminResult};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Most items of one page.
pub const MOST: u32 = 500;
/// Items of a page where nobody says otherwise.
pub const USUAL: u32 = 100;

/// The place of an item in a list that is sorted by time and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor<T> {
    /// When the item was made.
    pub at: Timestamp,
    /// Which item.
    pub id: T,
}

/// A cursor as callers hold it: whether it was given out here is seen when it comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CursorText(String);

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor that was given out here")]
pub struct CursorError;

impl<T: fmt::Display> fmt::Display for Cursor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.as_millis(), self.id)
    }
}

impl<T: fmt::Display> From<&Cursor<T>> for CursorText {
    fn from(cursor: &Cursor<T>) -> Self {
        Self(cursor.to_string())
    }
}

impl<T: FromStr> FromStr for Cursor<T> {
    type Err = CursorError;
    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (millis, id) = text.split_once('.').ok_or(CursorError)?;
        let at = Timestamp::from_millis(millis.parse().map_err(|_| CursorError)?);
        let id = id.parse().map_err(|_| CursorError)?;
        Ok(Self { at, id })
    }
}

impl<T> From<Cursor<T>> for (Timestamp, T) {
    fn from(cursor: Cursor<T>) -> Self {
        (cursor.at, cursor.id)
    }
}

/// Where a page begins and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest<T> {
    /// Items at most.
    pub limit: u32,
    /// The last item of the page before; none: this is the first page.
    pub after: Option<Cursor<T>>,
}

impl<T: FromStr> PageRequest<T> {
    /// A page as somebody asked for it: 1 to [`MOST`] items, after a cursor that was given out here.
    pub fn asked(limit: Option<u32>, after: Option<&CursorText>) -> AdminResult<Self> {
        // Well formed or not, it was never handed out: nothing follows it.
        let unknown = |CursorError| {
            AdminError::new(
                AdminErrorKind::NotFound,
                "Query: after is no cursor that was given out here.",
            )
        };
        let after = after.map(|CursorText(text)| text.parse()).transpose().map_err(unknown);
        Ok(Self {
            limit: limit_of(limit)?,
            after: after?,
        })
    }
}

fn limit_of(limit: Option<u32>) -> AdminResult<u32> {
    match limit {
        None => Ok(USUAL),
        Some(limit @ 1..=MOST) => Ok(limit),
        Some(_) => Err(AdminError::new(
            AdminErrorKind::BadArgument,
            format!("Query: limit is 1 to {MOST}."),
        )),
    }
}

/// A page of a list, newest first.
#[derive(Debug, Clone)]
pub struct PageResult<I, T> {
    /// The items.
    pub items: Vec<I>,
    /// What follows begins after this one; none: this is the end.
    pub next: Option<Cursor<T>>,
}
