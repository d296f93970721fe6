//! Figures about a stretch of time: how long people waited and were served, how many gave up, when and where.

use super::projection::QueueTickets;
use crate::{db::OrgStore, error::StoreError, projection::cursor, tx::Tx, value::SqlParam};
use protocol::{EdgeId, Timestamp};
use std::collections::BTreeMap;

/// Tickets, and turns, that a report adds up at most: it is refused rather than wrong.
const MOST: u32 = 500_000;

/// The stretch of time, and whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportPeriod {
    /// From, included.
    pub from: Timestamp,
    /// To, not included.
    pub to: Timestamp,
    /// Of one edge; none: of all.
    pub edge: Option<EdgeId>,
    /// How far the sites' clocks on the wall are ahead of UTC, seconds: what an hour of the day is.
    pub offset_seconds: i32,
}

/// What each line of a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportGrouping {
    /// One line in all.
    Total,
    /// An hour of the day: `00` to `23`.
    Hour,
    /// A service.
    Service,
    /// An operator's id.
    Operator,
    /// A window.
    Window,
    /// How tickets were taken.
    Source,
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReportRow {
    /// Tickets given out.
    pub issued: u64,
    /// Of those, given up, expired, or called in vain without coming back.
    pub abandoned: u64,
    /// Turns at a window that came to an end.
    pub served: u64,
    /// Seconds of waiting that half of the turns stayed under; none without a turn.
    pub wait_p50: Option<u64>,
    /// Seconds of waiting that nine of ten turns stayed under.
    pub wait_p90: Option<u64>,
    /// Seconds of service that half of the turns stayed under.
    pub serve_p50: Option<u64>,
    /// Seconds of service that nine of ten turns stayed under.
    pub serve_p90: Option<u64>,
    /// Seconds windows were busy in all.
    pub busy_s: u64,
    /// Sum of the scores holders gave, and how many did.
    pub scores: (u64, u64),
}

/// A report: lines by what they are about.
pub type QueueReport = BTreeMap<String, ReportRow>;

/// More tickets or turns than one report adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MOST} tickets or turns")]
pub struct ReportSizeError;

/// The figures of a period. Tickets count by when they were given out, turns by when they ended. Operators and windows
/// give out no tickets: their lines have turns only.
pub async fn report(
    scope: &OrgStore,
    period: ReportPeriod,
    grain: ReportGrouping,
) -> Result<Result<QueueReport, ReportSizeError>, StoreError> {
    report_up_to(MOST, scope, period, grain).await
}

/// The same with a limit of one's own.
pub(crate) async fn report_up_to(
    most: u32,
    scope: &OrgStore,
    period: ReportPeriod,
    grain: ReportGrouping,
) -> Result<Result<QueueReport, ReportSizeError>, StoreError> {
    let mut lines: BTreeMap<String, Sums> = BTreeMap::new();
    let (tickets, turns) = (
        tickets(scope, period, grain, most).await?,
        turns(scope, period, grain, most).await?,
    );
    if tickets.len().max(turns.len()) > most as usize {
        return Ok(Err(ReportSizeError));
    }
    for (key, abandoned, score) in tickets {
        let line = &mut lines.entry(key).or_default().line;
        line.issued += 1;
        line.abandoned += u64::from(abandoned);
        if let Some(score) = score {
            line.scores = (line.scores.0 + score, line.scores.1 + 1);
        }
    }
    for (key, wait_s, serve_s) in turns {
        let sums = lines.entry(key).or_default();
        sums.line.served += 1;
        sums.line.busy_s += serve_s;
        sums.waits.extend(wait_s);
        sums.serves.push(serve_s);
    }
    Ok(Ok(lines.into_iter().map(|(key, sums)| (key, sums.closed())).collect()))
}

#[derive(Default)]
struct Sums {
    line: ReportRow,
    waits: Vec<u64>,
    serves: Vec<u64>,
}

impl Sums {
    fn closed(mut self) -> ReportRow {
        self.waits.sort_unstable();
        self.serves.sort_unstable();
        ReportRow {
            wait_p50: percentile(&self.waits, 50),
            wait_p90: percentile(&self.waits, 90),
            serve_p50: percentile(&self.serves, 50),
            serve_p90: percentile(&self.serves, 90),
            ..self.line
        }
    }
}

/// The smallest value that `percent` of all are not above (nearest rank).
fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

/// SQL of what a line is about; `$5` is the offset of the wall's clock in milliseconds.
fn key(grain: ReportGrouping, at: &'static str) -> String {
    match grain {
        ReportGrouping::Total => "'all'".to_owned(),
        ReportGrouping::Hour => format!("substr('0' || ((({at} + $5) / 3600000) % 24), -2)"),
        ReportGrouping::Service => "service".to_owned(),
        ReportGrouping::Operator => "lower(hex(operator))".to_owned(),
        ReportGrouping::Window => "window".to_owned(),
        ReportGrouping::Source => "source".to_owned(),
    }
}

fn values(period: &ReportPeriod, most: u32) -> [SqlParam<'_>; 5] {
    [
        SqlParam::from(period.from),
        SqlParam::from(period.to),
        SqlParam::from(period.edge.as_ref()),
        SqlParam::from(most.saturating_add(1)),
        SqlParam::from(i64::from(period.offset_seconds) * 1000),
    ]
}

async fn tickets(
    scope: &OrgStore,
    period: ReportPeriod,
    grain: ReportGrouping,
    most: u32,
) -> Result<Vec<(String, bool, Option<u64>)>, StoreError> {
    match grain {
        ReportGrouping::Operator | ReportGrouping::Window => return Ok(Vec::new()),
        ReportGrouping::Total | ReportGrouping::Hour | ReportGrouping::Service | ReportGrouping::Source => {}
    }
    let sql = format!(
        "SELECT {}, state IN ('cancelled', 'expired', 'no_show'), score FROM ticket
         WHERE issued >= $1 AND issued < $2 AND ($3 IS NULL OR edge = $3) AND $5 IS NOT NULL
         LIMIT $4",
        key(grain, "issued")
    );
    let read = move |tx: &Tx<'_>| {
        cursor::require::<QueueTickets>(tx)?;
        tx.rows(&sql, &values(&period, most), |row| {
            Ok((row.text(0)?, row.flag(1)?, row.count_or_none(2)?))
        })
    };
    scope.read(read).await
}

async fn turns(
    scope: &OrgStore,
    period: ReportPeriod,
    grain: ReportGrouping,
    most: u32,
) -> Result<Vec<(String, Option<u64>, u64)>, StoreError> {
    // How a ticket was taken stands with the ticket.
    let source = "SELECT t.source, CASE WHEN u.outcome = 'transferred' THEN NULL ELSE u.wait_s END, u.serve_s
                  FROM ticket_turn u JOIN ticket t ON t.edge = u.edge AND t.id = u.ticket
                  WHERE u.at >= $1 AND u.at < $2 AND ($3 IS NULL OR u.edge = $3) AND $5 IS NOT NULL
                    AND t.source IS NOT NULL
                  LIMIT $4";
    let sql = match grain {
        ReportGrouping::Source => source.to_owned(),
        ReportGrouping::Total
        | ReportGrouping::Hour
        | ReportGrouping::Service
        | ReportGrouping::Operator
        | ReportGrouping::Window => format!(
            "SELECT {}, CASE WHEN outcome = 'transferred' THEN NULL ELSE wait_s END, serve_s FROM ticket_turn
             WHERE at >= $1 AND at < $2 AND ($3 IS NULL OR edge = $3) AND $5 IS NOT NULL
             LIMIT $4",
            key(grain, "at")
        ),
    };
    let read = move |tx: &Tx<'_>| {
        cursor::require::<QueueTickets>(tx)?;
        tx.rows(&sql, &values(&period, most), |row| {
            Ok((row.text(0)?, row.count_or_none(1)?, row.count(2)?))
        })
    };
    scope.read(read).await
}
