//! Pages of long lists: a limit and a cursor, so that a list that grows meanwhile neither repeats nor skips anything.
//!
//! A cursor is opaque to callers: they hand back the `next` they were given.

use super::problem::{Answer, Kind, Problem};
use protocol::{OrgId, Timestamp};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

/// Most items of one page.
pub const MOST: u32 = 500;
const USUAL: u32 = 100;

/// Whose things: for platform accounts. The header `ostona-org` says the same.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Whose {
    /// The organisation; accounts of an organisation leave it out.
    #[param(value_type = Option<Uuid>, nullable = false)]
    pub org: Option<OrgId>,
}

/// Where a page begins and how long it is.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Items at most, 1 to 500; 100 where left out.
    #[param(minimum = 1, maximum = 500, nullable = false)]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    #[param(max_length = 80, pattern = r"^[0-9]{1,15}\.[0-9a-f-]{1,36}$", nullable = false)]
    pub after: Option<String>,
}

/// A page of a list, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Hand back as `after` for what follows; none: this is the end.
    pub next: Option<String>,
}

impl Page {
    /// Items asked for.
    pub fn limit(&self) -> Answer<u32> {
        match self.limit {
            None => Ok(USUAL),
            Some(limit @ 1..=MOST) => Ok(limit),
            Some(_) => Err(Problem::new(Kind::BadRequest, format!("Query: limit is 1 to {MOST}."))),
        }
    }
    /// The place to go on from.
    pub fn after<T: FromStr>(&self) -> Answer<Option<(Timestamp, T)>> {
        let Some(text) = &self.after else { return Ok(None) };
        let parsed = text.split_once('.').and_then(|(millis, rest)| {
            let at = Timestamp::from_millis(millis.parse().ok()?);
            Some((at, rest.parse().ok()?))
        });
        match parsed {
            Some(place) => Ok(Some(place)),
            // Well formed, but it was never handed out: nothing follows it.
            None => Err(Problem::new(
                Kind::NotFound,
                "Query: after is no cursor that was given out here.",
            )),
        }
    }
}

/// The cursor behind an item.
pub fn cursor(at: Timestamp, id: impl std::fmt::Display) -> String {
    format!("{}.{id}", at.as_millis())
}

/// A time from the query.
pub fn moment(name: &str, text: Option<&str>) -> Answer<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    // A plus sign that was not escaped arrives as a space.
    let parsed = Timestamp::from_rfc3339(&text.replace(' ', "+"));
    parsed
        .map(Some)
        .ok_or_else(|| Problem::new(Kind::BadRequest, format!("Query: {name} is no RFC 3339 time.")))
}
