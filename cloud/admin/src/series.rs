//! Figures over time: of a device (M23), and of an edge as its heartbeats told.

use crate::{AdminError, AdminErrorKind, AdminResult, caller::Tenant, edges, role::Permission};
use cloud_store::metrics::{self, Point, Subject};
use protocol::{EdgeId, Timestamp};
use std::time::Duration;

/// Most points of one answer.
pub const MOST: u32 = 5000;
const USUAL: u32 = 1000;
/// An edge's clock may be ahead of the cloud's by so much; what it says is shown all the same.
const AHEAD: Duration = Duration::from_secs(600);
const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// Which stretch of time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SeriesRange {
    /// From; a day before `to` where left out.
    pub from: Option<Timestamp>,
    /// Until; now where left out.
    pub to: Option<Timestamp>,
    /// Points at most, 1 to [`MOST`]: the newest ones.
    pub limit: Option<u32>,
}

/// Figures of a device or an edge, oldest first.
pub async fn read(tenant: &Tenant, edge: EdgeId, subject: Subject, range: SeriesRange) -> AdminResult<Vec<Point>> {
    tenant.need(Permission::ReadDevices).await?;
    edges::known(tenant, edge).await?;
    let to = range.to.unwrap_or_else(|| tenant.admin().clock.now().plus(AHEAD));
    let day_before = Timestamp::from_millis(to.as_millis().saturating_sub(DAY_MILLIS));
    let from = range.from.unwrap_or(day_before);
    let limit = match range.limit {
        None => USUAL,
        Some(limit @ 1..=MOST) => limit,
        Some(_) => {
            return Err(AdminError::new(
                AdminErrorKind::BadArgument,
                format!("Query: limit is 1 to {MOST}."),
            ));
        }
    };
    let points = metrics::series(&tenant.scope, (edge, subject), (from, to), limit).await;
    points.map_err(|error| AdminError::internal("Looking up figures", &error))
}
