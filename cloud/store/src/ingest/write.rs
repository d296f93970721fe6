//! The ingest transaction: cursor, events, gaps and projections, together or not at all.

use super::{
    incoming_batch::{BatchRecord, IncomingBatch, Irregularities},
    position::{self, IngestPosition},
    range::{self, LanePlan, SeqRange},
};
use crate::{
    audit, documents, error::StoreError, projection::EventPosition, projections::PositionedEvent, tx::Tx,
    value::SqlParam,
};
use protocol::{Timestamp, batch::BatchHeader, control::IngestReply, digest::Digest};

/// What was stored.
#[derive(Debug)]
pub(super) struct WriteOutcome {
    pub(super) stored: IngestReply,
    /// Places in the batch of the records that were stored.
    pub(super) fresh: Vec<usize>,
    /// Id of the first of them; the others follow.
    pub(super) first_id: u64,
    pub(super) irregular: Irregularities,
}

pub(super) fn store(tx: &Tx<'_>, incoming: &IncomingBatch, rx: Timestamp) -> Result<WriteOutcome, StoreError> {
    let header = &incoming.header;
    let head = position::read(tx, header)?;
    let have = head.have;
    let gaps = if header.first <= have.of(header.lane) {
        gaps(tx, header)?
    } else {
        Vec::new()
    };
    let plan = range::plan(
        have.of(header.lane),
        &gaps,
        incoming.records.iter().map(|record| record.seq),
    );
    let fresh: Vec<&BatchRecord> = plan
        .fresh
        .iter()
        .filter_map(|index| incoming.records.get(*index))
        .collect();
    let unreadable = fresh.iter().filter(|record| record.heading.is_none()).count() as u64;
    let irregular = Irregularities {
        skipped: plan.skipped,
        unreadable,
    };
    let stored = IngestReply {
        have: have.with(header.lane, plan.have),
        new: fresh.len() as u64,
        known: (incoming.records.len() - fresh.len()) as u64,
    };
    let first_id = head.last_id.saturating_add(1);
    if !fresh.is_empty() {
        insert(tx, incoming, &fresh, first_id, rx)?;
        note(tx, incoming, &plan, rx)?;
        project(tx, incoming, &head, &plan, rx)?;
        position::advance(tx, &head, head.last_id.saturating_add(stored.new))?;
        if unreadable > 0 {
            audit::append(tx, &unreadable_entry(header, unreadable, rx))?;
        }
    }
    Ok(WriteOutcome {
        stored,
        fresh: plan.fresh,
        first_id,
        irregular,
    })
}

fn gaps(tx: &Tx<'_>, header: &BatchHeader) -> Result<Vec<SeqRange>, StoreError> {
    let sql = "SELECT from_seq, to_seq FROM event_gap
               WHERE edge = $1 AND epoch = $2 AND lane = $3 AND to_seq >= $4 AND from_seq <= $5 ORDER BY from_seq";
    let lane = [
        SqlParam::from(&header.edge),
        SqlParam::from(header.epoch),
        SqlParam::from(header.lane),
    ];
    let values = [&lane[..], &[SqlParam::from(header.first), SqlParam::from(header.last)]].concat();
    tx.rows(sql, &values, |row| {
        Ok(SeqRange {
            from: row.seq(0)?,
            to: row.seq(1)?,
        })
    })
}

fn insert(
    tx: &Tx<'_>,
    incoming: &IncomingBatch,
    fresh: &[&BatchRecord],
    first_id: u64,
    rx: Timestamp,
) -> Result<(), StoreError> {
    let header = &incoming.header;
    let (edge, epoch, lane) = (
        SqlParam::from(&header.edge),
        SqlParam::from(header.epoch),
        SqlParam::from(header.lane),
    );
    let sql = "INSERT INTO event (id, edge, epoch, lane, seq, at, rx, clock_bad, name, device, subj, corr, body)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let rows = (first_id..).zip(fresh).map(|(id, record)| {
        let (at, clock_bad) = record.clamped_time(rx);
        let heading = record.heading.as_ref();
        let device = heading.and_then(|heading| heading.device.as_ref().map(AsRef::as_ref));
        let subj = heading.and_then(|heading| heading.subj.as_ref().map(AsRef::as_ref));
        let corr = heading.and_then(|heading| heading.corr.as_ref().map(AsRef::as_ref));
        [
            SqlParam::from(id),
            edge,
            epoch,
            lane,
            SqlParam::from(record.seq),
            SqlParam::from(at),
            SqlParam::from(rx),
            SqlParam::from(clock_bad),
            SqlParam::from(record.name()),
            SqlParam::from(device),
            SqlParam::from(subj),
            SqlParam::from(corr),
            SqlParam::from(incoming.body(record)),
        ]
    });
    tx.execute_each(sql, rows)
}

/// Moves the cursor and keeps the gaps.
fn note(tx: &Tx<'_>, incoming: &IncomingBatch, plan: &LanePlan, rx: Timestamp) -> Result<(), StoreError> {
    let header = &incoming.header;
    let at_cursor = incoming.records.last().filter(|record| record.seq == plan.have);
    let tip = at_cursor.map(|record| Digest::of(incoming.body(record)));
    let tip = tip
        .as_ref()
        .map_or(SqlParam::Null, |tip| SqlParam::from(tip.as_bytes()));
    let (edge, epoch, lane) = (
        SqlParam::from(&header.edge),
        SqlParam::from(header.epoch),
        SqlParam::from(header.lane),
    );
    // A batch that only fills gaps leaves the record at the cursor as it is.
    let cursor = "INSERT INTO event_cursor (edge, epoch, lane, have, tip) VALUES ($1, $2, $3, $4, $5)
                  ON CONFLICT (edge, epoch, lane)
                  DO UPDATE SET have = excluded.have, tip = coalesce(excluded.tip, event_cursor.tip)";
    tx.execute(cursor, &[edge, epoch, lane, SqlParam::from(plan.have), tip])?;
    let close = "DELETE FROM event_gap WHERE edge = $1 AND epoch = $2 AND lane = $3 AND from_seq = $4";
    tx.execute_each(
        close,
        plan.closed
            .iter()
            .map(|gap| [edge, epoch, lane, SqlParam::from(gap.from)]),
    )?;
    let open = "INSERT INTO event_gap (edge, epoch, lane, from_seq, to_seq, noticed) VALUES ($1, $2, $3, $4, $5, $6)";
    let opened = plan.opened.iter().map(|gap| {
        [
            edge,
            epoch,
            lane,
            SqlParam::from(gap.from),
            SqlParam::from(gap.to),
            SqlParam::from(rx),
        ]
    });
    tx.execute_each(open, opened)
}

/// Brings the projections that are up to date further, and tells documents what the records say of them.
fn project(
    tx: &Tx<'_>,
    incoming: &IncomingBatch,
    head: &IngestPosition,
    plan: &LanePlan,
    rx: Timestamp,
) -> Result<(), StoreError> {
    let header = &incoming.header;
    let is_fresh = |place: usize| plan.fresh.binary_search(&place).is_ok();
    incoming.steps.apply(tx, &head.current, |place| {
        let record = incoming.records.get(place).filter(|_| is_fresh(place))?;
        let (at, _) = record.clamped_time(rx);
        Some(PositionedEvent {
            position: EventPosition {
                edge: header.edge,
                epoch: header.epoch,
                seq: record.seq,
                at,
                rx,
            },
            name: record.name(),
            device: record.device(),
        })
    })?;
    for (_, step) in incoming.documents.iter().filter(|(place, _)| is_fresh(*place)) {
        documents::step(tx, header.edge, step, rx)?;
    }
    Ok(())
}

fn unreadable_entry(header: &BatchHeader, unreadable: u64, rx: Timestamp) -> audit::AuditEntry {
    let BatchHeader {
        edge,
        epoch,
        lane,
        first,
        last,
        ..
    } = header;
    audit::AuditEntry {
        at: rx,
        actor: audit::AuditActor::edge(*edge),
        action: "ingest.unreadable".into(),
        target: format!("{lane} {first}..={last}"),
        result: audit::AuditResult::Done,
        detail: format!("{unreadable} records of epoch {epoch} could not be read; stored as they are"),
        ip: "".into(),
    }
}
