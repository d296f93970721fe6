//! Figures over time: of a device (M23), and of an edge as its heartbeats told.

use crate::{
    extract::{Path, Query},
    page::OrgParam,
    refusals::Refusals,
    result::ApiResult,
    wire_time::{QueryTime, WireTime, given},
};
use axum::Json;
use cloud_admin::{
    caller::Tenant,
    series::{self, SeriesRange},
    target::DeviceRef,
};
use cloud_store::metrics::Subject;
use protocol::EdgeId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Which stretch of time.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeriesParams {
    /// From, RFC 3339; a day before `to` where left out.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    from: Option<QueryTime>,
    /// Until, RFC 3339; now where left out.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    to: Option<QueryTime>,
    /// Points at most, 1 to 5000: the newest ones; 1000 where left out.
    #[param(minimum = 1, maximum = 5000, nullable = false)]
    limit: Option<u32>,
}

/// Figures of one moment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeriesPoint {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: WireTime,
    /// `cpu`, `mem`, `disk` in percent, `temp_c` in °C, `net_ms`, and the device's own.
    values: BTreeMap<String, f64>,
}

/// A device's figures, oldest first.
#[utoipa::path(get, path = "/devices/{id}/metrics", tag = "metrics",
    params(("id" = String, Path, description = "`<edge>~<device>`"), SeriesParams, OrgParam),
    responses((status = 200, body = Vec<SeriesPoint>), Refusals))]
pub(crate) async fn of_device(
    tenant: Tenant,
    Path(target): Path<DeviceRef>,
    Query(params): Query<SeriesParams>,
) -> ApiResult<Json<Vec<SeriesPoint>>> {
    read(&tenant, target.edge, Subject::Device(target.device), &params).await
}

/// An edge's figures from its heartbeats, oldest first.
#[utoipa::path(get, path = "/edges/{id}/metrics", tag = "metrics", params(("id" = Uuid, Path), SeriesParams, OrgParam),
    responses((status = 200, body = Vec<SeriesPoint>), Refusals))]
pub(crate) async fn of_edge(
    tenant: Tenant,
    Path(edge): Path<EdgeId>,
    Query(params): Query<SeriesParams>,
) -> ApiResult<Json<Vec<SeriesPoint>>> {
    read(&tenant, edge, Subject::Edge, &params).await
}

async fn read(
    tenant: &Tenant,
    edge: EdgeId,
    subject: Subject,
    params: &SeriesParams,
) -> ApiResult<Json<Vec<SeriesPoint>>> {
    let range = SeriesRange {
        to: given("to", params.to)?,
        from: given("from", params.from)?,
        limit: params.limit,
    };
    let points = series::read(tenant, edge, subject, range).await?;
    let points = points.into_iter().map(|point| SeriesPoint {
        at: point.at.into(),
        values: point.values,
    });
    Ok(Json(points.collect()))
}
