//! Commands: believed, taken on once, durable before they run, ended once.

use crate::{Effect, Refusal, kernel::Kernel};
use edge_roster::Arrival;
use protocol::{
    Command, CommandId, Fact, Outcome, Reason,
    fact::Audit,
    signed::{Purpose, Signed},
};
use tokio::time::Instant;

impl Kernel {
    pub(crate) fn command(&mut self, signed: &Signed) -> Result<CommandId, Refusal> {
        let Some(me) = self.trust.me else {
            return Err(Refusal::Untrusted("this edge is not enrolled".into()));
        };
        let command: Command = match signed.open(Purpose::Command, &self.trust.keys) {
            Ok(command) => command,
            Err(error) => {
                // Not an outcome: whoever cannot sign must not be able to end somebody's command.
                tracing::warn!(%error, "a command is not believed");
                let detail = Some(error.to_string());
                self.note(Fact::Audited(Audit {
                    action: "command.refused".into(),
                    entity: None,
                    detail,
                }));
                return Err(Refusal::Untrusted(error.to_string()));
            }
        };
        let room = self.has_room();
        let now = self.moment();
        match edge_roster::receive(&self.site.roster, &command, me, now, room) {
            Arrival::Known => {}
            Arrival::Ended(fact) => self.append_own(fact)?,
            Arrival::Accepted(fact) => {
                self.append_own(fact)?;
                let good_for = command.lifetime().min(command.expires.since(now.at));
                let (expires, deadline) = (command.expires, Instant::now() + good_for);
                tracing::info!(command = %command.id, name = command.action.name(), "command accepted");
                self.waiting.effect(Effect::Run {
                    command: Box::new(command.clone()),
                    expires,
                    deadline,
                });
            }
        }
        Ok(command.id)
    }

    pub(crate) fn settle(&mut self, command: CommandId, outcome: Outcome) -> Result<(), Refusal> {
        match edge_roster::settle(&self.site.roster, command, outcome, self.now()) {
            Some(fact) => self.append_own(fact),
            None => Ok(()),
        }
    }

    /// The agent could not take an effect on.
    pub(crate) fn could_not(&mut self, effect: Effect) {
        match effect {
            Effect::Run { command, .. } => {
                let detail = Some("too many commands at once".into());
                let outcome = Outcome::Rejected {
                    reason: Reason::Busy,
                    detail,
                };
                if let Some(fact) = edge_roster::settle(&self.site.roster, command.id, outcome, self.now()) {
                    self.note(fact);
                }
            }
            Effect::Print(wish) => {
                let outcome = Outcome::Rejected {
                    reason: Reason::Busy,
                    detail: Some("too_busy".into()),
                };
                if let Err(refusal) = self.printed(*wish, outcome) {
                    tracing::error!(%refusal, "the end of a print could not be recorded");
                }
            }
            Effect::Apply(document) => {
                if let Some(pending) = self.documents.remove(&document.id) {
                    pending.give_up(&Refusal::Busy);
                }
            }
        }
    }
}
