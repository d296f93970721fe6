//! How many events of each name happened at each edge in each hour, as a projection.

use crate::{
    error::StoreError,
    projection::{EventView, ProjectedEvent, Projection, ProjectionTable},
    tx::Tx,
    value::SqlParam,
};
use protocol::EdgeId;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600_000;

/// The projection of hourly counts.
#[derive(Debug)]
pub(crate) struct HourlyCounts;

/// One more event.
#[derive(Debug)]
pub(crate) struct HourlyCountStep;

impl Projection for HourlyCounts {
    type Step = HourlyCountStep;
    const NAME: &'static str = "hours";
    const VERSION: u32 = 1;
    const TABLES: &'static [ProjectionTable] = &[ProjectionTable {
        name: "event_hour",
        ddl: "CREATE TABLE event_hour (
            hour {time} NOT NULL, edge {uuid} NOT NULL, name TEXT NOT NULL, events BIGINT NOT NULL,
            PRIMARY KEY (hour, edge, name));",
    }];

    fn reads(_name: &str) -> bool {
        false
    }

    fn step(_event: &EventView<'_>) -> Option<HourlyCountStep> {
        Some(HourlyCountStep)
    }

    fn apply(tx: &Tx<'_>, events: &[ProjectedEvent<'_, HourlyCountStep>]) -> Result<(), StoreError> {
        let mut counts: BTreeMap<(i64, EdgeId, &str), u64> = BTreeMap::new();
        for event in events {
            let hour = event.position.at.as_millis().div_euclid(HOUR).saturating_mul(HOUR);
            *counts.entry((hour, event.position.edge, event.name)).or_default() += 1;
        }
        let sql = "INSERT INTO event_hour (hour, edge, name, events) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (hour, edge, name) DO UPDATE SET events = event_hour.events + excluded.events";
        let rows = counts.iter();
        tx.execute_each(
            sql,
            rows.map(|((hour, edge, name), count)| {
                [
                    SqlParam::from(*hour),
                    SqlParam::from(edge),
                    SqlParam::from(*name),
                    SqlParam::from(*count),
                ]
            }),
        )
    }
}
