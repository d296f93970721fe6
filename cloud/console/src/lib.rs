//! The console: server-rendered pages for administrators, useful without a script and live with one.
//!
//! A page does what the REST API does, through the same use cases; it never has rights or data of its own. Nothing is
//! loaded from elsewhere, and a form is taken only from the console's own origin.

mod bookings_page;
mod branch_page;
mod device_page;
mod edge_page;
mod event_row;
mod events_page;
mod home;
mod icon;
mod layout;
mod outcome;
mod queue_page;
mod security;
mod session;
mod sign_in_page;
mod site_page;
mod stream;
mod time_format;
mod words;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use cloud_admin::AdminContext;
use cloud_http::client::limit;
use http::{HeaderValue, StatusCode, header};
use layout::refused_page;
use std::sync::Arc;

/// How browsers reach this console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsoleScheme {
    /// In the clear, or a proxy in front speaks TLS.
    Http,
    /// Over TLS: the cookie is bound to this host and never sent in the clear.
    Https,
}

/// What every page works with.
#[derive(Debug, Clone)]
struct Console {
    admin: Arc<AdminContext>,
    scheme: ConsoleScheme,
}

const STYLE: &str = include_str!("../assets/console.css");
const SCRIPT: &str = include_str!("../assets/console.js");
const ICON: &str = include_str!("../assets/icon.svg");
/// In the assets' addresses: a new version is fetched at once, an old one never asked about again.
const STYLE_PRINT: u64 = fingerprint(STYLE.as_bytes());
const SCRIPT_PRINT: u64 = fingerprint(SCRIPT.as_bytes());
const LARGEST_FORM: usize = 256 << 10;

/// The console's routes.
pub fn router(admin: Arc<AdminContext>, scheme: ConsoleScheme) -> Router {
    let limit = middleware::from_fn_with_state(Arc::clone(&admin), limit);
    Router::new()
        .route("/", get(home::show))
        .route("/login", get(sign_in_page::show).post(sign_in_page::submit))
        .route("/logout", post(sign_in_page::leave))
        .route(
            "/password",
            get(security::show_password).post(security::change_password),
        )
        .route("/security", get(security::show))
        .route("/security/mfa", post(security::begin_mfa))
        .route("/security/mfa/confirm", post(security::confirm_mfa))
        .route("/orgs", post(home::make_org))
        .route("/orgs/choose", post(home::choose_org))
        .route("/sites", post(home::make_site))
        .route("/sites/{id}/enrolment-codes", post(home::make_code))
        .route("/edges/{id}", get(edge_page::show))
        .route("/edges/{id}/release", post(edge_page::release))
        .route("/edges/{id}/revoke", post(edge_page::revoke))
        .route("/edges/{id}/ask", post(site_page::ask))
        .route("/edges/{id}/queue", get(branch_page::show).post(branch_page::publish))
        .route(
            "/edges/{id}/bookings",
            get(bookings_page::show).post(bookings_page::book),
        )
        .route("/devices/{id}", get(device_page::show))
        .route("/devices/{id}/open", post(device_page::open))
        .route("/commands", get(events_page::commands))
        .route("/commands/{id}/outcome", get(outcome::fragment))
        .route("/events", get(events_page::events))
        .route("/queue", get(queue_page::show))
        .route("/queue.csv", get(queue_page::file))
        .route("/live", get(stream::live))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(middleware::from_fn(session::own_origin))
        .layer(limit)
        .route("/assets/console.css", get(style))
        .route("/assets/console.js", get(script))
        .route("/assets/icon.svg", get(icon_file))
        .fallback(nowhere)
        .with_state(Console { admin, scheme })
}

/// FNV-1a: tells versions apart, guards nothing.
const fn fingerprint(content: &[u8]) -> u64 {
    let (mut hash, mut rest) = (0xcbf2_9ce4_8422_2325_u64, content);
    while let Some((byte, tail)) = rest.split_first() {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        rest = tail;
    }
    hash
}

async fn style() -> Response {
    asset("text/css; charset=utf-8", STYLE)
}

async fn script() -> Response {
    asset("text/javascript; charset=utf-8", SCRIPT)
}

async fn icon_file() -> Response {
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

async fn nowhere() -> Response {
    refused_page(StatusCode::NOT_FOUND, words::NOWHERE_TITLE, words::NOWHERE)
}
