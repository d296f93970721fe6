//! `ResponseStatus`: what a device says to a request that changes something.

use super::body;

/// The device's answer in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResponseStatus {
    /// Whether it says that it did it (`statusCode` 0 or 1; 7 asks for a reboot first).
    pub(crate) verdict: RequestResult,
    /// `subStatusCode`, else `statusString`.
    pub(crate) word: Option<String>,
}

/// Whether it did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestResult {
    /// Done.
    Done,
    /// Busy with something else (`statusCode` 2).
    Busy,
    /// Not done.
    Refused,
}

/// Reads an answer. One without `statusCode` adds nothing to the HTTP status: done.
pub(crate) fn parse(bytes: &[u8]) -> ResponseStatus {
    let Ok(tree) = body::parse(bytes) else {
        return ResponseStatus {
            verdict: RequestResult::Done,
            word: None,
        };
    };
    let status = body::inside(&tree, "ResponseStatus");
    let verdict = match body::number(status, "statusCode") {
        None | Some(0 | 1) => RequestResult::Done,
        Some(2) => RequestResult::Busy,
        Some(_) => RequestResult::Refused,
    };
    let word = body::text(status, "subStatusCode").or_else(|| body::text(status, "statusString"));
    ResponseStatus {
        verdict,
        word: word.map(|word| word.chars().take(64).collect()),
    }
}
