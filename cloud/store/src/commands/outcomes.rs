//! What edges say became of commands, as a projection.
//!
//! The command itself is none: it is made, sent, confirmed and given up by the cloud, and no event says so. What an
//! edge says stands beside it here, and goes before whatever the cloud assumed.

use super::state::CommandState;
use crate::{
    error::StoreError,
    projection::{EventView, ProjectedEvent, Projection, ProjectionTable},
    tx::Tx,
    value::SqlParam,
};
use protocol::{CommandId, Fact, fact::CommandChange};
use std::sync::LazyLock;

/// The projection of commands' outcomes.
#[derive(Debug)]
pub(crate) struct CommandOutcomes;

/// A move of a command as its edge tells it.
#[derive(Debug)]
pub(crate) struct CommandStep {
    command: CommandId,
    state: CommandState,
    /// As stored.
    reason: Option<String>,
    detail: Option<String>,
    took_ms: Option<u64>,
}

impl Projection for CommandOutcomes {
    type Step = CommandStep;
    const NAME: &'static str = "commands";
    const VERSION: u32 = 1;
    const TABLES: &'static [ProjectionTable] = &[ProjectionTable {
        name: "command_outcome",
        ddl: "CREATE TABLE command_outcome (
            command {uuid} NOT NULL, edge {uuid} NOT NULL, state TEXT NOT NULL, final BIGINT NOT NULL,
            pos {bytes} NOT NULL, received {time} NOT NULL, settled {time}, reason TEXT, detail TEXT, took_ms BIGINT,
            PRIMARY KEY (command, edge));",
    }];

    fn reads(name: &str) -> bool {
        name.starts_with("command.")
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "other facts do not move commands")]
    fn step(event: &EventView<'_>) -> Option<CommandStep> {
        Some(match event.fact? {
            Fact::CommandAccepted(step) => CommandStep::new(CommandState::Accepted, step),
            Fact::CommandRunning(step) => CommandStep::new(CommandState::Running, step),
            Fact::CommandOk(step) => CommandStep::new(CommandState::Ok, step),
            Fact::CommandFailed(step) => CommandStep::new(CommandState::Failed, step),
            Fact::CommandExpired(step) => CommandStep::new(CommandState::Expired, step),
            Fact::CommandRejected(step) => CommandStep::new(CommandState::Rejected, step),
            _ => return None,
        })
    }

    fn apply(tx: &Tx<'_>, events: &[ProjectedEvent<'_, CommandStep>]) -> Result<(), StoreError> {
        for event in events {
            let (position, order) = (event.position, event.position.order());
            let CommandStep {
                command,
                state,
                reason,
                detail,
                took_ms,
            } = event.step;
            let settled = state.is_outcome().then_some(position.rx);
            let values = [
                SqlParam::from(command),
                SqlParam::from(&position.edge),
                SqlParam::from(state.as_str()),
                SqlParam::from(state.is_outcome()),
                SqlParam::from(&order),
                SqlParam::from(position.rx),
                SqlParam::from(settled),
                SqlParam::from(reason.as_ref()),
                SqlParam::from(detail.as_ref()),
                SqlParam::from(*took_ms),
            ];
            tx.execute(&KEEP, &values)?;
        }
        Ok(())
    }
}

/// An outcome goes before a step on the way; of two outcomes the first that happened stands, of two steps the last.
static KEEP: LazyLock<String> = LazyLock::new(|| {
    let goes_before = "excluded.final > command_outcome.final
        OR (excluded.final = command_outcome.final AND excluded.final = 1 AND excluded.pos < command_outcome.pos)
        OR (excluded.final = command_outcome.final AND excluded.final = 0 AND excluded.pos > command_outcome.pos)";
    let columns = ["state", "final", "pos", "settled", "reason", "detail", "took_ms"];
    let set = columns
        .map(|column| {
            format!("{column} = CASE WHEN {goes_before} THEN excluded.{column} ELSE command_outcome.{column} END")
        })
        .join(", ");
    format!(
        "INSERT INTO command_outcome (command, edge, state, final, pos, received, settled, reason, detail, took_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (command, edge) DO UPDATE SET {set}, received =
            CASE WHEN excluded.received < command_outcome.received THEN excluded.received
                 ELSE command_outcome.received END"
    )
});

impl CommandStep {
    fn new(state: CommandState, step: &CommandChange) -> Self {
        let CommandChange {
            command,
            reason,
            detail,
            took_ms,
            ..
        } = step;
        let reason = reason.and_then(|reason| serde_json::to_value(reason).ok());
        Self {
            command: *command,
            state,
            reason: reason.and_then(|reason| reason.as_str().map(str::to_owned)),
            detail: detail.clone(),
            took_ms: *took_ms,
        }
    }
}
