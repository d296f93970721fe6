//! A stream of states to one screen, as server-sent events (WHATWG HTML §9.2), or one state for a screen that polls.
//!
//! What a screen knows already is not sent again: a state's id is the hash of its text, across restarts of the box too.

use super::{Live, Picture, Watched};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::{
    convert::Infallible,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A stream says that often that it lives.
const BEAT: Duration = Duration::from_secs(15);
const BEAT_TEXT: &str = "event: beat\ndata: 1\n\n";
const RELOAD_TEXT: &str = "event: reload\ndata: 1\n\n";

/// What a screen asks its stream with.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// The state it has.
    #[serde(default)]
    last: String,
    /// It wants one state and no stream: `once=1`.
    once: Option<String>,
}

/// What a screen is to show.
pub(crate) enum Showing<T> {
    State(T),
    /// Nothing yet: the next picture has it.
    Later,
    /// This screen is no longer what it was: it loads its page again.
    Reload,
}

struct Streaming<F> {
    pictures: watch::Receiver<Arc<Picture>>,
    view: F,
    last: String,
    gone: CancellationToken,
    ended: bool,
    _watched: Option<Watched>,
}

/// Answers a screen: `view` is what it shows of a picture. Ends with `gone`: the screen was revoked, or the box stops.
pub(crate) async fn respond<T, F>(
    live: &Live,
    asked: Asked,
    headers: &HeaderMap,
    gone: CancellationToken,
    watched: Option<Watched>,
    view: F,
) -> Response
where
    T: Serialize,
    F: Fn(&Picture) -> Showing<T> + Send + 'static,
{
    if asked.once.is_some() {
        let picture = live.fresh().await;
        return once(&asked.last, &picture, &view);
    }
    let resumed = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let streaming = Streaming {
        pictures: live.pictures(),
        view,
        last: resumed.map_or(asked.last, str::to_owned),
        gone,
        ended: false,
        _watched: watched,
    };
    let events = futures_util::stream::unfold(streaming, |mut streaming| async move {
        let text = streaming.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), streaming))
    });
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    (kind, Body::from_stream(events)).into_response()
}

impl<T: Serialize, F: Fn(&Picture) -> Showing<T>> Streaming<F> {
    async fn next(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        loop {
            tokio::select! {
                biased;
                () = self.gone.cancelled() => {
                    self.ended = true;
                    return Some(RELOAD_TEXT.to_owned());
                }
                changed = self.pictures.changed() => {
                    // Nobody paints any more: the box stops.
                    changed.ok()?;
                    let picture = Arc::clone(&self.pictures.borrow_and_update());
                    if picture.is_blank() {
                        continue;
                    }
                    let state = match (self.view)(&picture) {
                        Showing::State(state) => state,
                        Showing::Later => continue,
                        Showing::Reload => {
                            self.ended = true;
                            return Some(RELOAD_TEXT.to_owned());
                        }
                    };
                    let (id, text) = written(&state, &picture);
                    if id != self.last {
                        let event = format!("event: state\nid: {id}\ndata: {text}\n\n");
                        self.last = id;
                        return Some(event);
                    }
                }
                () = tokio::time::sleep(BEAT) => return Some(BEAT_TEXT.to_owned()),
            }
        }
    }
}

fn once<T: Serialize>(last: &str, picture: &Picture, view: &impl Fn(&Picture) -> Showing<T>) -> Response {
    let state = match view(picture) {
        Showing::State(state) if !picture.is_blank() => state,
        Showing::State(_) | Showing::Later => return StatusCode::NO_CONTENT.into_response(),
        Showing::Reload => return StatusCode::UNAUTHORIZED.into_response(),
    };
    let (id, text) = written(&state, picture);
    if id == last {
        return StatusCode::NO_CONTENT.into_response();
    }
    let mut response = ([(header::CONTENT_TYPE, "application/json")], text).into_response();
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-state"), id);
    }
    response
}

/// The state's id, and its text with the box's clock, which is no part of the id.
fn written<T: Serialize>(state: &T, picture: &Picture) -> (String, String) {
    let text = serde_json::to_string(state).unwrap_or_else(|_| "{}".to_owned());
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let moment = picture.moment;
    let (now, offset) = (moment.at.as_millis(), i64::from(moment.offset_seconds) * 1000);
    let rest = text.strip_prefix('{').unwrap_or("}");
    let clock = format!("{{\"now\":{now},\"offset\":{offset},");
    (format!("{:016x}", hasher.finish()), clock + rest)
}
