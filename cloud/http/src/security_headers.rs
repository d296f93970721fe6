//! Security headers on every answer to people and their programs (L71).
//!
//! Nothing is ever loaded from elsewhere, nothing may frame these pages, and only the two assets may be kept.

use crate::PublicScheme;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

const ALWAYS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not no-referrer: with that, browsers send forms with `origin: null`, and the console could not tell its own.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=()",
    ),
];

/// For a year: whoever reached the cloud over TLS once never asks it in the clear again.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds them; what may be kept says so itself.
pub fn guard(mut response: Response, scheme: PublicScheme) -> Response {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    match scheme {
        PublicScheme::Https => {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, ONLY_TLS);
        }
        PublicScheme::Http => {}
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
