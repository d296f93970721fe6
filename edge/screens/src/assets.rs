//! What pages load beside themselves: one stylesheet and small scripts, all from this box.
//!
//! Nothing here comes from the internet, and no script stands inside a page.

use crate::{House, problem::Problem};
use axum::{
    Router,
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The stylesheet: what all pages share, then each area's own part.
const STYLE: &str = concat!(
    include_str!("../assets/base.css"),
    include_str!("../assets/admin.css"),
    include_str!("../assets/kiosk.css"),
    include_str!("../assets/desk.css"),
    include_str!("../assets/display.css"),
    include_str!("../assets/phone.css"),
);

/// Files by name: `/assets/<name>`.
const FILES: &[(&str, &str, &[u8])] = &[
    ("pair.js", SCRIPT, include_bytes!("../assets/pair.js")),
    ("kiosk.js", SCRIPT, include_bytes!("../assets/kiosk.js")),
    ("upload.js", SCRIPT, include_bytes!("../assets/upload.js")),
    ("live.js", SCRIPT, include_bytes!("../assets/live.js")),
    ("desk.js", SCRIPT, include_bytes!("../assets/desk.js")),
    ("display.js", SCRIPT, include_bytes!("../assets/display.js")),
    ("phone.js", SCRIPT, include_bytes!("../assets/phone.js")),
];

pub(crate) fn routes() -> Router<House> {
    Router::new()
        .route("/style.css", get(style))
        .route("/assets/{name}", get(file))
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

async fn file(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = FILES.iter().find(|(known, _, _)| *known == name);
    let (_, kind, body) = found.ok_or_else(|| Problem::not_found("There is no such file on this box."))?;
    Ok(([(header::CONTENT_TYPE, *kind)], *body).into_response())
}
