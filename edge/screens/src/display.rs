//! The hall's display: who is called, to where, how many wait, and what the voice plays there.
//!
//! Shows no name and needs no touch. Its page is ES5 and works in the browsers of old TVs; see `assets/display.js`.
//! Switching a TV on and off (HDMI-CEC) is not done here: there is no TV to prove it with.

mod page;
mod view;

pub(crate) use page::gone;

use crate::{
    House,
    live::{Asked, Picture, respond},
    pairing::{Display, Paired},
    problem::Problem,
    signage::playlist::FileName,
    voice::announcer::{End, Heard},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use protocol::Lang;
use serde::Deserialize;

/// Files of the media folder stay with a display for an hour: a loop of videos would fill the LAN otherwise.
const MEDIA_CACHING: HeaderValue = HeaderValue::from_static("private, max-age=3600");

pub(crate) fn routes() -> Router<House> {
    Router::new()
        .route("/display", get(show))
        .route("/display/live", get(stream))
        .route("/display/heard", post(heard))
        .route("/display/beat", post(beat))
        .route("/voice/{file}", get(sound))
        .route("/media/{file}", get(media))
}

/// The language a display is to speak, where it is not the branch's first.
#[derive(Debug, Deserialize)]
struct In {
    lang: Option<Lang>,
}

async fn show(State(house): State<House>, paired: Paired<Display>, Query(of): Query<In>) -> impl IntoResponse {
    house.hall.sees(&paired.0.id);
    let picture = house.hall.live.picture();
    page::page(&picture, of.lang.unwrap_or_else(|| picture.first_lang()))
}

async fn stream(
    State(house): State<House>,
    paired: Paired<Display>,
    Query(asked): Query<Asked>,
    Query(of): Query<In>,
    headers: HeaderMap,
) -> Response {
    house.hall.sees(&paired.0.id);
    let playlist = house.hall.playlist();
    let gone = paired.0.gone.clone();
    let view = move |picture: &Picture| {
        let lang = of.lang.unwrap_or_else(|| picture.first_lang());
        view::view(picture, &playlist.borrow(), lang)
    };
    respond(&house.hall.live, asked, &headers, gone, None, view).await
}

/// What a display says about a sound.
#[derive(Debug, Deserialize)]
struct Told {
    id: u64,
    end: String,
}

async fn heard(State(house): State<House>, _: Paired<Display>, Query(told): Query<Told>) -> StatusCode {
    let end = if told.end == "played" { End::Played } else { End::Failed };
    house.hall.voice.heard(Heard { id: told.id, end });
    StatusCode::NO_CONTENT
}

async fn beat(State(house): State<House>, paired: Paired<Display>) -> StatusCode {
    house.hall.sees(&paired.0.id);
    StatusCode::NO_CONTENT
}

async fn sound(State(house): State<House>, Path(file): Path<String>) -> Result<Response, Problem> {
    let id = file.strip_suffix(".wav").and_then(|id| id.parse().ok());
    let sound = id.and_then(|id| house.hall.voice.sound(id));
    let sound = sound.ok_or_else(|| Problem::not_found("There is no such announcement, or no longer."))?;
    Ok(([(header::CONTENT_TYPE, "audio/wav")], sound).into_response())
}

async fn media(State(house): State<House>, Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let missing = |_| Problem::not_found("There is no such file on this box.");
    let name: FileName = file.parse().map_err(missing)?;
    let mut response = house.hall.media.serve(&name, &headers).await?;
    response.headers_mut().insert(header::CACHE_CONTROL, MEDIA_CACHING);
    Ok(response)
}
