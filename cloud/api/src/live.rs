//! Live events for people: server-sent events, resumed from the store where the line broke.
//!
//! A listener never holds anything up: one that falls too far behind is told so and dropped, and comes back with its
//! `last-event-id`. Nothing here polls the database.

mod feed;

pub use feed::{Feed, Heard, follow};

use crate::admin::{
    caller::Tenant,
    events::{EventQuery, Sites, body},
    extract::Query,
    page::Whose,
    problem::{Answer, Kind, Problem, Refusals},
    role::Permission,
};
use axum::{
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use cloud_store::events::StoredEvent;
use futures_util::{Stream, StreamExt as _};
use protocol::OrgId;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{convert::Infallible, time::Duration};
use utoipa::IntoParams;

/// How often a quiet line says that it is alive.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// Where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Resume {
    /// The id of the last event that was seen; the header `last-event-id` says the same and goes first.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_u64, nullable = false)]
    pub last_event_id: Option<u64>,
}

/// Live events (M29–M31): `event` for each, and beside it `device:status` and `device:metric` where it is one. Ends
/// with `dropped` where the listener was too slow; come back with `last-event-id`.
#[utoipa::path(get, path = "/live", tag = "events", params(EventQuery, Resume, Whose,
        ("last-event-id" = Option<u64>, Header, minimum = 0, maximum = 9_007_199_254_740_991_u64)),
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream", body = String),
        Refusals))]
pub async fn stream(
    tenant: Tenant,
    Query(query): Query<EventQuery>,
    Query(resume): Query<Resume>,
    headers: HeaderMap,
) -> Answer<Response> {
    tenant.need(Permission::ReadEvents).await?;
    query.edge(&tenant).await?;
    let after = last_event_id(&headers)?.or(resume.last_event_id);
    let sites = Sites::of(&tenant).await?;
    let org = tenant.scope.org();
    let feed = follow(&tenant, query, after);
    let shown = feed.flat_map(move |heard| futures_util::stream::iter(shown(heard, org, &sites)));
    Ok(served(shown))
}

/// A stream of server-sent events as an answer, with heartbeats.
pub fn served(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = events.map(Ok::<_, Infallible>);
    let alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    // A proxy in front must not collect what is to be seen now (nginx).
    response
        .headers_mut()
        .insert("x-accel-buffering", http::HeaderValue::from_static("no"));
    response
}

/// The `last-event-id` header.
pub fn last_event_id(headers: &HeaderMap) -> Answer<Option<u64>> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let id = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    id.map(Some)
        .ok_or_else(|| Problem::new(Kind::BadRequest, "last-event-id is no id that was given out here."))
}

fn shown(heard: Heard, org: OrgId, sites: &Sites) -> Vec<Event> {
    match heard {
        Heard::Event(arrived) => {
            let stored = &arrived.event;
            let id = stored.id.to_string();
            let whole = Event::default()
                .event("event")
                .id(id)
                .json_data(body(stored, org, sites));
            let named = named(stored).and_then(|(name, value)| Event::default().event(name).json_data(value).ok());
            whole.into_iter().chain(named).collect()
        }
        Heard::Dropped { missed } => {
            let data = json!({ "missed": missed, "advice": "Connect again with last-event-id." });
            Event::default().event("dropped").json_data(data).into_iter().collect()
        }
    }
}

/// M30, M31: what a device's own events say, in the shape that browsers' code expects.
fn named(stored: &StoredEvent) -> Option<(&'static str, Value)> {
    let device = stored.device.as_ref()?;
    let id = format!("{}~{device}", stored.edge);
    let last_seen = stored.at.to_string();
    match stored.name.as_str() {
        "device.metric" => {
            let event: Value = serde_json::from_slice(&stored.body).ok()?;
            Some((
                "device:metric",
                json!({ "id": id, "at": last_seen, "values": event.get("data")? }),
            ))
        }
        "device.online" | "device.offline" | "device.degraded" | "device.paired" | "device.retired" => {
            let status = stored.name.strip_prefix("device.")?;
            Some((
                "device:status",
                json!({ "id": id, "status": status, "last_seen": last_seen }),
            ))
        }
        _ => None,
    }
}
