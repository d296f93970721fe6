//! Server-sent events: an answer that does not end, and where a listener goes on whose line broke.

use crate::{Kind, Problem};
use axum::response::{
    IntoResponse as _, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, HeaderValue};
use std::{convert::Infallible, time::Duration};

/// How often a quiet line says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A stream of server-sent events as an answer, with heartbeats.
pub fn served(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = events.map(Ok::<_, Infallible>);
    let alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    // A proxy in front must not collect what is to be seen now (nginx).
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The `last-event-id` header.
pub fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let id = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    id.map(Some)
        .ok_or_else(|| Problem::new(Kind::BadRequest, "last-event-id is no id that was given out here."))
}
