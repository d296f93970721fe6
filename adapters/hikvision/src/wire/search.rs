//! `AcsEvent`: searching a device's log by the numbers of its entries, page by page.

use super::{
    body,
    log::{self, AccessLogEntry},
};
use serde_json::{Value, json};
use std::ops::RangeInclusive;

/// Where the capabilities are asked.
pub(crate) const CAPABILITIES: &str = "/ISAPI/AccessControl/AcsEvent/capabilities?format=json";
/// Where a search is sent.
pub(crate) const TARGET: &str = "/ISAPI/AccessControl/AcsEvent?format=json";
/// The page cap of a DS-K1T342MWX, for devices that do not say theirs.
pub(crate) const USUAL_PAGE: u64 = 30;
/// Larger pages are not asked for, whatever the device allows: a page is held in memory.
const LARGEST_PAGE: u64 = 200;

/// One page of one search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchPage {
    /// The entries that have a place in the log, as they came.
    pub(crate) entries: Vec<AccessLogEntry>,
    /// `numOfMatches`: rows on this page; the next begins so much further.
    pub(crate) rows: u64,
    /// `totalMatches`: rows of the whole search, where it says so.
    pub(crate) total: Option<u64>,
    /// `responseStatusStrg`.
    pub(crate) rest: SearchStatus,
}

/// Whether there is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SearchStatus {
    /// `MORE`.
    More,
    /// `OK`, `NO MATCH` or `NO_MATCHES`.
    Nothing,
}

impl SearchPage {
    /// Whether this, as the first page of a search, is all there is.
    pub(crate) fn is_whole(&self) -> bool {
        self.rest == SearchStatus::Nothing || self.rows == 0 || self.total.is_some_and(|total| total <= self.rows)
    }
}

/// The largest page the device gives.
pub(crate) fn page_cap(bytes: &[u8]) -> Option<u64> {
    let tree = body::parse(bytes).ok()?;
    let search = body::inside(&tree, "AcsEvent");
    let most = search
        .get("AcsEventCond")
        .and_then(|condition| condition.get("maxResults"));
    let most = most.and_then(|most| body::number(most, "@max"));
    let most = most.or_else(|| search.get("InfoList").and_then(|list| body::number(list, "maxSize")));
    most.filter(|most| *most > 0).map(|most| most.min(LARGEST_PAGE))
}

/// The body that asks for entries with these numbers, `page` rows from `position` on. `id` is the same for all pages.
pub(crate) fn request(id: &str, numbers: &RangeInclusive<u64>, position: u64, page: u64) -> String {
    json!({"AcsEventCond": {
        "searchID": id,
        "searchResultPosition": position,
        "maxResults": page,
        "major": 0,
        "minor": 0,
        "beginSerialNo": numbers.start(),
        "endSerialNo": numbers.end(),
    }})
    .to_string()
}

/// Reads a page. `None` where the body is none.
pub(crate) fn parse(bytes: &[u8]) -> Option<SearchPage> {
    let tree = body::parse(bytes).ok()?;
    let found = tree.get("AcsEvent")?;
    let list: &[Value] = body::list(found, "InfoList");
    let rest = match body::text(found, "responseStatusStrg").as_deref() {
        Some("MORE") => SearchStatus::More,
        Some(_) | None => SearchStatus::Nothing,
    };
    let rows = body::number(found, "numOfMatches").unwrap_or(list.len() as u64);
    Some(SearchPage {
        entries: list.iter().filter_map(log::from_search).collect(),
        rows,
        total: body::number(found, "totalMatches"),
        rest,
    })
}
