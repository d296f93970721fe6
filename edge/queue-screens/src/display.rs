//! The hall's display: who is called, to where, how many wait, and what the voice plays there.
//!
//! Shows no name and needs no touch. Its page is ES5 and works in the browsers of old TVs; see `assets/display.js`.
//! Switching a TV on and off (HDMI-CEC) is not done here: there is no TV to prove it with.

mod page;
mod view;

use crate::{ScreensState, live_feed::BranchSnapshot, words};
use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use edge_announce::{PlaybackEnd, PlaybackReport};
use edge_lan::{
    LanRoutes, LanState, RouteAccess,
    pairing::{PairedScreen, ScreenKind, ScreenMarker},
    stream::{StreamQuery, respond},
};
use protocol::Lang;
use serde::Deserialize;

/// A screen that shows who is called.
pub(crate) static DISPLAY: ScreenKind = ScreenKind {
    word: "display",
    path: "/display",
    cookie: "ostona-display",
    name: words::kind_display,
    spot: None,
};

/// The display's pages.
#[derive(Debug)]
pub(crate) enum DisplayScreen {}

impl ScreenMarker for DisplayScreen {
    const KIND: &'static ScreenKind = &DISPLAY;
}

pub(crate) fn routes(lan: &LanState) -> LanRoutes<ScreensState> {
    let display = RouteAccess::Screen(&DISPLAY);
    LanRoutes::new(lan)
        .route("/display", display, get(show))
        .route("/display/live", display, get(stream))
        .route("/display/heard", display, post(playback_ended))
        .route("/display/beat", display, post(beat))
}

/// The language a display is to speak, where it is not the branch's first.
#[derive(Debug, Deserialize)]
struct DisplayQuery {
    lang: Option<Lang>,
}

async fn show(
    State(state): State<ScreensState>,
    paired: PairedScreen<DisplayScreen>,
    Query(of): Query<DisplayQuery>,
) -> impl IntoResponse {
    state.screens.display_seen(&paired.0);
    let picture = state.screens.live.snapshot();
    page::page(&picture, of.lang.unwrap_or_else(|| picture.first_lang()))
}

async fn stream(
    State(state): State<ScreensState>,
    paired: PairedScreen<DisplayScreen>,
    Query(asked): Query<StreamQuery>,
    Query(of): Query<DisplayQuery>,
    headers: HeaderMap,
) -> Response {
    state.screens.display_seen(&paired.0);
    let playlist = state.announcements.playlist();
    let gone = paired.0.gone.clone();
    let view = move |picture: &BranchSnapshot| {
        let lang = of.lang.unwrap_or_else(|| picture.first_lang());
        view::view(picture, &playlist.borrow(), lang)
    };
    let live = &state.screens.live;
    respond(live.snapshots(), live.fresh(), asked, &headers, gone, (), view).await
}

/// What a display says about a sound.
#[derive(Debug, Deserialize)]
struct PlaybackQuery {
    id: u64,
    end: String,
}

async fn playback_ended(
    State(state): State<ScreensState>,
    _: PairedScreen<DisplayScreen>,
    Query(told): Query<PlaybackQuery>,
) -> StatusCode {
    let end = if told.end == "played" {
        PlaybackEnd::Played
    } else {
        PlaybackEnd::Failed
    };
    state.announcements.voice().report(PlaybackReport { id: told.id, end });
    StatusCode::NO_CONTENT
}

async fn beat(State(state): State<ScreensState>, paired: PairedScreen<DisplayScreen>) -> StatusCode {
    state.screens.display_seen(&paired.0);
    StatusCode::NO_CONTENT
}
