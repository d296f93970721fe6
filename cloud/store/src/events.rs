//! Events as stored, found again by device, type and time; and the gaps between them with their reasons.
//!
//! A body is what the edge's journal held, byte for byte; nothing here encodes it again.

pub(crate) mod hours;
mod name;
pub(crate) mod signal;
pub(crate) mod tombstones;

pub use name::EventNameFilter;

use crate::{
    db::OrgStore,
    error::StoreError,
    projection::cursor,
    tx::Tx,
    value::{SqlParam, SqlRow},
};
use protocol::{
    DeviceId, EdgeId, Epoch, Lane, LaneCursors, Seq, Timestamp,
    control::{Gap, LaneTip},
    id::SubjectId,
    text::{CorrelationId, EventName},
};
use std::fmt::Write as _;
use tombstones::Tombstones;

/// Tables in each tenant's file. No unique index over (edge, epoch, lane, seq): the cursor, read and moved in the
/// transaction that stores, is what makes each event be stored once, at a third less cost.
pub(crate) const TENANT_DDL: &str = "
    CREATE TABLE event (
        id {serial}, edge {uuid} NOT NULL, epoch BIGINT NOT NULL, lane BIGINT NOT NULL, seq BIGINT NOT NULL,
        at {time} NOT NULL, rx {time} NOT NULL, clock_bad BIGINT NOT NULL, name TEXT NOT NULL, device TEXT,
        subj TEXT, corr TEXT, body {bytes} NOT NULL);
    CREATE INDEX event_at ON event (at);
    CREATE INDEX event_name ON event (name, at);
    CREATE INDEX event_device ON event (edge, device, at);
    CREATE INDEX event_corr ON event (corr) WHERE corr IS NOT NULL;
    CREATE TABLE event_cursor (
        edge {uuid} NOT NULL, epoch BIGINT NOT NULL, lane BIGINT NOT NULL, have BIGINT NOT NULL,
        PRIMARY KEY (edge, epoch, lane));
    CREATE TABLE event_gap (
        edge {uuid} NOT NULL, epoch BIGINT NOT NULL, lane BIGINT NOT NULL, from_seq BIGINT NOT NULL,
        to_seq BIGINT NOT NULL, noticed {time} NOT NULL, PRIMARY KEY (edge, epoch, lane, from_seq));
    CREATE TABLE event_tombstone (
        edge {uuid} NOT NULL, epoch BIGINT NOT NULL, lane BIGINT NOT NULL, from_seq BIGINT NOT NULL,
        to_seq BIGINT NOT NULL, reason TEXT NOT NULL);
    CREATE INDEX event_tombstone_edge ON event_tombstone (edge, epoch, lane);
    CREATE TABLE event_hour (
        hour {time} NOT NULL, edge {uuid} NOT NULL, name TEXT NOT NULL, events BIGINT NOT NULL,
        PRIMARY KEY (hour, edge, name));
";

/// A further step: what the record at the cursor looks like, so that an edge can tell whether it still has the same.
pub(crate) const TENANT_CURSOR_TIP: &str = "ALTER TABLE event_cursor ADD COLUMN tip {bytes};";

const COLUMNS: &str = "id, edge, epoch, lane, seq, at, rx, clock_bad, name, device, subj, corr, body";

/// Name under which a record is stored whose body cannot be read.
pub const UNREADABLE: &str = "unreadable";

/// An event as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Grows with each event that is stored in this organisation.
    pub id: u64,
    /// The edge it happened at.
    pub edge: EdgeId,
    /// Which journal of that edge.
    pub epoch: Epoch,
    /// Which lane.
    pub lane: Lane,
    /// Its place.
    pub seq: Seq,
    /// When it happened, by the edge's clock; moved to where it is believable if `clock_bad`.
    pub at: Timestamp,
    /// When it was stored, by the cloud's clock.
    pub rx: Timestamp,
    /// The edge's clock was more than 90 days behind or 10 minutes ahead.
    pub clock_bad: bool,
    /// Dotted name.
    pub name: EventName,
    /// The device it is about.
    pub device: Option<SubjectId>,
    /// What it is about.
    pub subj: Option<SubjectId>,
    /// The command, ticket or visit it belongs to.
    pub corr: Option<CorrelationId>,
    /// The record's body: JSON, unless `name` is [`UNREADABLE`].
    pub body: Vec<u8>,
}

/// Which events to find. All given conditions hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of this edge.
    pub edge: Option<EdgeId>,
    /// About this device (of that edge).
    pub device: Option<DeviceId>,
    /// With this name, or one of these.
    pub name: Option<EventNameFilter>,
    /// Happened at or after.
    pub from: Option<Timestamp>,
    /// Happened before.
    pub to: Option<Timestamp>,
    /// Belonging to this command, ticket or visit.
    pub corr: Option<CorrelationId>,
    /// Older than this one: the place to go on from.
    pub before: Option<(Timestamp, u64)>,
    /// At most so many.
    pub limit: u32,
}

/// A gap, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeGap {
    /// Which edge.
    pub edge: EdgeId,
    /// Which journal of that edge.
    pub epoch: Epoch,
    /// When it was noticed, by the cloud's clock.
    pub noticed: Timestamp,
    /// The range and its reason.
    pub gap: Gap,
}

/// Events, newest first.
pub async fn query(scope: &OrgStore, filter: EventFilter) -> Result<Vec<StoredEvent>, StoreError> {
    scope.read(move |tx| find(tx, &filter)).await
}

/// Bytes of bodies after which an answer of several events ends.
const PAGE_BYTES: usize = 1 << 20;

/// Events stored after `after`, in the order in which they were stored: at most so many, and no further one once their
/// bodies take a mebibyte. None: there is nothing after it.
pub async fn stored_after(scope: &OrgStore, after: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM event WHERE id > $1 ORDER BY id LIMIT $2");
    scope
        .read(move |tx| {
            let values = [SqlParam::from(after), SqlParam::from(limit)];
            tx.rows_within(&sql, &values, PAGE_BYTES, read, |event| event.body.len())
        })
        .await
}

/// The id of the newest event; 0 where there is none.
pub async fn last_id(scope: &OrgStore) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(id), 0) FROM event";
    let last = scope.read(move |tx| tx.first(sql, &[], |row| row.count(0))).await?;
    Ok(last.unwrap_or(0))
}

/// What the cloud has of one journal.
pub async fn have(scope: &OrgStore, edge: EdgeId, epoch: Epoch) -> Result<LaneCursors, StoreError> {
    scope.read(move |tx| cursors(tx, edge, epoch)).await
}

/// What the cloud has of one journal, and what the last records look like.
#[derive(Debug, Clone, Default)]
pub struct KnownLanes {
    /// The cursors.
    pub have: LaneCursors,
    /// The records at the cursors, where they were noted.
    pub tips: Vec<LaneTip>,
}

/// What the cloud has of one journal, for an edge that joins.
pub async fn known_lanes(scope: &OrgStore, edge: EdgeId, epoch: Epoch) -> Result<KnownLanes, StoreError> {
    let sql = "SELECT lane, have, tip FROM event_cursor WHERE edge = $1 AND epoch = $2";
    scope
        .read(move |tx| {
            let mut known = KnownLanes::default();
            tx.rows(sql, &[SqlParam::from(&edge), SqlParam::from(epoch)], |row| {
                let (lane, seq) = (row.lane(0)?, row.seq(1)?);
                known.have = known.have.with(lane, seq);
                if let Some(hash) = row.digest_or_none(2)? {
                    known.tips.push(LaneTip { lane, seq, hash });
                }
                Ok(())
            })?;
            Ok(known)
        })
        .await
}

/// Gaps that are shown, the oldest.
const SHOWN_GAPS: u32 = 1_000;

/// The first thousand gaps of an organisation, or of one edge, with their reasons where tombstones explain them. A gap that is
/// explained in part comes as several.
pub async fn gaps(scope: &OrgStore, edge: Option<EdgeId>) -> Result<Vec<EdgeGap>, StoreError> {
    scope
        .read(move |tx| {
            cursor::require::<Tombstones>(tx)?;
            let sql = "SELECT edge, epoch, lane, from_seq, to_seq, noticed FROM event_gap
                       WHERE ($1 IS NULL OR edge = $1) ORDER BY edge, epoch, lane, from_seq LIMIT $2";
            let open = tx.rows(
                sql,
                &[SqlParam::from(edge.as_ref()), SqlParam::from(SHOWN_GAPS)],
                |row| {
                    let gap = Gap {
                        lane: row.lane(2)?,
                        from: row.seq(3)?,
                        to: row.seq(4)?,
                        reason: None,
                    };
                    let edge = EdgeId::from_uuid(row.uuid(0)?);
                    Ok(EdgeGap {
                        edge,
                        epoch: row.epoch(1)?,
                        noticed: row.time(5)?,
                        gap,
                    })
                },
            )?;
            let mut explained = Vec::with_capacity(open.len());
            for gap in open {
                explained.extend(explain(tx, &gap)?);
            }
            Ok(explained)
        })
        .await
}

/// Cuts a gap where tombstones begin and end, and puts their reasons to the pieces.
fn explain(tx: &Tx<'_>, whole: &EdgeGap) -> Result<Vec<EdgeGap>, StoreError> {
    let Gap { lane, from, to, .. } = whole.gap;
    let sql = "SELECT from_seq, to_seq, reason FROM event_tombstone
               WHERE edge = $1 AND epoch = $2 AND lane = $3 AND to_seq >= $4 AND from_seq <= $5
               ORDER BY from_seq, to_seq, pos";
    let values = [
        SqlParam::from(&whole.edge),
        SqlParam::from(whole.epoch),
        SqlParam::from(lane),
        SqlParam::from(from),
        SqlParam::from(to),
    ];
    let stones = tx.rows(sql, &values, |row| Ok((row.seq(0)?, row.seq(1)?, row.text(2)?)))?;
    let mut pieces = Vec::new();
    let mut next = from;
    let mut push = |from, to, reason| {
        pieces.push(EdgeGap {
            gap: Gap { lane, from, to, reason },
            ..whole.clone()
        });
    };
    for (first, last, reason) in stones {
        if last < next {
            continue;
        }
        if first > next {
            push(next, Seq(first.0.saturating_sub(1)), None);
        }
        push(first.max(next), last.min(to), Some(reason.into()));
        next = last.next();
    }
    if next <= to {
        push(next, to, None);
    }
    Ok(pieces)
}

/// What the cloud has of one journal, inside a transaction.
pub(crate) fn cursors(tx: &Tx<'_>, edge: EdgeId, epoch: Epoch) -> Result<LaneCursors, StoreError> {
    let sql = "SELECT lane, have FROM event_cursor WHERE edge = $1 AND epoch = $2";
    let lanes = tx.rows(sql, &[SqlParam::from(&edge), SqlParam::from(epoch)], |row| {
        Ok((row.lane(0)?, row.seq(1)?))
    })?;
    Ok(lanes
        .into_iter()
        .fold(LaneCursors::default(), |have, (lane, seq)| have.with(lane, seq)))
}

/// Conditions that hold together, each `#` standing for the next value.
#[derive(Debug, Default)]
struct Conditions<'a> {
    sql: String,
    values: Vec<SqlParam<'a>>,
}

impl<'a> Conditions<'a> {
    fn and(&mut self, condition: &str, values: &[SqlParam<'a>]) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.push(condition, values);
    }
    fn push(&mut self, text: &str, values: &[SqlParam<'a>]) {
        let mut values = values.iter();
        for character in text.chars() {
            match (character, values.as_slice()) {
                ('#', [value, ..]) => {
                    self.values.push(*value);
                    let _ = write!(self.sql, "${}", self.values.len());
                    values.next();
                }
                (other, _) => self.sql.push(other),
            }
        }
    }
}

fn find(tx: &Tx<'_>, filter: &EventFilter) -> Result<Vec<StoredEvent>, StoreError> {
    let above = filter.name.as_ref().and_then(EventNameFilter::above);
    let mut query = Conditions::default();
    if let Some(edge) = &filter.edge {
        query.and("edge = #", &[SqlParam::from(edge)]);
    }
    if let Some(device) = &filter.device {
        query.and("device = #", &[SqlParam::from(device)]);
    }
    match (&filter.name, &above) {
        (Some(from), Some(to)) => query.and(
            "name >= # AND name < #",
            &[SqlParam::from(from.as_str()), SqlParam::from(to)],
        ),
        (Some(name), None) => query.and("name = #", &[SqlParam::from(name.as_str())]),
        (None, _) => {}
    }
    if let Some(corr) = &filter.corr {
        query.and("corr = #", &[SqlParam::from(corr.as_str())]);
    }
    if let Some(from) = filter.from {
        query.and("at >= #", &[SqlParam::from(from)]);
    }
    if let Some(to) = filter.to {
        query.and("at < #", &[SqlParam::from(to)]);
    }
    if let Some((at, id)) = filter.before {
        query.and(
            "at <= # AND (at, id) < (#, #)",
            &[SqlParam::from(at), SqlParam::from(at), SqlParam::from(id)],
        );
    }
    query.push(" ORDER BY at DESC, id DESC LIMIT #", &[SqlParam::from(filter.limit)]);
    tx.rows(
        &format!("SELECT {COLUMNS} FROM event{}", query.sql),
        &query.values,
        read,
    )
}

fn read(row: &SqlRow<'_>) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        id: row.count(0)?,
        edge: EdgeId::from_uuid(row.uuid(1)?),
        epoch: row.epoch(2)?,
        lane: row.lane(3)?,
        seq: row.seq(4)?,
        at: row.time(5)?,
        rx: row.time(6)?,
        clock_bad: row.flag(7)?,
        name: row.text(8)?.into(),
        device: row.text_or_none(9)?.map(SubjectId::from),
        subj: row.text_or_none(10)?.map(SubjectId::from),
        corr: row.text_or_none(11)?.map(CorrelationId::from),
        body: row.bytes(12)?,
    })
}
