//! Events as administrators find them: by edge, device, type and time, newest first, each with its full envelope.
//!
//! A body is passed on as the edge wrote it; nothing here reads into it.

use super::{
    caller::Tenant,
    edges,
    extract::{Path, Query},
    page::{Listed, Page, Whose, cursor, moment},
    problem::{Answer, Kind, Problem, Refusals},
    role::Permission,
    target::DeviceRef,
};
use axum::Json;
use cloud_store::{
    StoreError, edges as stored_edges,
    events::{self, EventFilter, StoredEvent},
};
use protocol::{EdgeId, OrgId, SiteId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use utoipa::{IntoParams, ToSchema};

/// Which events. All given conditions hold together.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Of this edge.
    #[param(value_type = Option<Uuid>, nullable = false)]
    pub edge: Option<EdgeId>,
    /// About this device: `<edge>~<device>`.
    #[param(value_type = Option<String>, nullable = false,
        pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}~[a-z0-9][a-z0-9-]{0,62}$")]
    pub device: Option<DeviceRef>,
    /// Of this type; one that ends in a dot stands for all that begin with it, e.g. `access.`.
    #[serde(rename = "type")]
    #[param(pattern = r"^[a-z0-9_.]{1,64}$", example = "access.", nullable = false)]
    pub kind: Option<String>,
    /// Happened at or after, RFC 3339.
    #[param(format = DateTime, nullable = false)]
    pub from: Option<String>,
    /// Happened before, RFC 3339.
    #[param(format = DateTime, nullable = false)]
    pub to: Option<String>,
    /// Belonging to this command, ticket or visit.
    #[param(max_length = 64, nullable = false)]
    pub corr: Option<String>,
}

/// An event and where it came from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventBody {
    /// Grows with each event that is stored in this organisation; the id of server-sent events.
    pub id: u64,
    /// Organisation.
    #[schema(value_type = Uuid)]
    pub org: OrgId,
    /// Site.
    #[schema(value_type = Option<Uuid>)]
    pub site: Option<SiteId>,
    /// Edge.
    #[schema(value_type = Uuid)]
    pub edge: EdgeId,
    /// Which journal of that edge.
    pub epoch: u32,
    /// `facts` or `telemetry`.
    pub lane: &'static str,
    /// Its place in the lane.
    pub seq: u64,
    /// Dotted name.
    #[serde(rename = "type")]
    pub kind: String,
    /// The device it is about, as in paths.
    pub device: Option<String>,
    /// When it happened.
    #[schema(format = DateTime)]
    pub at: String,
    /// When the cloud had it.
    #[schema(format = DateTime)]
    pub received: String,
    /// The edge's clock was not believable; `at` was moved to where it is.
    pub clock_bad: bool,
    /// The event as the edge wrote it: `id`, `name`, `data`, `v`, `at`, `clock`, `boot`, `up_ms`, `actor`, `subj`,
    /// `corr`, `replay`, `origin`, `pii`. None where it cannot be read.
    #[schema(value_type = Option<Object>)]
    pub event: Option<Box<RawValue>>,
}

/// Which site each edge stands at.
#[derive(Debug, Clone, Default)]
pub struct Sites(HashMap<EdgeId, SiteId>);

impl Sites {
    /// Reads it.
    pub async fn of(tenant: &Tenant) -> Answer<Self> {
        Self::read(tenant, None).await
    }
    /// Reads as much of it as these events need.
    async fn among(tenant: &Tenant, events: &[StoredEvent]) -> Answer<Self> {
        let edges: HashSet<EdgeId> = events.iter().map(|event| event.edge).collect();
        Self::read(tenant, Some(edges.into_iter().collect())).await
    }
    async fn read(tenant: &Tenant, only: Option<Vec<EdgeId>>) -> Answer<Self> {
        let sites = stored_edges::sites(&tenant.admin().app.store.platform(), tenant.scope.org(), only).await;
        Ok(Self(sites.map_err(failed)?.into_iter().collect()))
    }
    /// The site of an edge, where the edge was known when this was read.
    pub fn get(&self, edge: EdgeId) -> Option<SiteId> {
        self.0.get(&edge).copied()
    }
}

/// Events of the organisation, newest first.
#[utoipa::path(get, path = "/events", tag = "events", params(EventQuery, Page, Whose),
    responses((status = 200, body = Listed<EventBody>), Refusals))]
pub async fn list(
    tenant: Tenant,
    Query(query): Query<EventQuery>,
    Query(page): Query<Page>,
) -> Answer<Json<Listed<EventBody>>> {
    found(&tenant, &query, &page).await.map(Json)
}

/// A device's log: the events about it, newest first (M20).
#[utoipa::path(get, path = "/devices/{id}/logs", tag = "devices",
    params(("id" = String, Path, description = "`<edge>~<device>`"), Page, Whose),
    responses((status = 200, body = Listed<EventBody>), Refusals))]
pub async fn device_logs(
    tenant: Tenant,
    Path(device): Path<DeviceRef>,
    Query(page): Query<Page>,
) -> Answer<Json<Listed<EventBody>>> {
    let query = EventQuery {
        device: Some(device),
        ..EventQuery::default()
    };
    found(&tenant, &query, &page).await.map(Json)
}

/// A page of events.
pub async fn found(tenant: &Tenant, query: &EventQuery, page: &Page) -> Answer<Listed<EventBody>> {
    tenant.need(Permission::ReadEvents).await?;
    let filter = query.filter(tenant, page).await?;
    let limit = filter.limit as usize;
    let found = events::query(&tenant.scope, filter).await.map_err(failed)?;
    let sites = Sites::among(tenant, &found).await?;
    let next = found
        .last()
        .filter(|_| found.len() == limit)
        .map(|event| cursor(event.at, event.id));
    let org = tenant.scope.org();
    Ok(Listed {
        items: found.iter().map(|event| body(event, org, &sites)).collect(),
        next,
    })
}

impl EventQuery {
    /// The edge that is meant, which must be one of the organisation's.
    pub async fn edge(&self, tenant: &Tenant) -> Answer<Option<EdgeId>> {
        self.kind()?;
        let edge = match (self.edge, &self.device) {
            (Some(edge), Some(device)) if edge != device.edge => {
                return Err(Problem::new(Kind::NotFound, "Query: the device hangs on another edge."));
            }
            (_, Some(device)) => Some(device.edge),
            (edge, None) => edge,
        };
        if let Some(edge) = edge {
            edges::known(tenant, edge).await?;
        }
        Ok(edge)
    }

    /// The type, which is one or a beginning of one; `corr` is looked at too.
    fn kind(&self) -> Answer<Option<String>> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte);
        let fits = |kind: &String| (1..=64).contains(&kind.len()) && kind.bytes().all(plain);
        if self.kind.as_ref().is_some_and(|kind| !fits(kind)) {
            return Err(Problem::new(
                Kind::BadRequest,
                "Query: type is 1 to 64 of a-z, 0-9, '_' and '.'.",
            ));
        }
        if self.corr.as_ref().is_some_and(|corr| corr.chars().count() > 64) {
            return Err(Problem::new(Kind::BadRequest, "Query: corr is at most 64 characters."));
        }
        Ok(self.kind.clone())
    }

    async fn filter(&self, tenant: &Tenant, page: &Page) -> Answer<EventFilter> {
        Ok(EventFilter {
            edge: self.edge(tenant).await?,
            device: self.device.as_ref().map(|device| device.device.to_string()),
            name: self.kind()?,
            from: moment("from", self.from.as_deref())?,
            to: moment("to", self.to.as_deref())?,
            corr: self.corr.clone(),
            before: page.after()?,
            limit: page.limit()?,
        })
    }

    /// Whether a stored event is meant. Times are not looked at: a live event is always now.
    pub fn matches(&self, event: &StoredEvent) -> bool {
        let named = |wanted: &str| match wanted.strip_suffix('.') {
            Some(_) => event.name.starts_with(wanted),
            None => event.name == wanted,
        };
        self.edge.is_none_or(|edge| edge == event.edge)
            && self.device.as_ref().is_none_or(|wanted| {
                wanted.edge == event.edge && event.device.as_deref() == Some(wanted.device.as_str())
            })
            && self.kind.as_deref().is_none_or(named)
            && self
                .corr
                .as_deref()
                .is_none_or(|corr| event.corr.as_deref() == Some(corr))
    }
}

/// As answered.
pub fn body(event: &StoredEvent, org: OrgId, sites: &Sites) -> EventBody {
    let raw = std::str::from_utf8(&event.body).ok();
    let raw = raw
        .filter(|_| event.name != events::UNREADABLE)
        .and_then(|text| serde_json::from_str(text).ok());
    let device = event.device.as_ref().and_then(|device| device.parse().ok());
    EventBody {
        id: event.id,
        org,
        site: sites.get(event.edge),
        edge: event.edge,
        epoch: event.epoch.0,
        lane: event.lane.as_str(),
        seq: event.seq.0,
        kind: event.name.clone(),
        device: device.map(|device| {
            DeviceRef {
                edge: event.edge,
                device,
            }
            .to_string()
        }),
        at: event.at.to_string(),
        received: event.rx.to_string(),
        clock_bad: event.clock_bad,
        event: raw,
    }
}

fn failed(error: StoreError) -> Problem {
    Problem::store("Looking up events", error)
}
