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
use protocol::{Seq, Timestamp, batch::BatchHeader, control::IngestReply, digest::Digest};
use std::ops::Range;

/// What was stored.
#[derive(Debug)]
pub(super) struct WriteOutcome {
    pub(super) stored: IngestReply,
    /// Id of the last event that was stored; none: nothing was new.
    pub(super) last_id: Option<u64>,
    pub(super) irregular: Irregularities,
}

/// Stores the records at these places, as if they were a batch of their own.
pub(super) fn store(
    tx: &Tx<'_>,
    incoming: &IncomingBatch,
    places: &Range<usize>,
    rx: Timestamp,
) -> Result<WriteOutcome, StoreError> {
    let header = &incoming.header;
    let records = incoming.records.get(places.clone()).unwrap_or_default();
    let head = position::read(tx, header)?;
    let have = head.have;
    let gaps = match (records.first(), records.last()) {
        (Some(first), Some(last)) if first.seq <= have.of(header.lane) => gaps(tx, header, (first.seq, last.seq))?,
        (Some(_) | None, _) => Vec::new(),
    };
    let plan = range::plan(have.of(header.lane), &gaps, records.iter().map(|record| record.seq));
    let fresh: Vec<&BatchRecord> = plan.fresh.iter().filter_map(|index| records.get(*index)).collect();
    let unreadable = fresh.iter().filter(|record| record.heading.is_none()).count() as u64;
    let irregular = Irregularities {
        skipped: plan.skipped,
        unreadable,
    };
    let stored = IngestReply {
        have: have.with(header.lane, plan.have),
        new: fresh.len() as u64,
        known: (records.len() - fresh.len()) as u64,
    };
    let last_id = head.last_id.saturating_add(stored.new);
    if !fresh.is_empty() {
        insert(tx, incoming, &fresh, head.last_id.saturating_add(1), rx)?;
        note(tx, incoming, (records, &plan), rx)?;
        project(tx, incoming, &head, (places, &plan), rx)?;
        position::advance(tx, &head, last_id)?;
        if unreadable > 0 {
            audit::append(tx, &unreadable_entry(header, unreadable, rx))?;
        }
    }
    Ok(WriteOutcome {
        stored,
        last_id: (!fresh.is_empty()).then_some(last_id),
        irregular,
    })
}

fn gaps(tx: &Tx<'_>, header: &BatchHeader, (first, last): (Seq, Seq)) -> Result<Vec<SeqRange>, StoreError> {
    let sql = "SELECT from_seq, to_seq FROM event_gap
               WHERE edge = $1 AND epoch = $2 AND lane = $3 AND to_seq >= $4 AND from_seq <= $5 ORDER BY from_seq";
    let lane = [
        SqlParam::from(&header.edge),
        SqlParam::from(header.epoch),
        SqlParam::from(header.lane),
    ];
    let values = [&lane[..], &[SqlParam::from(first), SqlParam::from(last)]].concat();
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
fn note(
    tx: &Tx<'_>,
    incoming: &IncomingBatch,
    (records, plan): (&[BatchRecord], &LanePlan),
    rx: Timestamp,
) -> Result<(), StoreError> {
    let header = &incoming.header;
    let at_cursor = records.last().filter(|record| record.seq == plan.have);
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
    (places, plan): (&Range<usize>, &LanePlan),
    rx: Timestamp,
) -> Result<(), StoreError> {
    let header = &incoming.header;
    let is_fresh = |place: usize| {
        let index = place.checked_sub(places.start);
        index.is_some_and(|index| plan.fresh.binary_search(&index).is_ok())
    };
    incoming.steps.apply(tx, &head.current, places, |place| {
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
