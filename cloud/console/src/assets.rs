//! The console's style sheet, script and icon, part of the program.
//!
//! Nothing is loaded from elsewhere.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

const STYLE: &str = include_str!("../assets/console.css");
const SCRIPT: &str = include_str!("../assets/console.js");
const ICON: &str = include_str!("../assets/icon.svg");
/// In the assets' addresses: a new version is fetched at once, an old one never asked about again.
pub(crate) const STYLE_PRINT: u64 = fingerprint(STYLE.as_bytes());
pub(crate) const SCRIPT_PRINT: u64 = fingerprint(SCRIPT.as_bytes());

/// FNV-1a: tells versions apart, guards nothing.
const fn fingerprint(content: &[u8]) -> u64 {
    let (mut hash, mut rest) = (0xcbf2_9ce4_8422_2325_u64, content);
    while let Some((byte, tail)) = rest.split_first() {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        rest = tail;
    }
    hash
}

pub(crate) async fn style() -> Response {
    asset("text/css; charset=utf-8", STYLE)
}

pub(crate) async fn script() -> Response {
    asset("text/javascript; charset=utf-8", SCRIPT)
}

pub(crate) async fn icon() -> Response {
    asset("image/svg+xml", ICON)
}

fn asset(kind: &'static str, content: &'static str) -> Response {
    let kept = HeaderValue::from_static("public, max-age=3600");
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CACHE_CONTROL, kept),
        ],
        content,
    )
        .into_response()
}
