//! Live events for programs: server-sent events, resumed from the store where the line broke.

use crate::{
    events::{EventParams, body},
    extract::Query,
    page::OrgParam,
    refusals::Refusals,
    result::ApiResult,
};
use axum::{
    http::HeaderMap,
    response::{Response, sse::Event},
};
use cloud_admin::{caller::Tenant, events::EdgeSites, live::follow, role::Permission};
use cloud_http::event_stream::{last_event_id, served};
use cloud_store::events::StoredEvent;
use futures_util::StreamExt as _;
use protocol::OrgId;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

/// Where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResumeParams {
    /// The id of the last event that was seen; the header `last-event-id` says the same and goes first.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_u64, nullable = false)]
    pub(crate) last_event_id: Option<u64>,
}

/// Live events (M29–M31): `event` for each, and beside it `device:status` and `device:metric` where it is one. A
/// listener that reads slowly misses nothing; where the line breaks, or the session ends, come back with `last-event-id`.
#[utoipa::path(get, path = "/live", tag = "events", params(EventParams, ResumeParams, OrgParam,
        ("last-event-id" = Option<u64>, Header, minimum = 0, maximum = 9_007_199_254_740_991_u64)),
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream", body = String),
        Refusals))]
pub(crate) async fn stream(
    tenant: Tenant,
    Query(query): Query<EventParams>,
    Query(resume): Query<ResumeParams>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    tenant.need(Permission::ReadEvents).await?;
    let query = query.query()?;
    query.edge(&tenant).await?;
    let after = last_event_id(&headers)?.or(resume.last_event_id);
    let sites = EdgeSites::of(&tenant).await?;
    let org = tenant.scope.org();
    let feed = follow(&tenant, query, after).await?;
    let shown = feed.flat_map(move |event| futures_util::stream::iter(shown(&event, org, &sites)));
    Ok(served(shown))
}

fn shown(stored: &StoredEvent, org: OrgId, sites: &EdgeSites) -> Vec<Event> {
    let id = stored.id.to_string();
    let whole = Event::default()
        .event("event")
        .id(id)
        .json_data(body(stored, org, sites));
    let named = named(stored).and_then(|(name, value)| Event::default().event(name).json_data(value).ok());
    whole.into_iter().chain(named).collect()
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
            let status = stored.name.as_str().strip_prefix("device.")?;
            Some((
                "device:status",
                json!({ "id": id, "status": status, "last_seen": last_seen }),
            ))
        }
        _ => None,
    }
}
