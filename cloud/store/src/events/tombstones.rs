//! Reasons of gaps as a projection: what journals say they have let go.

use crate::{
    error::StoreError,
    projection::{EventView, ProjectedEvent, Projection, ProjectionTable},
    tx::Tx,
    value::SqlParam,
};
use protocol::{Fact, fact::EventRange};

/// The projection of tombstones.
#[derive(Debug)]
pub(crate) struct Tombstones;

/// Events that a journal has let go, and the reason as stored.
#[derive(Debug)]
pub(crate) struct TombstoneStep {
    dropped: EventRange,
    reason: String,
}

impl Projection for Tombstones {
    type Step = TombstoneStep;
    const NAME: &'static str = "tombstones";
    const VERSION: u32 = 1;
    const TABLES: &'static [ProjectionTable] = &[ProjectionTable {
        name: "event_tombstone",
        ddl: "CREATE TABLE event_tombstone (
            edge {uuid} NOT NULL, epoch BIGINT NOT NULL, lane BIGINT NOT NULL, from_seq BIGINT NOT NULL,
            to_seq BIGINT NOT NULL, pos {bytes} NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (edge, epoch, lane, from_seq, to_seq, pos));",
    }];

    fn reads(name: &str) -> bool {
        name == "journal.dropped"
    }

    fn step(event: &EventView<'_>) -> Option<TombstoneStep> {
        let Some(Fact::JournalDropped(dropped)) = event.fact else {
            return None;
        };
        let reason = serde_json::to_value(dropped.reason).ok()?;
        Some(TombstoneStep {
            dropped: dropped.clone(),
            reason: reason.as_str()?.to_owned(),
        })
    }

    fn apply(tx: &Tx<'_>, events: &[ProjectedEvent<'_, TombstoneStep>]) -> Result<(), StoreError> {
        let sql = "INSERT INTO event_tombstone (edge, epoch, lane, from_seq, to_seq, pos, reason)
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
        for event in events {
            let (position, order) = (event.position, event.position.order());
            let TombstoneStep { dropped, reason } = event.step;
            let values = [
                SqlParam::from(&position.edge),
                SqlParam::from(position.epoch),
                SqlParam::from(dropped.lane),
                SqlParam::from(dropped.from_seq),
                SqlParam::from(dropped.to_seq),
                SqlParam::from(&order),
                SqlParam::from(reason),
            ];
            tx.execute(sql, &values)?;
        }
        Ok(())
    }
}
