//! Figures over time: of a device (M23), and of an edge as its heartbeats told.

use super::{
    caller::Tenant,
    edges,
    extract::{Path, Query},
    page::{Whose, moment},
    problem::{Answer, Kind, Problem, Refusals},
    role::Permission,
    target::DeviceRef,
};
use axum::Json;
use cloud_store::metrics::{self, Subject};
use protocol::{EdgeId, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use utoipa::{IntoParams, ToSchema};

const MOST: u32 = 5000;
const USUAL: u32 = 1000;
/// An edge's clock may be ahead of the cloud's by so much; what it says is shown all the same.
const AHEAD: Duration = Duration::from_secs(600);
const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// Which stretch of time.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Stretch {
    /// From, RFC 3339; a day before `to` where left out.
    #[param(format = DateTime, nullable = false)]
    from: Option<String>,
    /// Until, RFC 3339; now where left out.
    #[param(format = DateTime, nullable = false)]
    to: Option<String>,
    /// Points at most, 1 to 5000: the newest ones; 1000 where left out.
    #[param(minimum = 1, maximum = 5000, nullable = false)]
    limit: Option<u32>,
}

/// Figures of one moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesPoint {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// `cpu`, `mem`, `disk` in percent, `temp_c` in °C, `net_ms`, and the device's own.
    values: BTreeMap<String, f64>,
}

/// A device's figures, oldest first.
#[utoipa::path(get, path = "/devices/{id}/metrics", tag = "metrics",
    params(("id" = String, Path, description = "`<edge>~<device>`"), Stretch, Whose),
    responses((status = 200, body = Vec<SeriesPoint>), Refusals))]
pub async fn of_device(
    tenant: Tenant,
    Path(target): Path<DeviceRef>,
    Query(stretch): Query<Stretch>,
) -> Answer<Json<Vec<SeriesPoint>>> {
    read(&tenant, target.edge, Subject::Device(target.device), &stretch).await
}

/// An edge's figures from its heartbeats, oldest first.
#[utoipa::path(get, path = "/edges/{id}/metrics", tag = "metrics", params(("id" = Uuid, Path), Stretch, Whose),
    responses((status = 200, body = Vec<SeriesPoint>), Refusals))]
pub async fn of_edge(
    tenant: Tenant,
    Path(edge): Path<EdgeId>,
    Query(stretch): Query<Stretch>,
) -> Answer<Json<Vec<SeriesPoint>>> {
    read(&tenant, edge, Subject::Edge, &stretch).await
}

async fn read(tenant: &Tenant, edge: EdgeId, subject: Subject, stretch: &Stretch) -> Answer<Json<Vec<SeriesPoint>>> {
    tenant.need(Permission::ReadDevices).await?;
    edges::known(tenant, edge).await?;
    let to = moment("to", stretch.to.as_deref())?.unwrap_or_else(|| tenant.admin().app.clock.now().plus(AHEAD));
    let day_before = Timestamp::from_millis(to.as_millis().saturating_sub(DAY_MILLIS));
    let from = moment("from", stretch.from.as_deref())?.unwrap_or(day_before);
    let limit = match stretch.limit {
        None => USUAL,
        Some(limit @ 1..=MOST) => limit,
        Some(_) => return Err(Problem::new(Kind::BadRequest, format!("Query: limit is 1 to {MOST}."))),
    };
    let points = metrics::series(&tenant.scope, (edge, subject), (from, to), limit).await;
    let points = points.map_err(|error| Problem::internal("Looking up figures", &error))?;
    let points = points.into_iter().map(|point| SeriesPoint {
        at: point.at.to_string(),
        values: point.values,
    });
    Ok(Json(points.collect()))
}
