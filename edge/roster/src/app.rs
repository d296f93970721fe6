//! The roster as the kernel runs it: devices and how they are, commands and how they end, documents in force.

use crate::{
    DevicePresence, EdgeIds, JournalSpace, Roster,
    decide::{CommandAcceptance, document_settled, enlist, interrupted, lease_renewed, presence, receive, settle},
};
use edge_app::{App, Decision, Moment, RecordedFact, Work};
use protocol::{
    Command, CommandId, DeviceId, Document, Event, Fact, Outcome, Reason, document::DocumentFault,
    fact::DeviceIdentity, text::FirmwareVersion,
};
use std::{convert::Infallible, time::Duration};

/// What can be asked of the roster.
#[derive(Debug, Clone)]
pub enum Request {
    /// A device is configured.
    Enlist(DeviceIdentity),
    /// A device is like this now.
    Presence {
        /// Which.
        device: DeviceId,
        /// How it is.
        presence: DevicePresence,
        /// Its firmware, where it said so.
        fw: Option<FirmwareVersion>,
    },
    /// A device that speaks for itself was heard.
    LeaseRenewed(DeviceId),
    /// A command arrived whose signature is good.
    Receive {
        /// The command.
        command: Box<Command>,
        /// Who this edge is.
        me: EdgeIds,
        /// Whether new work is taken on.
        room: JournalSpace,
    },
    /// A command ended. Only the first word counts.
    Settle {
        /// Which.
        command: CommandId,
        /// How.
        outcome: Outcome,
    },
    /// A document took effect, or failed with a reason.
    DocumentSettled {
        /// Which.
        document: Box<Document>,
        /// Why it failed, where it did.
        result: Result<(), DocumentFault>,
    },
}

/// A command to be carried out, accepted and on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandOrder {
    /// The command. By the edge's wall clock it must not begin from its `expires` on.
    pub command: Box<Command>,
    /// How long after it was accepted it may begin, by the monotonic clock.
    pub good_for: Duration,
}

impl App for Roster {
    const NAME: &'static str = "roster";
    type State = Roster;
    type Setup = ();
    type Change = Infallible;
    type Request = Request;
    type Refusal = Infallible;
    type Order = CommandOrder;

    fn decide(roster: &Roster, (): &(), request: Request, now: Moment) -> Result<Decision<CommandOrder>, Infallible> {
        Ok(match request {
            Request::Enlist(found) => Decision::begun(enlist(roster, found)),
            Request::Presence {
                device,
                presence: is,
                fw,
            } => Decision::begun(presence(roster, &device, is, fw)),
            Request::LeaseRenewed(device) => Decision::begun(lease_renewed(roster, &device)),
            Request::Receive { command, me, room } => receive_command(roster, command, me, now, room),
            Request::Settle { command, outcome } => Decision::begun(settle(roster, command, outcome, now.at)),
            Request::DocumentSettled { document, result } => {
                Decision::begun(document_settled(roster, &document, result))
            }
        })
    }

    fn apply(roster: &mut Roster, event: &Event) {
        crate::apply(roster, event);
    }

    fn concerns(event: &Event) -> bool {
        let name = event.fact.name();
        event.origin.is_some()
            || ["device.", "command.", "policy."]
                .iter()
                .any(|own| name.starts_with(own))
    }

    fn configure((): &mut (), change: Infallible) {
        match change {}
    }

    fn interrupted(roster: &Roster, now: Moment) -> Vec<RecordedFact> {
        let facts: Vec<Fact> = interrupted(roster, now.at);
        facts.into_iter().map(RecordedFact::from).collect()
    }

    fn undelivered(order: CommandOrder) -> Option<Request> {
        Some(Request::Settle {
            command: order.command.id,
            outcome: Outcome::Rejected {
                reason: Reason::Busy,
                detail: Some("too many commands at once".to_owned()),
            },
        })
    }
}

fn receive_command(
    roster: &Roster,
    command: Box<Command>,
    me: EdgeIds,
    now: Moment,
    room: JournalSpace,
) -> Decision<CommandOrder> {
    match receive(roster, &command, me, now, room) {
        CommandAcceptance::Known => Decision::nothing(),
        CommandAcceptance::Ended(fact) => Decision::begun([fact]),
        CommandAcceptance::Accepted(fact) => {
            let good_for = command.lifetime().min(command.expires.since(now.at));
            Decision {
                facts: vec![fact.into()],
                orders: vec![CommandOrder { command, good_for }],
                // A full disk has refused it already, with an outcome of its own.
                work: Work::Begun,
            }
        }
    }
}
