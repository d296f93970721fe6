//! Decisions about devices, what they say, and the documents that configure them.

use crate::{
    leases::Leases,
    state::{DevicePresence, Roster},
};
use protocol::{
    Actor, DeviceId, Document, Fact, Origin,
    document::DocumentFault,
    fact::{DeviceChange, DeviceIdentity, DocumentChange},
    text::FirmwareVersion,
};

/// Whether a fact is news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Novelty {
    /// To be recorded.
    New,
    /// Recorded before, or no change: taken as done without a new event.
    Known,
}

/// Why a fact is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdmitError {
    /// No such device on the roster.
    UnknownDevice(DeviceId),
    /// A device spoke for another, or said what only the edge may say.
    NotYours(DeviceId),
}

/// Whether a fact may be recorded as `actor`'s, and whether it is news.
pub fn admit(roster: &Roster, actor: &Actor, fact: &Fact, origin: Option<&Origin>) -> Result<Novelty, AdmitError> {
    if let Actor::Device { id } = actor {
        if !fact.is_a_devices_own() || fact.device() != Some(id) {
            return Err(AdmitError::NotYours(id.clone()));
        }
        let known = roster
            .device(id)
            .filter(|device| device.presence != DevicePresence::Retired);
        let device = known.ok_or_else(|| AdmitError::UnknownDevice(id.clone()))?;
        if origin.is_some_and(|origin| {
            device
                .mark(origin.log.as_str())
                .is_some_and(|mark| origin.number <= mark)
        }) {
            return Ok(Novelty::Known);
        }
    }
    Ok(presence_novelty(roster, fact))
}

/// A presence fact that changes nothing is no news.
fn presence_novelty(roster: &Roster, fact: &Fact) -> Novelty {
    let reason = |change: &DeviceChange| change.reason.clone().unwrap_or_default();
    let (change, wanted) = if let Fact::DeviceOnline(change) = fact {
        (change, DevicePresence::Online)
    } else if let Fact::DeviceOffline(change) = fact {
        (change, DevicePresence::Offline { reason: reason(change) })
    } else if let Fact::DeviceDegraded(change) = fact {
        (change, DevicePresence::Degraded { reason: reason(change) })
    } else {
        return Novelty::New;
    };
    match roster.device(&change.device) {
        Some(device) if device.presence == wanted && (change.fw.is_none() || change.fw == device.fw) => Novelty::Known,
        _ => Novelty::New,
    }
}

/// The fact that a device is like this now, if that is news. Nothing of a retired or unknown device.
pub(crate) fn presence(
    roster: &Roster,
    device: &DeviceId,
    presence: DevicePresence,
    fw: Option<FirmwareVersion>,
) -> Option<Fact> {
    let known = roster.device(device)?;
    if known.presence == DevicePresence::Retired {
        return None;
    }
    let change = |reason| DeviceChange {
        device: device.clone(),
        reason,
        fw,
    };
    let fact = match presence {
        DevicePresence::Online => Fact::DeviceOnline(change(None)),
        DevicePresence::Offline { reason } => Fact::DeviceOffline(change(Some(reason))),
        DevicePresence::Degraded { reason } => Fact::DeviceDegraded(change(Some(reason))),
        DevicePresence::New => return None,
        DevicePresence::Retired => Fact::DeviceRetired(change(None)),
    };
    (presence_novelty(roster, &fact) == Novelty::New).then_some(fact)
}

/// A device that speaks for itself was heard: it is online, unless it is degraded and still is.
pub(crate) fn lease_renewed(roster: &Roster, device: &DeviceId) -> Option<Fact> {
    match roster.device(device)?.presence {
        DevicePresence::New | DevicePresence::Offline { .. } => presence(roster, device, DevicePresence::Online, None),
        DevicePresence::Online | DevicePresence::Degraded { .. } | DevicePresence::Retired => None,
    }
}

/// Devices whose lease has run out: offline, once each.
pub fn leases_expired(roster: &Roster, leases: &Leases, up_ms: u64) -> Vec<Fact> {
    let over = roster.devices().filter(|(id, device)| {
        matches!(
            device.presence,
            DevicePresence::Online | DevicePresence::Degraded { .. }
        ) && leases.is_over(id, up_ms)
    });
    over.filter_map(|(id, _)| {
        presence(
            roster,
            id,
            DevicePresence::Offline {
                reason: "silent".into(),
            },
            None,
        )
    })
    .collect()
}

/// A device is configured: paired, unless it is on the roster just like that.
pub(crate) fn enlist(roster: &Roster, found: DeviceIdentity) -> Option<Fact> {
    let known = roster.device(&found.device).is_some_and(|device| {
        device.presence != DevicePresence::Retired
            && (&device.kind, &device.adapter, &device.address) == (&found.kind, &found.adapter, &found.address)
    });
    (!known).then_some(Fact::DevicePaired(found))
}

/// A document took effect, or failed: the version before it stays in force. Nothing where that is known already.
pub(crate) fn document_settled(
    roster: &Roster,
    document: &Document,
    result: Result<(), DocumentFault>,
) -> Option<Fact> {
    let hash = document.hash();
    let status = roster.document(&document.id);
    let moved = |fault: Option<DocumentFault>| DocumentChange {
        document: document.id.clone(),
        version: document.version,
        hash,
        reason: fault.as_ref().map(|fault| fault.reason),
        detail: fault.and_then(|fault| fault.detail),
        needs_restart: document.requires_restart,
    };
    match result {
        Ok(()) => {
            let in_force = status.and_then(|status| status.in_force.as_ref());
            (in_force != Some(&(document.version, hash))).then(|| Fact::PolicyApplied(moved(None)))
        }
        Err(fault) => {
            let failed = status.and_then(|status| status.failed.as_ref());
            let is_known = failed.is_some_and(|(version, known)| (*version, known) == (document.version, &fault));
            (!is_known).then(|| Fact::PolicyFailed(moved(Some(fault))))
        }
    }
}
