//! A stream of states to one screen, as server-sent events (WHATWG HTML §9.2), or one state for a screen that polls.
//!
//! What a screen knows already is not sent again: a state's id is the hash of its text, across restarts of the box too.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::Timestamp;
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

/// What a stream shows states of: a look at the site, the same for every screen.
pub trait StreamSnapshot: Send + Sync + 'static {
    /// When it was taken, and the offset of the site's clock, seconds. Before 1970-01-01 00:00:00.001 nobody has looked.
    fn taken_at(&self) -> (Timestamp, i32);
}

fn is_blank(picture: &impl StreamSnapshot) -> bool {
    picture.taken_at().0.as_millis() == 0
}

/// What a screen asks its stream with.
#[derive(Debug, Default, Deserialize)]
pub struct StreamQuery {
    /// The state it has.
    #[serde(default)]
    last: String,
    /// It wants one state and no stream: `once=1`.
    once: Option<String>,
}

impl StreamQuery {
    /// Whether it wants a stream, which holds its connection.
    pub fn is_stream(&self) -> bool {
        self.once.is_none()
    }
}

/// What a screen is to show.
#[derive(Debug)]
pub enum ScreenUpdate<T> {
    /// This.
    State(T),
    /// Nothing yet: the next picture has it.
    Later,
    /// This screen is no longer what it was: it loads its page again.
    Reload,
}

struct ScreenStream<P, F, W> {
    snapshots: watch::Receiver<Arc<P>>,
    view: F,
    last: String,
    gone: CancellationToken,
    ended: bool,
    _watched: W,
}

/// Answers a screen: `view` is what it shows of a picture, `fresh` paints one for a screen that polls, `watched` is held as
/// long as the stream goes on. Ends with `gone`: the screen was revoked, or the box stops.
pub async fn respond<P, T, F, W>(
    pictures: watch::Receiver<Arc<P>>,
    fresh: impl Future<Output = Arc<P>> + Send,
    asked: StreamQuery,
    headers: &HeaderMap,
    gone: CancellationToken,
    watched: W,
    view: F,
) -> Response
where
    P: StreamSnapshot,
    T: Serialize,
    F: Fn(&P) -> ScreenUpdate<T> + Send + 'static,
    W: Send + 'static,
{
    if asked.once.is_some() {
        let picture = fresh.await;
        return once(&asked.last, &*picture, &view);
    }
    let resumed = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let mut pictures = pictures;
    // The present one counts as new.
    pictures.mark_changed();
    let streaming = ScreenStream {
        snapshots: pictures,
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

impl<P: StreamSnapshot, T: Serialize, F: Fn(&P) -> ScreenUpdate<T>, W> ScreenStream<P, F, W> {
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
                changed = self.snapshots.changed() => {
                    // Nobody paints any more: the box stops.
                    changed.ok()?;
                    let picture = Arc::clone(&self.snapshots.borrow_and_update());
                    if is_blank(&*picture) {
                        continue;
                    }
                    let state = match (self.view)(&picture) {
                        ScreenUpdate::State(state) => state,
                        ScreenUpdate::Later => continue,
                        ScreenUpdate::Reload => {
                            self.ended = true;
                            return Some(RELOAD_TEXT.to_owned());
                        }
                    };
                    let (id, text) = written(&state, &*picture);
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

fn once<P: StreamSnapshot, T: Serialize>(last: &str, picture: &P, view: &impl Fn(&P) -> ScreenUpdate<T>) -> Response {
    let state = match view(picture) {
        ScreenUpdate::State(state) if !is_blank(picture) => state,
        ScreenUpdate::State(_) | ScreenUpdate::Later => return StatusCode::NO_CONTENT.into_response(),
        ScreenUpdate::Reload => return StatusCode::UNAUTHORIZED.into_response(),
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
fn written<T: Serialize>(state: &T, picture: &impl StreamSnapshot) -> (String, String) {
    let text = serde_json::to_string(state).unwrap_or_else(|_| "{}".to_owned());
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let (taken, offset_seconds) = picture.taken_at();
    let (now, offset) = (taken.as_millis(), i64::from(offset_seconds) * 1000);
    let rest = text.strip_prefix('{').unwrap_or("}");
    let clock = format!("{{\"now\":{now},\"offset\":{offset},");
    (format!("{:016x}", hasher.finish()), clock + rest)
}
