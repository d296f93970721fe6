//! The queues' page: how long people waited and were served, how many gave up, hour by hour; a table for every cut.
//!
//! Charts are drawings with the same figures in a table beside them: nobody needs to see colours to read them.

use crate::{
    layout::{Tab, Viewer, empty, page},
    session::{OrgUser, PageRefusal},
    time_format, words,
};
use axum::{
    extract::Query,
    response::{IntoResponse as _, Response},
};
use cloud_admin::{
    AdminResult,
    caller::Tenant,
    edges::{self, EdgeOverview},
    queue::{self, ReportQuery, csv, score, word},
};
use cloud_store::queue::{QueueReport, ReportGrouping, ReportRow};
use http::{HeaderValue, header};
use maud::{Markup, html};
use protocol::{EdgeId, Timestamp};
use serde::Deserialize;
use std::time::Duration;

/// What each line is about, as in the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GroupingField {
    Total,
    Hour,
    Service,
    Operator,
    Window,
    Source,
}

impl GroupingField {
    const fn grouping(self) -> ReportGrouping {
        match self {
            GroupingField::Total => ReportGrouping::Total,
            GroupingField::Hour => ReportGrouping::Hour,
            GroupingField::Service => ReportGrouping::Service,
            GroupingField::Operator => ReportGrouping::Operator,
            GroupingField::Window => ReportGrouping::Window,
            GroupingField::Source => ReportGrouping::Source,
        }
    }
    const fn as_str(self) -> &'static str {
        word(self.grouping())
    }
}

/// The cuts a report can have.
const CUTS: [(GroupingField, &str); 5] = [
    (GroupingField::Service, words::BY_SERVICE),
    (GroupingField::Operator, words::BY_OPERATOR),
    (GroupingField::Window, words::BY_WINDOW),
    (GroupingField::Source, words::BY_SOURCE),
    (GroupingField::Hour, words::BY_HOUR),
];

/// What is asked of the page; fields of a form that were left empty are none.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct QueuePageParams {
    #[serde(default)]
    edge: String,
    #[serde(default)]
    days: String,
    by: Option<GroupingField>,
}

impl QueuePageParams {
    fn days(&self) -> u64 {
        self.days
            .parse()
            .ok()
            .filter(|days| (1..=366).contains(days))
            .unwrap_or(1)
    }
    fn query(&self, tenant: &Tenant, by: GroupingField) -> ReportQuery {
        let now = tenant.admin().clock.now();
        let back = i64::try_from(86_400_000 * (self.days() - 1)).unwrap_or(0);
        // The beginning of today where one day is asked for.
        let from = (self.days() > 1).then(|| Timestamp::from_millis(now.as_millis() - back));
        ReportQuery {
            edge: self.edge.parse::<EdgeId>().ok(),
            from,
            by: by.grouping(),
            ..ReportQuery::default()
        }
    }
    fn link(&self, by: GroupingField) -> String {
        format!("/queue?edge={}&days={}&by={}", self.edge, self.days(), by.as_str())
    }
}

/// The page.
pub(crate) async fn show(member: OrgUser, Query(asked): Query<QueuePageParams>) -> Result<Markup, PageRefusal> {
    let tenant = &member.tenant;
    let by = asked.by.unwrap_or(GroupingField::Service);
    let total = lines(tenant, &asked, GroupingField::Total).await?;
    let hours = lines(tenant, &asked, GroupingField::Hour).await?;
    let cut = lines(tenant, &asked, by).await?;
    let sites = edges::list(tenant).await?;
    let content = html! {
        div.head { div { h1 { (words::QUEUE) } p { (words::QUEUE_LEAD) } } }
        (filter(&asked, &sites, by))
        @match total.first_key_value() {
            None => section.sheet { (empty(words::NO_QUEUE_TITLE, words::NO_QUEUE, &html! {})) },
            Some((_, total)) => {
                section.sheet { (figures(total)) }
                section.sheet { header { h2 { (words::BY_HOUR) } } div.in { (chart(&hours)) } }
                section.sheet {
                    header {
                        nav.cuts aria-label=(words::CUT) {
                            @for (cut, name) in CUTS {
                                a href=(asked.link(cut)) aria-current=[(cut == by).then_some("true")] { (name) }
                            }
                        }
                        a href=(asked.link(by).replacen("/queue?", "/queue.csv?", 1)) { (words::AS_CSV) }
                    }
                    (table(&cut))
                }
            }
        }
    };
    Ok(page(
        Viewer::of(&tenant.caller, Tab::Queue),
        words::QUEUE,
        None,
        &content,
    ))
}

/// Which branch, which days.
fn filter(asked: &QueuePageParams, sites: &[EdgeOverview], by: GroupingField) -> Markup {
    html! {
        section.sheet {
            div.in {
                form.line method="get" action="/queue" {
                    div.field {
                        label for="edge" { (words::BRANCH) }
                        select id="edge" name="edge" {
                            option value="" selected[asked.edge.is_empty()] { (words::ALL_BRANCHES) }
                            @for seen in sites {
                                option value=(seen.edge.id) selected[seen.edge.id.to_string() == asked.edge] {
                                    (seen.edge.name)
                                }
                            }
                        }
                    }
                    div.field {
                        label for="days" { (words::STRETCH) }
                        select id="days" name="days" {
                            @for (days, name) in [(1, words::TODAY), (7, words::SEVEN_DAYS), (30, words::THIRTY_DAYS)] {
                                option value=(days) selected[days == asked.days()] { (name) }
                            }
                        }
                    }
                    input type="hidden" name="by" value=(by.as_str());
                    button { (words::SHOW) }
                }
            }
        }
    }
}

/// The table that is shown, as a file.
pub(crate) async fn file(member: OrgUser, Query(asked): Query<QueuePageParams>) -> Result<Response, PageRefusal> {
    let by = asked.by.unwrap_or(GroupingField::Service);
    let report = lines(&member.tenant, &asked, by).await?;
    let name = format!("attachment; filename=\"queue-by-{}.csv\"", by.as_str());
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, csv(&report)).into_response())
}

async fn lines(tenant: &Tenant, asked: &QueuePageParams, by: GroupingField) -> AdminResult<QueueReport> {
    queue::report(tenant, &asked.query(tenant, by)).await
}

fn figures(total: &ReportRow) -> Markup {
    let share = |part: u64| format!("{:.0} %", part as f64 * 100.0 / total.issued.max(1) as f64);
    let figures = [
        (words::TICKETS, Some(total.issued.to_string())),
        (words::SERVED, Some(total.served.to_string())),
        (words::ABANDONED, Some(share(total.abandoned))),
        (words::WAIT_P50, total.wait_p50.map(span)),
        (words::WAIT_P90, total.wait_p90.map(span)),
        (words::SERVE_P50, total.serve_p50.map(span)),
        (words::SCORE, score(total).map(|score| format!("{score:.1}"))),
    ];
    html! {
        div.figures {
            @for (name, value) in figures {
                @if let Some(value) = value { div { b { (value) } span { (name) } } }
            }
        }
    }
}

/// Bars of tickets given out and turns served in each hour.
fn chart(hours: &QueueReport) -> Markup {
    let highest = hours
        .values()
        .map(|hour| hour.issued.max(hour.served))
        .max()
        .unwrap_or(0)
        .max(1);
    let height = |count: u64| count * 100 / highest;
    let width = hours.len() * 40;
    html! {
        svg.chart viewBox={ "0 0 " (width.max(40)) " 132" } role="img" aria-label=(words::CHART) {
            @for (at, (key, hour)) in hours.iter().enumerate() {
                g transform={ "translate(" (at * 40) " 0)" } {
                    title { (key) ":00 · " (hour.issued) " / " (hour.served) }
                    rect.issued x="6" width="13" y=(108 - height(hour.issued)) height=(height(hour.issued)) rx="2" {}
                    rect.served x="21" width="13" y=(108 - height(hour.served)) height=(height(hour.served)) rx="2" {}
                    text x="20" y="126" text-anchor="middle" { (key) }
                }
            }
        }
        p.legend { span.issued aria-hidden="true" {} (words::TICKETS) " " span.served aria-hidden="true" {} (words::SERVED) }
    }
}

fn table(lines: &QueueReport) -> Markup {
    let figure = |value: Option<u64>| value.map_or_else(|| words::UNKNOWN.to_owned(), span);
    html! {
        table {
            thead { tr {
                th { (words::WHAT) } th.figure { (words::TICKETS) } th.figure { (words::SERVED) }
                th.figure { (words::ABANDONED) } th.figure { (words::WAIT_P50) } th.figure { (words::WAIT_P90) }
                th.figure { (words::SERVE_P50) } th.figure { (words::SERVE_P90) } th.figure { (words::BUSY) }
            } }
            tbody {
                @for (key, line) in lines {
                    tr {
                        td data-label=(words::WHAT) { (key) }
                        td.figure data-label=(words::TICKETS) { (line.issued) }
                        td.figure data-label=(words::SERVED) { (line.served) }
                        td.figure data-label=(words::ABANDONED) { (line.abandoned) }
                        td.figure data-label=(words::WAIT_P50) { (figure(line.wait_p50)) }
                        td.figure data-label=(words::WAIT_P90) { (figure(line.wait_p90)) }
                        td.figure data-label=(words::SERVE_P50) { (figure(line.serve_p50)) }
                        td.figure data-label=(words::SERVE_P90) { (figure(line.serve_p90)) }
                        td.figure data-label=(words::BUSY) { (span(line.busy_s)) }
                    }
                }
            }
        }
    }
}

fn span(seconds: u64) -> String {
    time_format::span(Duration::from_secs(seconds))
}
