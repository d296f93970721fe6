//! Each edge's last heartbeat as a projection.

use crate::{
    error::StoreError,
    projection::{EventView, ProjectedEvent, Projection, ProjectionTable},
    tx::Tx,
    value::SqlParam,
};
use protocol::Fact;

/// The projection of heartbeats.
#[derive(Debug)]
pub(crate) struct Heartbeats;

/// A heartbeat as JSON.
#[derive(Debug)]
pub(crate) struct HeartbeatStep(String);

impl Projection for Heartbeats {
    type Step = HeartbeatStep;
    const NAME: &'static str = "heartbeats";
    const VERSION: u32 = 1;
    const TABLES: &'static [ProjectionTable] = &[ProjectionTable {
        name: "edge_status",
        ddl: "CREATE TABLE edge_status (
            edge {uuid} NOT NULL PRIMARY KEY, at {time} NOT NULL, pos {bytes} NOT NULL, heartbeat {json} NOT NULL);",
    }];

    fn reads(name: &str) -> bool {
        name == "site.heartbeat"
    }

    fn step(event: &EventView<'_>) -> Option<HeartbeatStep> {
        if let Some(Fact::SiteHeartbeat(heartbeat)) = event.fact {
            serde_json::to_string(heartbeat).ok().map(HeartbeatStep)
        } else {
            None
        }
    }

    /// The newest by the edge's clock; of two of one moment, the one that was recorded later.
    fn apply(tx: &Tx<'_>, events: &[ProjectedEvent<'_, HeartbeatStep>]) -> Result<(), StoreError> {
        let sql = "INSERT INTO edge_status (edge, at, pos, heartbeat) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (edge) DO UPDATE SET at = excluded.at, pos = excluded.pos, heartbeat = excluded.heartbeat
                   WHERE (excluded.at, excluded.pos) > (edge_status.at, edge_status.pos)";
        for event in events {
            let (position, order) = (event.position, event.position.order());
            let values = [
                SqlParam::from(&position.edge),
                SqlParam::from(position.at),
                SqlParam::from(&order),
                SqlParam::from(&event.step.0),
            ];
            tx.execute(sql, &values)?;
        }
        Ok(())
    }
}
