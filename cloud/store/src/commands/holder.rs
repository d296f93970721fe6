//! What ticket holders ask of a branch: one open command per ticket and kind, and only a few of each.
//!
//! Decided in the transaction that queues: however many requests come at once, one command is signed.

use super::insert;
use crate::{audit::AuditEntry, db::OrgStore, error::StoreError, value::SqlParam};
use protocol::{Command, Timestamp, id::TicketId};
use std::time::Duration;

/// A further step of each tenant's file.
pub(crate) const TENANT_HOLDERS: &str = "
    CREATE TABLE holder_request (
        ticket TEXT NOT NULL, name TEXT NOT NULL, command {uuid} NOT NULL, at {time} NOT NULL, asked BIGINT NOT NULL,
        PRIMARY KEY (ticket, name));
    CREATE INDEX holder_request_at ON holder_request (at);
";

/// How often a ticket's holder may ask the same.
const MOST_ASKED: u64 = 5;
/// Longer than any ticket's page lives.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderCommandResult {
    /// Queued.
    Queued,
    /// The same was asked before and is still open.
    AlreadyOpen,
    /// The same was asked too often.
    Spent,
}

/// Queues what the holder of a ticket asks, with its audit line, unless the same is open.
pub async fn create_for_holder(
    scope: &OrgStore,
    ticket: TicketId,
    command: Command,
    entry: AuditEntry,
) -> Result<HolderCommandResult, StoreError> {
    scope
        .write(move |tx| {
            let (name, ticket) = (command.action.name(), ticket.to_string());
            let (ticket, name) = (SqlParam::from(&ticket), SqlParam::from(name));
            let kept = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
            let before = Timestamp::from_millis(command.created.as_millis().saturating_sub(kept));
            tx.execute("DELETE FROM holder_request WHERE at < $1", &[SqlParam::from(before)])?;
            let sql = "SELECT r.asked, EXISTS (SELECT 1 FROM command c WHERE c.id = r.command AND c.settled IS NULL
                           AND c.expires > $3 AND NOT EXISTS (
                               SELECT 1 FROM command_outcome o WHERE o.command = c.id AND o.edge = c.edge))
                       FROM holder_request r WHERE r.ticket = $1 AND r.name = $2";
            let now = SqlParam::from(command.created);
            let found = tx.first(sql, &[ticket, name, now], |row| Ok((row.count(0)?, row.flag(1)?)))?;
            match found {
                Some((_, true)) => return Ok(HolderCommandResult::AlreadyOpen),
                Some((asked, false)) if asked >= MOST_ASKED => return Ok(HolderCommandResult::Spent),
                Some(_) | None => {}
            }
            insert(tx, &command, &entry)?;
            let sql = "INSERT INTO holder_request (ticket, name, command, at, asked) VALUES ($1, $2, $3, $4, 1)
                       ON CONFLICT (ticket, name)
                       DO UPDATE SET command = excluded.command, at = excluded.at, asked = asked + 1";
            tx.execute(sql, &[ticket, name, SqlParam::from(&command.id), now])?;
            Ok(HolderCommandResult::Queued)
        })
        .await
}
