//! Decisions about commands: taken on at most once, never late, each with exactly one outcome.

use super::{EdgeIds, JournalSpace};
use crate::{
    inbox::PendingCommand,
    state::{DevicePresence, Roster},
};
use edge_app::Moment;
use protocol::{
    ClockState, Command, CommandId, Fact, Outcome, Reason, Timestamp,
    command::{ActionTarget, Actuation},
    fact::{Audit, CommandChange},
};
use std::time::Duration;

/// How far a command may have been made in our future before the clocks count as disagreeing.
const TOLERANCE: Duration = Duration::from_secs(5);

/// What becomes of a command that arrived.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CommandAcceptance {
    /// Seen before: nothing happens, its outcome is or will be in the journal.
    Known,
    /// To be carried out once this fact is on disk.
    Accepted(Fact),
    /// Not carried out; this fact says why.
    Ended(Fact),
}

/// A command arrived whose signature is good. `room` says whether the journal takes new work on.
pub(crate) fn receive(
    roster: &Roster,
    command: &Command,
    me: EdgeIds,
    now: Moment,
    room: JournalSpace,
) -> CommandAcceptance {
    if command.edge != me.edge || command.org != me.org {
        // Not an outcome: a command relayed to the wrong edge must not be settled by it.
        return CommandAcceptance::Ended(Fact::Audited(Audit {
            action: "command.misdirected".into(),
            entity: Some(command.id.to_string().into()),
            detail: Some("signed for another edge".into()),
        }));
    }
    if roster.inbox().knows(&command.id) {
        return CommandAcceptance::Known;
    }
    let refused = |reason| CommandAcceptance::Ended(Fact::CommandRejected(new_change(command, Some(reason))));
    if now.at >= command.expires {
        return CommandAcceptance::Ended(Fact::CommandExpired(new_change(command, Some(Reason::Expired))));
    }
    if room == JournalSpace::UsedUp {
        return refused(Reason::Full);
    }
    let spec = command.action.spec();
    if command.lifetime() > spec.longest {
        return refused(Reason::Policy);
    }
    let clocks_disagree = command.created > now.at.plus(TOLERANCE);
    if spec.actuates == Actuation::Yes && (now.clock == ClockState::Estimated || clocks_disagree) {
        return refused(Reason::ClockUnsynced);
    }
    if let Some(id) = &command.device {
        match roster.device(id).map(|device| &device.presence) {
            None | Some(DevicePresence::Retired) => return refused(Reason::UnknownTarget),
            Some(DevicePresence::New | DevicePresence::Offline { .. }) => return refused(Reason::Offline),
            Some(DevicePresence::Online | DevicePresence::Degraded { .. }) => {}
        }
    } else if spec.target == ActionTarget::Device {
        return refused(Reason::UnknownTarget);
    }
    CommandAcceptance::Accepted(Fact::CommandAccepted(new_change(command, None)))
}

/// A command under way ended. Only the first word counts.
pub(crate) fn settle(roster: &Roster, command: CommandId, outcome: Outcome, now: Timestamp) -> Option<Fact> {
    let pending = roster.inbox().open(&command)?;
    let moved = |reason, detail| pending_change(command, pending, reason, detail, now);
    Some(match outcome {
        Outcome::Ok { detail } => Fact::CommandOk(moved(None, detail)),
        Outcome::Failed { reason, detail } => Fact::CommandFailed(moved(Some(reason), detail)),
        Outcome::Expired => Fact::CommandExpired(moved(Some(Reason::Expired), None)),
        Outcome::Rejected { reason, detail } => Fact::CommandRejected(moved(Some(reason), detail)),
    })
}

/// After a restart: commands found under way may or may not have been carried out, and are not tried again.
pub(crate) fn interrupted(roster: &Roster, now: Timestamp) -> Vec<Fact> {
    let fail = |(id, pending): (&CommandId, &PendingCommand)| {
        Fact::CommandFailed(pending_change(
            *id,
            pending,
            Some(Reason::Interrupted),
            Some("the edge restarted".into()),
            now,
        ))
    };
    roster.inbox().all_open().map(fail).collect()
}

fn new_change(command: &Command, reason: Option<Reason>) -> CommandChange {
    CommandChange {
        command: command.id,
        command_name: command.action.name().into(),
        device: command.device.clone(),
        expires: command.expires,
        reason,
        detail: None,
        took_ms: None,
    }
}

fn pending_change(
    command: CommandId,
    pending: &PendingCommand,
    reason: Option<Reason>,
    detail: Option<String>,
    now: Timestamp,
) -> CommandChange {
    CommandChange {
        command,
        command_name: pending.name.clone(),
        device: pending.device.clone(),
        expires: pending.expires,
        reason,
        detail,
        took_ms: u64::try_from(now.since(pending.accepted).as_millis()).ok(),
    }
}
