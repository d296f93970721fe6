//! Queues of the sites: figures of a stretch of time, by hour, service, operator, window or source.
//!
//! Tickets are known by their ids and operators by theirs: no name leaves a site this way.

use crate::{AdminError, AdminErrorKind, AdminResult, caller::Tenant, edges, role::Permission};
use cloud_store::queue::{self, QueueReport, ReportGrouping, ReportPeriod, ReportRow, ReportSizeError};
use protocol::{EdgeId, Timestamp};
use std::{fmt::Write as _, time::Duration};

/// The longest stretch of one report.
const LONGEST_DAYS: u64 = 400;
/// Tashkent's, where nobody says otherwise.
const USUAL_OFFSET_MIN: i32 = 300;
/// A day, milliseconds.
const DAY: i64 = 86_400_000;
/// Sites' clocks may be ahead of the cloud's by so much; what they say is counted all the same.
const AHEAD: Duration = Duration::from_secs(600);

/// Which figures.
#[derive(Debug, Clone, Copy)]
pub struct ReportQuery {
    /// Of this edge; of all where left out.
    pub edge: Option<EdgeId>,
    /// From; the beginning of today by the sites' wall clocks where left out.
    pub from: Option<Timestamp>,
    /// Until; now where left out.
    pub to: Option<Timestamp>,
    /// What each line is about.
    pub by: ReportGrouping,
    /// Minutes that the sites' wall clocks are ahead of UTC, -840 to 840: what an hour of the day is.
    pub offset_min: Option<i32>,
}

impl Default for ReportQuery {
    fn default() -> Self {
        Self {
            edge: None,
            from: None,
            to: None,
            by: ReportGrouping::Total,
            offset_min: None,
        }
    }
}

impl ReportQuery {
    /// The stretch of time that is meant.
    fn period(&self, now: Timestamp) -> AdminResult<ReportPeriod> {
        let offset_min = self.offset_min.unwrap_or(USUAL_OFFSET_MIN);
        if !(-840..=840).contains(&offset_min) {
            return Err(AdminError::new(
                AdminErrorKind::BadArgument,
                "Query: offset_min is -840 to 840.",
            ));
        }
        let offset_ms = i64::from(offset_min) * 60_000;
        let to = self.to.unwrap_or(now.plus(AHEAD));
        let today = (to.as_millis() + offset_ms).div_euclid(DAY) * DAY - offset_ms;
        let from = self.from.unwrap_or(Timestamp::from_millis(today));
        if to.since(from) > Duration::from_secs(LONGEST_DAYS * 86_400) {
            let detail = format!("Query: from and to are at most {LONGEST_DAYS} days apart.");
            return Err(AdminError::new(AdminErrorKind::Invalid, detail));
        }
        Ok(ReportPeriod {
            from,
            to,
            edge: self.edge,
            offset_seconds: offset_min * 60,
        })
    }
}

/// Figures of the queues (Q22, Q18): how long people waited and were served, how many gave up, when and where.
pub async fn report(tenant: &Tenant, query: &ReportQuery) -> AdminResult<QueueReport> {
    tenant.need(Permission::ReadEvents).await?;
    let period = query.period(tenant.admin().clock.now())?;
    if let Some(edge) = query.edge {
        edges::known(tenant, edge).await?;
    }
    let report = queue::report(&tenant.scope, period, query.by).await;
    let report = report.map_err(|error| AdminError::store("Adding up the queues", error))?;
    let detail = |too_many| format!("Query: {too_many}. Ask for a shorter time, or for one edge.");
    report.map_err(|too_many: ReportSizeError| AdminError::new(AdminErrorKind::Invalid, detail(too_many)))
}

/// The mean of what holders gave, 1 to 5; none where nobody did.
pub fn score(line: &ReportRow) -> Option<f64> {
    let (sum, given) = line.scores;
    (given > 0).then(|| sum as f64 / given as f64)
}

/// What lines are about, in a stable word.
pub const fn word(by: ReportGrouping) -> &'static str {
    match by {
        ReportGrouping::Total => "total",
        ReportGrouping::Hour => "hour",
        ReportGrouping::Service => "service",
        ReportGrouping::Operator => "operator",
        ReportGrouping::Window => "window",
        ReportGrouping::Source => "source",
    }
}

/// A report as a table for a spreadsheet: comma-separated, one heading (RFC 4180).
///
/// Keys are ids, hours and slugs: nothing in them needs quoting, and nothing is a spreadsheet's formula.
pub fn csv(report: &QueueReport) -> String {
    let mut text =
        "key,issued,abandoned,served,wait_p50_s,wait_p90_s,serve_p50_s,serve_p90_s,busy_s,score\r\n".to_owned();
    let figure = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    for (key, line) in report {
        let score = score(line).map(|score| format!("{score:.2}")).unwrap_or_default();
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "{},{},{},{},{},{},{},{},{},{}\r\n",
            key,
            line.issued,
            line.abandoned,
            line.served,
            figure(line.wait_p50),
            figure(line.wait_p90),
            figure(line.serve_p50),
            figure(line.serve_p90),
            line.busy_s,
            score
        );
    }
    text
}
