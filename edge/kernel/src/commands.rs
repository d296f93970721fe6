//! Commands: believed, taken on once, durable before they run, ended once.

use crate::{Effect, Refusal, kernel::Kernel, room::RoomClass};
use edge_roster::{JournalSpace, Request, Roster};
use protocol::{
    Command, CommandId, Fact, Outcome,
    fact::Audit,
    signed_text::{Purpose, SignedText},
};

impl Kernel {
    pub(crate) fn command(&mut self, signed: &SignedText) -> Result<CommandId, Refusal> {
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
        let room = if self.has_room(RoomClass::Work) {
            JournalSpace::Left
        } else {
            JournalSpace::UsedUp
        };
        let (id, name) = (command.id, command.action.name());
        let command = Box::new(command);
        let facts = self.decide_own::<Roster>(Request::Receive { command, me, room })?;
        if facts.iter().any(|fact| matches!(fact, Fact::CommandAccepted(_))) {
            tracing::info!(command = %id, name, "command accepted");
        }
        Ok(id)
    }

    pub(crate) fn settle(&mut self, command: CommandId, outcome: Outcome) -> Result<(), Refusal> {
        self.decide_own::<Roster>(Request::Settle { command, outcome })
            .map(|_| ())
    }

    /// The agent could not take an effect on.
    pub(crate) fn reject_effect(&mut self, effect: Effect) {
        match effect {
            Effect::Order { order, .. } => self.order_undelivered(order),
            Effect::Apply(document) => {
                if let Some(pending) = self.documents.remove(&document.id) {
                    pending.give_up(&Refusal::Busy);
                }
            }
        }
    }
}
