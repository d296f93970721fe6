//! Making it so: what each event changes. Never refuses, never looks at a clock.

use crate::{
    inbox::PendingCommand,
    state::{DevicePresence, Roster, RosterDevice},
};
use protocol::{
    DocumentId, Event, Fact,
    document::MAX_NAMES,
    fact::{CommandChange, DeviceChange, DeviceIdentity},
    text::{DeviceKind, ReasonWord},
};

/// How many of a device's own logs are remembered: the present one and those before its last wipes.
const LOGS_KEPT: usize = 4;

/// Applies one event of the facts lane.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "an app hears what it decides itself; the other facts are other apps'"
)]
pub fn apply(roster: &mut Roster, event: &Event) {
    mark(roster, event);
    match &event.fact {
        Fact::DevicePaired(found) => pair(roster, found),
        Fact::DeviceOnline(change) => turn(roster, change, DevicePresence::Online),
        Fact::DeviceOffline(change) => turn(roster, change, DevicePresence::Offline { reason: reason(change) }),
        Fact::DeviceDegraded(change) => turn(roster, change, DevicePresence::Degraded { reason: reason(change) }),
        Fact::DeviceRetired(change) => turn(roster, change, DevicePresence::Retired),
        Fact::DeviceReported(reported) => {
            if let Some(device) = roster.devices.get_mut(&reported.device) {
                device.reported.clone_from(&reported.settings);
            }
        }
        Fact::CommandAccepted(command) => roster.inbox.begin(command.command, pending(command, event)),
        Fact::CommandOk(command)
        | Fact::CommandFailed(command)
        | Fact::CommandExpired(command)
        | Fact::CommandRejected(command) => roster.inbox.settle(command.command),
        Fact::PolicyApplied(applied) => {
            let status = roster.documents.entry(applied.document.clone()).or_default();
            status.in_force = Some((applied.version, applied.hash));
            status.failed = None;
            forget_names(roster, &applied.document);
        }
        Fact::PolicyFailed(failed) => {
            let status = roster.documents.entry(failed.document.clone()).or_default();
            status.failed = failed.fault().map(|fault| (failed.version, fault));
            forget_names(roster, &failed.document);
        }
        _ => {}
    }
}

/// More names than the cloud remembers are of no use: one that is not held goes, never one that is, nor the newest.
fn forget_names(roster: &mut Roster, newest: &DocumentId) {
    if roster.documents.len() > MAX_NAMES {
        let mut names = roster.documents.iter();
        let free = names.find(|(name, status)| !status.is_held() && *name != newest);
        if let Some(name) = free.map(|(name, _)| name.clone()) {
            roster.documents.remove(&name);
        }
    }
}

fn mark(roster: &mut Roster, event: &Event) {
    let (Some(origin), Some(device)) = (&event.origin, event.fact.device()) else {
        return;
    };
    let Some(device) = roster.devices.get_mut(device) else {
        return;
    };
    let number = device.mark(origin.log.as_str()).unwrap_or(0).max(origin.number);
    device.marks.retain(|(log, _)| *log != origin.log);
    device.marks.push((origin.log.clone(), number));
    if device.marks.len() > LOGS_KEPT {
        device.marks.remove(0);
    }
}

fn pair(roster: &mut Roster, found: &DeviceIdentity) {
    let device = roster
        .devices
        .entry(found.device.clone())
        .or_insert_with(|| RosterDevice {
            kind: DeviceKind::default(),
            adapter: None,
            address: None,
            presence: DevicePresence::New,
            fw: None,
            reported: Default::default(),
            marks: Vec::new(),
        });
    device.kind.clone_from(&found.kind);
    device.adapter.clone_from(&found.adapter);
    device.address.clone_from(&found.address);
    if device.presence == DevicePresence::Retired {
        device.presence = DevicePresence::New;
    }
}

fn turn(roster: &mut Roster, change: &DeviceChange, presence: DevicePresence) {
    if let Some(device) = roster.devices.get_mut(&change.device) {
        device.presence = presence;
        if change.fw.is_some() {
            device.fw.clone_from(&change.fw);
        }
    }
}

fn reason(change: &DeviceChange) -> ReasonWord {
    change.reason.clone().unwrap_or_default()
}

fn pending(command: &CommandChange, event: &Event) -> PendingCommand {
    PendingCommand {
        name: command.command_name.clone(),
        device: command.device.clone(),
        expires: command.expires,
        accepted: event.at,
    }
}
