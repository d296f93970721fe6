//! What pages load beside themselves: one stylesheet and small scripts, all from this box.
//!
//! Nothing here comes from the internet, and no script stands inside a page.

use crate::{LanRoutes, LanState, RouteAccess, problem::Problem};
use axum::{
    body::Bytes,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

/// The media type of a script.
pub const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file that pages load from `/assets/<name>`.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its name; no two areas bring the same.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// What it holds.
    pub body: &'static [u8],
}

impl Asset {
    /// A script.
    pub const fn script(name: &'static str, body: &'static [u8]) -> Self {
        Self {
            name,
            media_type: SCRIPT,
            body,
        }
    }
}

/// What all pages share of the stylesheet; each area's part comes after it.
const STYLE: &str = concat!(include_str!("../assets/base.css"), include_str!("../assets/admin.css"));

const FILES: [Asset; 3] = [
    Asset::script("pair.js", include_bytes!("../assets/pair.js")),
    Asset::script("upload.js", include_bytes!("../assets/upload.js")),
    Asset::script("live.js", include_bytes!("../assets/live.js")),
];

pub(crate) fn routes(state: &LanState) -> LanRoutes<LanState> {
    let areas = state.inner().areas.iter();
    let style = areas.fold(STYLE.to_owned(), |style, area| style + area.style);
    let style = Bytes::from(style);
    let answer = move || async move { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], style) };
    LanRoutes::new(state)
        .route("/style.css", RouteAccess::Anybody, get(answer))
        .route("/assets/{name}", RouteAccess::Anybody, get(file))
}

async fn file(State(state): State<LanState>, Path(name): Path<String>) -> Result<Response, Problem> {
    let areas = state.inner().areas.iter().flat_map(|area| area.assets);
    let found = FILES.iter().chain(areas).find(|asset| asset.name == name);
    let found = found.ok_or_else(|| Problem::not_found("There is no such file on this box."))?;
    Ok(([(header::CONTENT_TYPE, found.media_type)], found.body).into_response())
}
