//! Rows on their way to an edge: what is due, what was sent, what the edge says it holds.

use super::{
    COLUMNS, RegisterProgress, TrackedRegister, find, read, read_row, version_value, write::forget_deleted_to,
};
use crate::{db::OrgStore, error::StoreError, tx::Tx, value::SqlParam};
use protocol::{
    EdgeId, OrgId, Timestamp,
    document::{DocumentFault, DocumentReason},
    register::{DeltaPlan, HeldRegister, MAX_ROWS, RegisterDelta, RegisterVersion, next, take_chunk},
};
use std::time::Duration;

/// After this long without an answer rows are sent again.
const UNANSWERED: Duration = Duration::from_secs(30);
/// Between two beginnings of the whole table: an edge that comes to another hash each time must not be a loop.
const RESYNC_PAUSE: Duration = Duration::from_secs(5);
/// Characters of a reason that are kept.
const MOST_REASON: usize = 500;
/// Waits to be sent, or was sent too long ago (`$1`).
const DUE: &str = "(state = 'due' OR (state = 'sent' AND sent <= $1))";

/// The edges that rows wait for.
pub async fn due_edges(scope: &OrgStore, now: Timestamp) -> Result<Vec<EdgeId>, StoreError> {
    let sql = format!("SELECT DISTINCT edge FROM register WHERE {DUE}");
    let unanswered = now.minus(UNANSWERED);
    scope
        .read(move |tx| {
            tx.rows(&sql, &[SqlParam::from(unanswered)], |row| {
                row.uuid(0).map(EdgeId::from_uuid)
            })
        })
        .await
}

/// Takes what waits for an edge, one delta per register, and marks it as sent.
pub async fn claim(scope: &OrgStore, edge: EdgeId, now: Timestamp) -> Result<Vec<RegisterDelta>, StoreError> {
    let (org, unanswered) = (scope.org(), now.minus(UNANSWERED));
    let sql = format!("SELECT {COLUMNS} FROM register WHERE {DUE} AND edge = $2 ORDER BY id");
    let look = sql.clone();
    let waits = scope
        .read(move |tx| tx.first(&look, &[SqlParam::from(unanswered), SqlParam::from(&edge)], |_| Ok(())))
        .await?;
    if waits.is_none() {
        return Ok(Vec::new());
    }
    scope
        .write(move |tx| {
            let due = tx.rows(&sql, &[SqlParam::from(unanswered), SqlParam::from(&edge)], read)?;
            let mut deltas = Vec::new();
            for tracked in due {
                deltas.extend(send(tx, (org, edge), &tracked, now)?);
            }
            Ok(deltas)
        })
        .await
}

/// The next delta of one register, marked as sent; none: nothing is missing, or a resync has only just begun.
fn send(
    tx: &Tx<'_>,
    (org, edge): (OrgId, EdgeId),
    tracked: &TrackedRegister,
    now: Timestamp,
) -> Result<Option<RegisterDelta>, StoreError> {
    let (from, resync) = match next(&tracked.state, tracked.held.as_ref()) {
        DeltaPlan::Nothing => {
            progress(tx, edge, tracked, RegisterProgress::InForce)?;
            return Ok(None);
        }
        DeltaPlan::After(version) => (version, tracked.resync),
        DeltaPlan::Everything if tracked.resync.is_some_and(|begun| begun.plus(RESYNC_PAUSE) > now) => return Ok(None),
        DeltaPlan::Everything => (RegisterVersion::NONE, Some(now)),
    };
    let which = [SqlParam::from(&edge), SqlParam::from(tracked.register.as_str())];
    // Who begins anew has nothing that could be deleted.
    let deleted = if from == RegisterVersion::NONE {
        "AND body IS NOT NULL"
    } else {
        ""
    };
    let sql = format!(
        "SELECT key, version, body FROM register_row
         WHERE edge = $1 AND register = $2 AND version > $3 {deleted} ORDER BY version LIMIT $4"
    );
    let limit = SqlParam::from(MAX_ROWS as u64 + 1);
    let rows = tx.rows(&sql, &[which[0], which[1], version_value(from), limit], read_row)?;
    let state = tracked.state;
    let (rows, to) = take_chunk(rows, state.version);
    let sql = "UPDATE register SET state = $3, sent = $4, resync = $5 WHERE edge = $1 AND id = $2";
    let how = [
        SqlParam::from(RegisterProgress::Sent.as_str()),
        SqlParam::from(now),
        SqlParam::from(resync),
    ];
    tx.execute(sql, &[&which[..], &how].concat())?;
    Ok(Some(RegisterDelta {
        register: tracked.register.clone(),
        org,
        edge,
        issued: now,
        from,
        to,
        latest: state.version,
        hash: state.hash,
        rows,
    }))
}

/// Compares with what an edge says it holds of its registers: what is missing waits to be sent.
pub async fn reconcile(scope: &OrgStore, edge: EdgeId, held: Vec<HeldRegister>) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM register WHERE edge = $1");
    let look = sql.clone();
    let any = scope
        .read(move |tx| tx.first(&look, &[SqlParam::from(&edge)], |_| Ok(())))
        .await?;
    if any.is_none() {
        return Ok(());
    }
    scope
        .write(move |tx| {
            for tracked in tx.rows(&sql, &[SqlParam::from(&edge)], read)? {
                let now_held = held.iter().find(|held| held.register == tracked.register);
                // A connection that begins is no loop, however often the whole table was begun on the one before.
                let tracked = TrackedRegister {
                    resync: None,
                    ..tracked
                };
                file(tx, edge, &tracked, now_held)?;
            }
            Ok(())
        })
        .await
}

/// Files what the edge holds after it was sent rows. Gives what is to be done: more rows, or nothing.
pub async fn settle(
    scope: &OrgStore,
    edge: EdgeId,
    held: HeldRegister,
    error: Option<DocumentFault>,
) -> Result<RegisterProgress, StoreError> {
    scope
        .write(move |tx| {
            let Some(tracked) = find(tx, edge, &held.register)? else {
                return Ok(RegisterProgress::InForce);
            };
            let now = file(tx, edge, &tracked, Some(&held))?;
            let Some(fault) = error else { return Ok(now) };
            let now = match fault.reason {
                DocumentReason::Unsupported => RegisterProgress::Refused,
                // Tried again once the answer counts as overdue.
                DocumentReason::Invalid
                | DocumentReason::Untrusted
                | DocumentReason::Quota
                | DocumentReason::Failed => RegisterProgress::Sent,
            };
            let reason: String = fault.to_string().chars().take(MOST_REASON).collect();
            let sql = "UPDATE register SET state = $3, reason = $4 WHERE edge = $1 AND id = $2";
            let which = [SqlParam::from(&edge), SqlParam::from(held.register.as_str())];
            tx.execute(
                sql,
                &[which, [SqlParam::from(now.as_str()), SqlParam::from(&reason)]].concat(),
            )?;
            Ok(now)
        })
        .await
}

/// Files what is held, and forgets the deletions that the edge knows of.
fn file(
    tx: &Tx<'_>,
    edge: EdgeId,
    tracked: &TrackedRegister,
    held: Option<&HeldRegister>,
) -> Result<RegisterProgress, StoreError> {
    let mut state = tracked.state;
    let which = [SqlParam::from(&edge), SqlParam::from(tracked.register.as_str())];
    let known = held.filter(|held| held.resync_since.is_none() && held.version <= state.version);
    if let Some(known) = known
        && forget_deleted_to(tx, which, known.version)? > 0
    {
        state.floor = state.floor.max(known.version);
    }
    let now = match next(&state, held) {
        DeltaPlan::Nothing => RegisterProgress::InForce,
        DeltaPlan::After(_) | DeltaPlan::Everything => RegisterProgress::Due,
    };
    let sql = "UPDATE register SET state = $3, floor = $4, held = $5, held_hash = $6, resync_since = $7, resync = $8,
                   reason = NULL
               WHERE edge = $1 AND id = $2";
    let what = [
        SqlParam::from(now.as_str()),
        version_value(state.floor),
        SqlParam::from(held.map(|held| held.version.0)),
        SqlParam::from(held.map(|held| held.hash.as_bytes())),
        SqlParam::from(held.and_then(|held| held.resync_since).map(|version| version.0)),
        SqlParam::from(tracked.resync),
    ];
    tx.execute(sql, &[&which[..], &what].concat())?;
    Ok(now)
}

fn progress(
    tx: &Tx<'_>,
    edge: EdgeId,
    tracked: &TrackedRegister,
    progress: RegisterProgress,
) -> Result<(), StoreError> {
    let sql = "UPDATE register SET state = $3 WHERE edge = $1 AND id = $2";
    let which = [SqlParam::from(&edge), SqlParam::from(tracked.register.as_str())];
    tx.execute(sql, &[which[0], which[1], SqlParam::from(progress.as_str())])
        .map(|_| ())
}
