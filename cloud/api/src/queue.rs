//! Queues of the sites: figures of a stretch of time, by hour, service, operator, window or source, as JSON and CSV.
//!
//! Tickets are known by their ids and operators by theirs: no name leaves a site this way.

use super::{
    caller::Tenant,
    edges,
    extract::Query,
    page::{Whose, moment},
    problem::{Answer, Kind, Problem, Refusals},
    role::Permission,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use cloud_store::queue::{self, Grain, Line, Period, Report};
use http::{HeaderValue, header};
use protocol::{EdgeId, Timestamp};
use serde::{Deserialize, Serialize};
use std::{fmt::Write as _, time::Duration};
use utoipa::{IntoParams, ToSchema};

/// The longest stretch of one report.
const LONGEST_DAYS: u64 = 400;
/// Tashkent's, where nobody says otherwise.
const USUAL_OFFSET_MIN: i32 = 300;
/// A day, milliseconds.
const DAY: i64 = 86_400_000;
/// Sites' clocks may be ahead of the cloud's by so much; what they say is counted all the same.
const AHEAD: Duration = Duration::from_secs(600);

/// Which figures.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// Of this edge; of all where left out.
    #[param(value_type = Option<Uuid>, nullable = false)]
    pub edge: Option<EdgeId>,
    /// From, RFC 3339; the beginning of today by the sites' wall clocks where left out.
    #[param(format = DateTime, nullable = false)]
    pub from: Option<String>,
    /// Until, RFC 3339; now where left out.
    #[param(format = DateTime, nullable = false)]
    pub to: Option<String>,
    /// What each line is about; `total` where left out.
    #[param(inline, nullable = false)]
    pub by: Option<By>,
    /// Minutes that the sites' wall clocks are ahead of UTC, -840 to 840: what an hour of the day is. 300 where left out.
    #[param(minimum = -840, maximum = 840, nullable = false)]
    pub offset_min: Option<i32>,
}

/// What each line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
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

impl By {
    /// As in the query.
    pub const fn as_str(self) -> &'static str {
        match self {
            By::Total => "total",
            By::Hour => "hour",
            By::Service => "service",
            By::Operator => "operator",
            By::Window => "window",
            By::Source => "source",
        }
    }
    const fn grain(self) -> Grain {
        match self {
            By::Total => Grain::Total,
            By::Hour => Grain::Hour,
            By::Service => Grain::Service,
            By::Operator => Grain::Operator,
            By::Window => Grain::Window,
            By::Source => Grain::Source,
        }
    }
}

/// One line of a report.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportLine {
    /// What it is about: `all`, an hour `00` to `23`, a service, an operator's id, a window, or a source.
    pub key: String,
    /// Tickets given out; 0 for operators and windows, which give out none.
    pub issued: u64,
    /// Of those, given up, expired, or called in vain without coming back.
    pub abandoned: u64,
    /// Turns at a window that came to an end.
    pub served: u64,
    /// Seconds of waiting that half of the turns stayed under.
    pub wait_p50_s: Option<u64>,
    /// Seconds of waiting that nine of ten turns stayed under.
    pub wait_p90_s: Option<u64>,
    /// Seconds of service that half of the turns stayed under.
    pub serve_p50_s: Option<u64>,
    /// Seconds of service that nine of ten turns stayed under.
    pub serve_p90_s: Option<u64>,
    /// Seconds that windows were busy.
    pub busy_s: u64,
    /// The mean of what holders gave, 1 to 5; none where nobody did.
    pub score: Option<f64>,
}

/// Figures of the queues (Q22, Q18): how long people waited and were served, how many gave up, when and where.
#[utoipa::path(get, path = "/queue/report", tag = "queue", params(ReportQuery, Whose),
    responses((status = 200, body = Vec<ReportLine>), Refusals))]
pub async fn report(tenant: Tenant, Query(query): Query<ReportQuery>) -> Answer<Json<Vec<ReportLine>>> {
    let report = query.read(&tenant).await?;
    Ok(Json(report.iter().map(|(key, figures)| line(key, figures)).collect()))
}

/// The same as a table for a spreadsheet: UTF-8, comma-separated, one heading (RFC 4180).
#[utoipa::path(get, path = "/queue/report.csv", tag = "queue", params(ReportQuery, Whose),
    responses((status = 200, body = String, content_type = "text/csv"), Refusals))]
pub async fn report_csv(tenant: Tenant, Query(query): Query<ReportQuery>) -> Answer<Response> {
    let report = query.read(&tenant).await?;
    Ok(as_file(&report, query.by.unwrap_or_default()))
}

impl ReportQuery {
    /// The stretch of time that is meant.
    pub fn period(&self, now: Timestamp) -> Answer<Period> {
        let offset_min = self.offset_min.unwrap_or(USUAL_OFFSET_MIN);
        if !(-840..=840).contains(&offset_min) {
            return Err(Problem::new(Kind::BadRequest, "Query: offset_min is -840 to 840."));
        }
        let offset_ms = i64::from(offset_min) * 60_000;
        let to = moment("to", self.to.as_deref())?.unwrap_or(now.plus(AHEAD));
        let today = (to.as_millis() + offset_ms).div_euclid(DAY) * DAY - offset_ms;
        let from = moment("from", self.from.as_deref())?.unwrap_or(Timestamp::from_millis(today));
        if to.since(from) > Duration::from_secs(LONGEST_DAYS * 86_400) {
            let detail = format!("Query: from and to are at most {LONGEST_DAYS} days apart.");
            return Err(Problem::new(Kind::Invalid, detail));
        }
        Ok(Period {
            from,
            to,
            edge: self.edge,
            offset_seconds: offset_min * 60,
        })
    }

    /// The figures.
    pub async fn read(&self, tenant: &Tenant) -> Answer<Report> {
        tenant.need(Permission::ReadEvents).await?;
        let period = self.period(tenant.admin().app.clock.now())?;
        if let Some(edge) = self.edge {
            edges::known(tenant, edge).await?;
        }
        let report = queue::report(&tenant.scope, period, self.by.unwrap_or_default().grain()).await;
        let report = report.map_err(|error| Problem::store("Adding up the queues", error))?;
        let detail = |too_many| format!("Query: {too_many}. Ask for a shorter time, or for one edge.");
        report.map_err(|too_many: queue::TooMany| Problem::new(Kind::Invalid, detail(too_many)))
    }
}

/// One line, as answered.
pub fn line(key: &str, figures: &Line) -> ReportLine {
    let (sum, given) = figures.scores;
    ReportLine {
        key: key.to_owned(),
        issued: figures.issued,
        abandoned: figures.abandoned,
        served: figures.served,
        wait_p50_s: figures.wait_p50,
        wait_p90_s: figures.wait_p90,
        serve_p50_s: figures.serve_p50,
        serve_p90_s: figures.serve_p90,
        busy_s: figures.busy_s,
        score: (given > 0).then(|| sum as f64 / given as f64),
    }
}

/// The report as a file to be kept.
pub fn as_file(report: &Report, by: By) -> Response {
    let name = format!("attachment; filename=\"queue-by-{}.csv\"", by.as_str());
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    (headers, csv(report)).into_response()
}

/// Keys are ids, hours and slugs: nothing in them needs quoting, and nothing is a spreadsheet's formula.
fn csv(report: &Report) -> String {
    let mut text =
        "key,issued,abandoned,served,wait_p50_s,wait_p90_s,serve_p50_s,serve_p90_s,busy_s,score\r\n".to_owned();
    let figure = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    for (key, figures) in report {
        let line = line(key, figures);
        let score = line.score.map(|score| format!("{score:.2}")).unwrap_or_default();
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "{},{},{},{},{},{},{},{},{},{}\r\n",
            line.key,
            line.issued,
            line.abandoned,
            line.served,
            figure(line.wait_p50_s),
            figure(line.wait_p90_s),
            figure(line.serve_p50_s),
            figure(line.serve_p90_s),
            line.busy_s,
            score
        );
    }
    text
}
