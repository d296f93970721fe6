//! Catching up: projections that are behind read stored events by id, some at a time, until they have come to the last.
//!
//! Each piece is one transaction of the one writer, behind everything small and beside what edges send. The piece that
//! comes to the last event ends in the same transaction that moves the cursor there, so the next batch finds the
//! projection up to date: nothing is left out between the two, and nothing applied twice.

use crate::{
    db::{BackgroundTask, OrgStore},
    error::StoreError,
    projection::{
        EventPosition, EventView,
        cursor::{self, ProjectionCursors},
    },
    projections::{PROJECTIONS, PositionedEvent, ProjectionName, Steps},
    tx::Tx,
    value::{SqlParam, SqlRow},
};
use protocol::{EdgeId, Event, OrgId};
use std::{collections::VecDeque, time::Duration};

/// Events of one piece: about five milliseconds' work.
const PIECE: u32 = 1_000;
/// About how many bytes a piece writes, as the writer weighs bulk.
const PIECE_BYTES: usize = 1 << 19;
/// How long to wait after a failure.
const RETRY: Duration = Duration::from_secs(30);

/// How far the projections of an organisation have come.
pub async fn cursors(scope: &OrgStore) -> Result<ProjectionCursors, StoreError> {
    scope.read(|tx| cursor::read(tx, PROJECTIONS)).await
}

/// Brings every projection of an organisation up to the last event.
pub async fn catch_up(scope: &OrgStore) -> Result<(), StoreError> {
    while !piece(scope).await?.is_current() {}
    Ok(())
}

/// How far a rebuild has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildProgress {
    /// The last event in the tables.
    pub upto: u64,
    /// The last event stored.
    pub last: u64,
}

impl RebuildProgress {
    /// The same in percent.
    pub fn percent(self) -> u64 {
        self.upto.saturating_mul(100).checked_div(self.last).unwrap_or(100)
    }
}

/// Makes the tables of a projection anew from stored events; tells how far it has come after each piece. Until it is
/// up to date, questions to it are answered with [`StoreError::Rebuilding`]. Where the caller goes away, the rebuild
/// goes on in the background.
pub async fn rebuild(
    scope: &OrgStore,
    name: ProjectionName,
    mut told: impl FnMut(RebuildProgress),
) -> Result<u64, StoreError> {
    let Some(definition) = name.definition() else {
        return Ok(0);
    };
    scope.write(move |tx| cursor::reset(tx, definition)).await?;
    scope.catch_up().await;
    loop {
        let cursors = piece(scope).await?;
        let last = cursors.last;
        let upto = cursors.upto(name.as_str()).unwrap_or(last);
        told(RebuildProgress { upto, last });
        if upto == last {
            return Ok(upto);
        }
    }
}

async fn piece(scope: &OrgStore) -> Result<ProjectionCursors, StoreError> {
    scope.write_bulk(PIECE_BYTES, |tx| advance(tx, PIECE), |_| {}).await
}

/// Works in the background until the store is closed: on every organisation there is at the start, and on those named
/// later, a piece of each in turn.
pub(crate) fn work(background: &BackgroundTask) {
    let mut behind: VecDeque<OrgId> = background.orgs().into();
    loop {
        behind.extend(background.named());
        let next = behind.pop_front().or_else(|| background.wait());
        let Some(org) = next.filter(|_| !background.is_closing()) else {
            return;
        };
        match background.run(org, PIECE_BYTES, |tx| advance(tx, PIECE)) {
            Ok(cursors) if cursors.is_current() => {}
            Ok(_) => behind.push_back(org),
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%org, %error, "projections cannot catch up; trying again");
                behind.push_back(org);
                behind.extend(background.pause(RETRY));
            }
        }
    }
}

/// Brings those projections that are furthest behind at most so many events further; tells where all stand then.
pub(crate) fn advance(tx: &Tx<'_>, most: u32) -> Result<ProjectionCursors, StoreError> {
    let mut found = cursor::read(tx, PROJECTIONS)?;
    let last = found.last;
    let Some(from) = found
        .cursors
        .iter()
        .map(|cursor| cursor.upto)
        .min()
        .filter(|from| *from < last)
    else {
        return Ok(found);
    };
    // No further than where another one stands: from there on they go together.
    let next = found
        .cursors
        .iter()
        .map(|cursor| cursor.upto)
        .filter(|upto| *upto > from);
    let to = next.min().unwrap_or(last).min(last);
    let events = stored(tx, (from, to), most)?;
    let upto = if events.len() < most as usize {
        to
    } else {
        events.last().map_or(to, |event| event.id)
    };
    let moved = |name: &str| {
        found
            .cursors
            .iter()
            .any(|cursor| cursor.name == name && cursor.upto == from)
    };
    let names: Vec<&str> = PROJECTIONS
        .iter()
        .map(|known| known.name)
        .filter(|name| moved(name))
        .collect();
    let mut steps = Steps::default();
    for (place, event) in events.iter().enumerate() {
        steps.read(place, &event.view());
    }
    steps.apply(tx, &names, &(0..events.len()), |place| {
        events.get(place).map(CatchUpEvent::positioned)
    })?;
    for name in &names {
        cursor::advance(tx, name, upto)?;
    }
    for cursor in &mut found.cursors {
        if cursor.upto == from {
            cursor.upto = upto;
        }
    }
    Ok(found)
}

/// An event read again from where it was stored.
#[derive(Debug)]
struct CatchUpEvent {
    id: u64,
    position: EventPosition,
    name: String,
    device: Option<String>,
    event: Option<Event>,
}

impl CatchUpEvent {
    fn view(&self) -> EventView<'_> {
        EventView {
            device: self.device.as_deref(),
            fact: self.event.as_ref().map(|event| &event.fact),
        }
    }
    fn positioned(&self) -> PositionedEvent<'_> {
        PositionedEvent {
            position: self.position,
            name: &self.name,
            device: self.device.as_deref(),
        }
    }
}

fn stored(tx: &Tx<'_>, (from, to): (u64, u64), most: u32) -> Result<Vec<CatchUpEvent>, StoreError> {
    let sql = "SELECT id, edge, epoch, seq, at, rx, name, device, body FROM event
               WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3";
    tx.rows(
        sql,
        &[SqlParam::from(from), SqlParam::from(to), SqlParam::from(most)],
        reread,
    )
}

fn reread(row: &SqlRow<'_>) -> Result<CatchUpEvent, StoreError> {
    let name = row.text(6)?;
    let event = if Steps::reads(&name) {
        Event::decode(&row.bytes(8)?).ok()
    } else {
        None
    };
    Ok(CatchUpEvent {
        id: row.count(0)?,
        position: EventPosition {
            edge: EdgeId::from_uuid(row.uuid(1)?),
            epoch: row.epoch(2)?,
            seq: row.seq(3)?,
            at: row.time(4)?,
            rx: row.time(5)?,
        },
        name,
        device: row.text_or_none(7)?,
        event,
    })
}
