//! Queues of the sites: figures of a stretch of time, by hour, service, operator, window or source, as JSON and CSV.
//!
//! Tickets are known by their ids and operators by theirs: no name leaves a site this way.

use crate::{
    extract::Query,
    page::OrgParam,
    refusals::Refusals,
    result::ApiResult,
    wire_time::{QueryTime, given},
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use cloud_admin::{
    caller::Tenant,
    queue::{self, ReportQuery, csv, score, word},
};
use cloud_store::queue::{ReportGrouping, ReportRow};
use http::{HeaderValue, header};
use protocol::EdgeId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which figures.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportParams {
    /// Of this edge; of all where left out.
    #[param(value_type = Option<Uuid>, nullable = false)]
    pub(crate) edge: Option<EdgeId>,
    /// From, RFC 3339; the beginning of today by the sites' wall clocks where left out.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub(crate) from: Option<QueryTime>,
    /// Until, RFC 3339; now where left out.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    pub(crate) to: Option<QueryTime>,
    /// What each line is about; `total` where left out.
    #[param(inline, nullable = false)]
    pub(crate) by: Option<GroupingParam>,
    /// Minutes that the sites' wall clocks are ahead of UTC, -840 to 840: what an hour of the day is. 300 where left out.
    #[param(minimum = -840, maximum = 840, nullable = false)]
    pub(crate) offset_min: Option<i32>,
}

/// What each line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GroupingParam {
    /// One line in all.
    #[default]
    Total,
    /// An hour of the day.
    Hour,
    /// A service.
    Service,
    /// An operator.
    Operator,
    /// A window.
    Window,
    /// How tickets were taken.
    Source,
}

impl GroupingParam {
    const fn grouping(self) -> ReportGrouping {
        match self {
            GroupingParam::Total => ReportGrouping::Total,
            GroupingParam::Hour => ReportGrouping::Hour,
            GroupingParam::Service => ReportGrouping::Service,
            GroupingParam::Operator => ReportGrouping::Operator,
            GroupingParam::Window => ReportGrouping::Window,
            GroupingParam::Source => ReportGrouping::Source,
        }
    }
}

/// One line of a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportLine)]
pub(crate) struct ReportRowBody {
    /// What it is about: `all`, an hour `00` to `23`, a service, an operator's id, a window, or a source.
    pub(crate) key: String,
    /// Tickets given out; 0 for operators and windows, which give out none.
    pub(crate) issued: u64,
    /// Of those, given up, expired, or called in vain without coming back.
    pub(crate) abandoned: u64,
    /// Turns at a window that came to an end.
    pub(crate) served: u64,
    /// Seconds of waiting that half of the turns stayed under.
    pub(crate) wait_p50_s: Option<u64>,
    /// Seconds of waiting that nine of ten turns stayed under.
    pub(crate) wait_p90_s: Option<u64>,
    /// Seconds of service that half of the turns stayed under.
    pub(crate) serve_p50_s: Option<u64>,
    /// Seconds of service that nine of ten turns stayed under.
    pub(crate) serve_p90_s: Option<u64>,
    /// Seconds that windows were busy.
    pub(crate) busy_s: u64,
    /// The mean of what holders gave, 1 to 5; none where nobody did.
    pub(crate) score: Option<f64>,
}

/// Figures of the queues (Q22, Q18): how long people waited and were served, how many gave up, when and where.
#[utoipa::path(get, path = "/queue/report", tag = "queue", params(ReportParams, OrgParam),
    responses((status = 200, body = Vec<ReportRowBody>), Refusals))]
pub(crate) async fn report(tenant: Tenant, Query(query): Query<ReportParams>) -> ApiResult<Json<Vec<ReportRowBody>>> {
    let report = queue::report(&tenant, &query.query()?).await?;
    Ok(Json(report.iter().map(|(key, figures)| line(key, figures)).collect()))
}

/// The same as a table for a spreadsheet: UTF-8, comma-separated, one heading (RFC 4180).
#[utoipa::path(get, path = "/queue/report.csv", tag = "queue", params(ReportParams, OrgParam),
    responses((status = 200, body = String, content_type = "text/csv"), Refusals))]
pub(crate) async fn report_csv(tenant: Tenant, Query(query): Query<ReportParams>) -> ApiResult<Response> {
    let query = query.query()?;
    let report = queue::report(&tenant, &query).await?;
    let name = format!("attachment; filename=\"queue-by-{}.csv\"", word(query.by));
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, csv(&report)).into_response())
}

impl ReportParams {
    fn query(&self) -> ApiResult<ReportQuery> {
        Ok(ReportQuery {
            edge: self.edge,
            to: given("to", self.to)?,
            from: given("from", self.from)?,
            by: self.by.unwrap_or_default().grouping(),
            offset_min: self.offset_min,
        })
    }
}

fn line(key: &str, figures: &ReportRow) -> ReportRowBody {
    ReportRowBody {
        key: key.to_owned(),
        issued: figures.issued,
        abandoned: figures.abandoned,
        served: figures.served,
        wait_p50_s: figures.wait_p50,
        wait_p90_s: figures.wait_p90,
        serve_p50_s: figures.serve_p50,
        serve_p90_s: figures.serve_p90,
        busy_s: figures.busy_s,
        score: score(figures),
    }
}
