//! Where an organisation's file stands before a batch: one question for all of it.

use crate::{error::StoreError, projections::PROJECTIONS, tx::Tx, value::SqlParam};
use protocol::{Lane, LaneCursors, batch::BatchHeader};
use std::sync::LazyLock;

/// Where the file stands.
#[derive(Debug)]
pub(super) struct IngestPosition {
    /// What it has of the batch's journal.
    pub(super) have: LaneCursors,
    /// Id of the last event.
    pub(super) last_id: u64,
    /// Projections that hold everything up to that event.
    pub(super) current: Vec<&'static str>,
}

pub(super) fn read(tx: &Tx<'_>, header: &BatchHeader) -> Result<IngestPosition, StoreError> {
    // One row per projection, of which there is always one; the rest is the same in each.
    let sql = "SELECT name, upto, (SELECT coalesce(max(id), 0) FROM event),
                   (SELECT have FROM event_cursor WHERE edge = $1 AND epoch = $2 AND lane = $3),
                   (SELECT have FROM event_cursor WHERE edge = $1 AND epoch = $2 AND lane = $4)
               FROM projection";
    let mut head = IngestPosition {
        have: LaneCursors::default(),
        last_id: 0,
        current: Vec::with_capacity(PROJECTIONS.len()),
    };
    let values = [
        SqlParam::from(&header.edge),
        SqlParam::from(header.epoch),
        SqlParam::from(Lane::Facts),
        SqlParam::from(Lane::Telemetry),
    ];
    tx.rows(sql, &values, |row| {
        head.last_id = row.count(2)?;
        for (column, lane) in [(3, Lane::Facts), (4, Lane::Telemetry)] {
            if let Some(seq) = row.count_or_none(column)? {
                head.have = head.have.with(lane, protocol::Seq(seq));
            }
        }
        let (name, upto) = (row.text(0)?, row.count(1)?);
        if upto == head.last_id {
            head.current
                .extend(PROJECTIONS.iter().map(|known| known.name).find(|known| *known == name));
        }
        Ok(())
    })?;
    Ok(head)
}

/// Moves the cursors of the projections that were up to date, in one statement.
static ADVANCE: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<String> = PROJECTIONS.iter().map(|known| format!("'{}'", known.name)).collect();
    let names = names.join(", ");
    format!("UPDATE projection SET upto = $2 WHERE upto = $1 AND name IN ({names})")
});

/// The projections that were up to date hold everything up to `last` now.
pub(super) fn advance(tx: &Tx<'_>, head: &IngestPosition, last: u64) -> Result<(), StoreError> {
    tx.execute(&ADVANCE, &[SqlParam::from(head.last_id), SqlParam::from(last)])
        .map(|_| ())
}
