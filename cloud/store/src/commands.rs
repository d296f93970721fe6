//! Commands: each is queued, sent at most while it is fresh, and ends in exactly one outcome.
//!
//! A command is marked as sent before it is put on the wire, so that one that was never sent can be called expired
//! without asking anybody. Once sent, only the edge knows how it ended; its word comes as an event, stands in the
//! projection `outcomes`, and goes before what the cloud assumed.

pub mod holder;
pub(crate) mod outcomes;
mod state;

use crate::{
    audit,
    db::OrgStore,
    error::StoreError,
    projection::cursor,
    tx::Tx,
    value::{SqlParam, SqlRow},
};
use outcomes::CommandOutcomes;
use protocol::{Command, CommandId, DeviceId, EdgeId, Timestamp, command::Reason};
pub use state::CommandState;
use std::time::Duration;

/// Tables in each tenant's file.
pub(crate) const TENANT_DDL: &str = "
    CREATE TABLE command (
        id {uuid} NOT NULL PRIMARY KEY, edge {uuid} NOT NULL, device TEXT, name TEXT NOT NULL, body {json} NOT NULL,
        state TEXT NOT NULL, created {time} NOT NULL, expires {time} NOT NULL, attempts BIGINT NOT NULL,
        sent {time}, received {time}, settled {time}, assumed BIGINT NOT NULL, reason TEXT, detail TEXT,
        took_ms BIGINT);
    CREATE INDEX command_due ON command (edge, state);
    CREATE INDEX command_created ON command (created, id);
    CREATE INDEX command_open ON command (state, expires);
";

/// A command and, where its edge has said something of it, that.
const SELECT: &str = "
    SELECT c.body, coalesce(o.state, c.state), c.attempts, c.sent, coalesce(c.received, o.received),
        CASE WHEN o.state IS NULL THEN c.settled ELSE o.settled END,
        CASE WHEN o.state IS NULL THEN c.reason ELSE o.reason END,
        CASE WHEN o.state IS NULL THEN c.detail ELSE o.detail END,
        CASE WHEN o.state IS NULL THEN c.took_ms ELSE o.took_ms END
    FROM command c LEFT JOIN command_outcome o ON o.command = c.id AND o.edge = c.edge";
/// The edge has said nothing of the command yet. While the outcomes are made anew this may hold of a command that was
/// carried out: then it may be sent once more while it is fresh, and the edge's inbox knows it.
const NO_OUTCOME: &str =
    "NOT EXISTS (SELECT 1 FROM command_outcome o WHERE o.command = command.id AND o.edge = command.edge)";

/// How long a command that was sent but never confirmed is left open past its expiry. An edge that was offline says
/// within this time how it ended; after it, the cloud takes it for expired until the edge says otherwise.
const UNCONFIRMED: Duration = Duration::from_secs(15 * 60);
/// How long to wait for a confirmation before the same command is sent again; the edge's inbox runs it once.
const RESEND: Duration = Duration::from_secs(5);

/// Commands handed out at once: what waits behind them is handed out next.
pub const LOT: u32 = 50;

/// A command and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackedCommand {
    /// What was asked.
    pub command: Command,
    /// Where it is.
    pub state: CommandState,
    /// How often it was put on the wire.
    pub attempts: u64,
    /// When it was last put on the wire.
    pub sent: Option<Timestamp>,
    /// When the edge had it on disk, by the cloud's clock.
    pub received: Option<Timestamp>,
    /// When the outcome became known, by the cloud's clock.
    pub settled: Option<Timestamp>,
    /// Why it failed or was refused.
    pub reason: Option<Reason>,
    /// More, for people.
    pub detail: Option<String>,
    /// Milliseconds from the edge's accepting it to the outcome.
    pub took_ms: Option<u64>,
}

/// Which commands to list. All given conditions hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandFilter {
    /// Of this edge.
    pub edge: Option<EdgeId>,
    /// For this device of that edge.
    pub device: Option<DeviceId>,
    /// In this state.
    pub state: Option<CommandState>,
    /// Made before this one: the place to go on from.
    pub before: Option<(Timestamp, CommandId)>,
    /// At most so many.
    pub limit: u32,
}

/// Queues a command, with its audit line.
pub async fn create(scope: &OrgStore, command: Command, entry: audit::AuditEntry) -> Result<(), StoreError> {
    scope.write(move |tx| insert(tx, &command, &entry)).await
}

/// Queues a command in somebody's transaction, with its audit line.
pub(crate) fn insert(tx: &Tx<'_>, command: &Command, entry: &audit::AuditEntry) -> Result<(), StoreError> {
    let body = serde_json::to_string(command);
    let body = body.map_err(|source| StoreError::Json {
        what: "a command",
        source,
    })?;
    let sql = "INSERT INTO command (id, edge, device, name, body, state, created, expires, attempts, assumed)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)";
    let target = [
        SqlParam::from(&command.id),
        SqlParam::from(&command.edge),
        SqlParam::from(command.device.as_ref()),
    ];
    let content = [
        SqlParam::from(command.action.name()),
        SqlParam::from(&body),
        SqlParam::from(CommandState::Queued.as_str()),
    ];
    let times = [SqlParam::from(command.created), SqlParam::from(command.expires)];
    tx.execute(sql, &[&target[..], &content, &times].concat())?;
    audit::append(tx, entry)
}

/// One command.
pub async fn get(scope: &OrgStore, id: CommandId) -> Result<Option<TrackedCommand>, StoreError> {
    let sql = format!("{SELECT} WHERE c.id = $1");
    scope
        .read(move |tx| {
            cursor::require::<CommandOutcomes>(tx)?;
            tx.first(&sql, &[SqlParam::from(&id)], read)
        })
        .await
}

/// Commands, newest first.
pub async fn list(scope: &OrgStore, filter: CommandFilter) -> Result<Vec<TrackedCommand>, StoreError> {
    let sql = format!(
        "{SELECT}
         WHERE ($1 IS NULL OR c.edge = $1) AND ($2 IS NULL OR c.device = $2)
           AND ($3 IS NULL OR coalesce(o.state, c.state) = $3)
           AND ($4 IS NULL OR (c.created, c.id) < ($4, $5))
         ORDER BY c.created DESC, c.id DESC LIMIT $6"
    );
    scope
        .read(move |tx| {
            cursor::require::<CommandOutcomes>(tx)?;
            let state = filter.state.map(CommandState::as_str);
            let (at, id) = filter
                .before
                .as_ref()
                .map_or((SqlParam::Null, SqlParam::Null), |(at, id)| {
                    (SqlParam::from(*at), SqlParam::from(id))
                });
            let (edge, device) = (
                SqlParam::from(filter.edge.as_ref()),
                SqlParam::from(filter.device.as_ref()),
            );
            tx.rows(
                &sql,
                &[
                    edge,
                    device,
                    SqlParam::from(state),
                    at,
                    id,
                    SqlParam::from(filter.limit),
                ],
                read,
            )
        })
        .await
}

/// The edges that commands are due for; see [`claim`].
pub async fn due_edges(scope: &OrgStore, now: Timestamp) -> Result<Vec<EdgeId>, StoreError> {
    let before = Timestamp::from_millis(now.as_millis().saturating_sub(RESEND.as_millis() as i64));
    let sql = format!(
        "SELECT DISTINCT edge FROM command
         WHERE expires > $1 AND (state = 'queued' OR (state = 'sent' AND sent <= $2)) AND {NO_OUTCOME}"
    );
    scope
        .read(move |tx| {
            tx.rows(&sql, &[SqlParam::from(now), SqlParam::from(before)], |row| {
                row.uuid(0).map(EdgeId::from_uuid)
            })
        })
        .await
}

/// Takes the commands that are due for an edge and marks them as sent: queued ones that are still fresh, and those sent
/// a while ago that the edge has not confirmed. In the order in which they were made.
pub async fn claim(scope: &OrgStore, edge: EdgeId, now: Timestamp) -> Result<Vec<Command>, StoreError> {
    let before = Timestamp::from_millis(now.as_millis().saturating_sub(RESEND.as_millis() as i64));
    let due = format!(
        "edge = $1 AND expires > $2 AND (state = 'queued' OR (state = 'sent' AND sent <= $3)) AND {NO_OUTCOME}"
    );
    let look = format!("SELECT 1 FROM command WHERE {due} LIMIT 1");
    let values = move || (edge, now, before);
    let found = scope
        .read(move |tx| {
            let (edge, now, before) = values();
            tx.first(
                &look,
                &[SqlParam::from(&edge), SqlParam::from(now), SqlParam::from(before)],
                |_| Ok(()),
            )
        })
        .await?;
    if found.is_none() {
        return Ok(Vec::new());
    }
    let take = format!(
        "UPDATE command SET state = 'sent', sent = $2, attempts = attempts + 1 WHERE id IN (
            SELECT id FROM command WHERE {due} ORDER BY created, id LIMIT {LOT}) RETURNING body"
    );
    scope
        .write(move |tx| {
            let values = [SqlParam::from(&edge), SqlParam::from(now), SqlParam::from(before)];
            let mut commands: Vec<Command> = tx.rows(&take, &values, |row| row.json(0))?;
            commands.sort_by_key(|command| (command.created, command.id));
            Ok(commands)
        })
        .await
}

/// The edge has a command on disk, or has refused it: it is not sent again. The outcome follows as an event.
pub async fn received(scope: &OrgStore, edge: EdgeId, id: CommandId, now: Timestamp) -> Result<(), StoreError> {
    scope
        .write(move |tx| {
            let sql = "UPDATE command SET received = $3, state = CASE state WHEN 'sent' THEN 'accepted' ELSE state END
                       WHERE id = $1 AND edge = $2 AND received IS NULL";
            tx.execute(sql, &[SqlParam::from(&id), SqlParam::from(&edge), SqlParam::from(now)])
                .map(|_| ())
        })
        .await
}

/// Ends what can no longer be carried out: queued commands past their expiry, and sent ones that nobody confirmed.
/// Gives how many.
pub async fn sweep(scope: &OrgStore, now: Timestamp) -> Result<usize, StoreError> {
    let unconfirmed = Timestamp::from_millis(now.as_millis().saturating_sub(UNCONFIRMED.as_millis() as i64));
    let late = format!("((state = 'queued' AND expires <= $1) OR (state = 'sent' AND expires <= $2)) AND {NO_OUTCOME}");
    let look = format!("SELECT 1 FROM command WHERE {late} LIMIT 1");
    let values = move || [SqlParam::from(now), SqlParam::from(unconfirmed)];
    if scope
        .read(move |tx| tx.first(&look, &values(), |_| Ok(())))
        .await?
        .is_none()
    {
        return Ok(0);
    }
    let end = format!(
        "UPDATE command SET settled = $1, assumed = 1, reason = 'expired',
            detail = CASE state WHEN 'queued' THEN NULL ELSE 'the edge never confirmed it' END, state = 'expired'
         WHERE {late}"
    );
    scope.write(move |tx| tx.execute(&end, &values())).await
}

fn read(row: &SqlRow<'_>) -> Result<TrackedCommand, StoreError> {
    let reason = row.text_or_none(6)?.map(|text| serde_json::from_value(text.into()));
    Ok(TrackedCommand {
        command: row.json(0)?,
        state: row.parsed(1, "command state")?,
        attempts: row.count(2)?,
        sent: row.time_or_none(3)?,
        received: row.time_or_none(4)?,
        settled: row.time_or_none(5)?,
        reason: reason.transpose().map_err(|_| StoreError::Column {
            column: 6,
            expected: "reason",
        })?,
        detail: row.text_or_none(7)?,
        took_ms: row.count_or_none(8)?,
    })
}
