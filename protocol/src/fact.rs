//! Facts: what a device or person did, each with a dotted name and its own shape.
//!
//! One variant per name. A name once released keeps its meaning; a changed shape gets a new `v` in the envelope.

mod access;
mod device;
mod site;
mod work;

pub use access::{Decider, DenyReason, Direction, Door, DoorMove, KeyKind, Passage};
pub use device::{DeviceChange, DeviceFound, Metric, Reported, Span, SpanKind};
pub use site::{ClockChange, DropReason, Dropped, Heartbeat, JournalFull, LinkChange, Started};
pub use work::{Audit, AuthFailure, CommandMove, Custom, DocumentMove};

use crate::{id::DeviceId, lane::Lane};
use serde::{Deserialize, Serialize};

macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident($shape:ty) = $name:literal in $lane:ident,)*) => {
        /// A fact: `name` and `data`.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name", content = "data")]
        pub enum Fact {
            $($(#[$doc])* #[serde(rename = $name)] $variant($shape),)*
        }
        impl Fact {
            /// Every name there is.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The dotted name.
            pub const fn name(&self) -> &'static str {
                match self { $(Fact::$variant(_) => $name),* }
            }
            /// The lane it belongs to.
            pub const fn lane(&self) -> Lane {
                match self { $(Fact::$variant(_) => Lane::$lane),* }
            }
        }
    };
}

facts! {
    /// The agent started.
    SiteStarted(Started) = "site.started" in Facts,
    /// Every 30 s: how the edge is.
    SiteHeartbeat(Heartbeat) = "site.heartbeat" in Telemetry,
    /// The cloud can be reached.
    LinkUp(LinkChange) = "site.link.up" in Facts,
    /// The cloud can no longer be reached.
    LinkDown(LinkChange) = "site.link.down" in Facts,
    /// The wall clock was set, or jumped.
    ClockChanged(ClockChange) = "site.clock.changed" in Facts,

    /// Something on the LAN or a bus that nobody configured.
    DeviceDiscovered(DeviceFound) = "device.discovered" in Facts,
    /// A device was added to the roster.
    DevicePaired(DeviceFound) = "device.paired" in Facts,
    /// A device can be talked to.
    DeviceOnline(DeviceChange) = "device.online" in Facts,
    /// A device cannot be talked to.
    DeviceOffline(DeviceChange) = "device.offline" in Facts,
    /// A device answers, but not as it should.
    DeviceDegraded(DeviceChange) = "device.degraded" in Facts,
    /// A device was taken off the roster.
    DeviceRetired(DeviceChange) = "device.retired" in Facts,
    /// A device says what settings it runs with.
    DeviceReported(Reported) = "device.reported" in Facts,
    /// A device's figures.
    DeviceMetric(Metric) = "device.metric" in Telemetry,
    /// Something only this device's owner gives a meaning to.
    DeviceCustom(Custom) = "device.custom" in Facts,
    /// A stretch of time somebody spent on something.
    SpanRecorded(Span) = "agent.span.recorded" in Telemetry,

    /// Somebody was let in or out.
    AccessGranted(Passage) = "access.granted" in Facts,
    /// Somebody was refused.
    AccessDenied(Passage) = "access.denied" in Facts,
    /// A door was opened.
    AccessOpened(DoorMove) = "access.opened" in Facts,
    /// A door stands open for too long.
    AccessHeld(DoorMove) = "access.held" in Facts,
    /// A door was opened by nobody known.
    AccessForced(DoorMove) = "access.forced" in Facts,
    /// A door was closed.
    AccessClosed(DoorMove) = "access.closed" in Facts,

    /// A document took effect.
    PolicyApplied(DocumentMove) = "policy.applied" in Facts,
    /// A document could not take effect; the version before it stays in force.
    PolicyFailed(DocumentMove) = "policy.failed" in Facts,

    /// The edge took a command on.
    CommandAccepted(CommandMove) = "command.accepted" in Facts,
    /// A command is being carried out on the wire.
    CommandRunning(CommandMove) = "command.running" in Facts,
    /// A command was carried out.
    CommandOk(CommandMove) = "command.ok" in Facts,
    /// A command was tried and failed, or may have been carried out without an answer.
    CommandFailed(CommandMove) = "command.failed" in Facts,
    /// A command came too late and was not carried out.
    CommandExpired(CommandMove) = "command.expired" in Facts,
    /// A command was refused.
    CommandRejected(CommandMove) = "command.rejected" in Facts,

    /// A lane's budget is used up.
    JournalFull(JournalFull) = "journal.full" in Facts,
    /// Events of a lane are gone for good: the tombstone that explains the gap.
    JournalDropped(Dropped) = "journal.dropped" in Facts,
    /// Unsent events were written to a file.
    JournalExported(Dropped) = "journal.exported" in Facts,

    /// Somebody or something failed to sign in.
    AuthFailed(AuthFailure) = "auth.failed" in Facts,
    /// Somebody or something is locked out for a while.
    AuthLocked(AuthFailure) = "auth.locked" in Facts,
    /// Something worth an auditor's look was done or refused.
    Audited(Audit) = "audit.recorded" in Facts,
}

impl Fact {
    /// The device it is about, if any.
    pub fn device(&self) -> Option<&DeviceId> {
        match self {
            Fact::DeviceDiscovered(found) | Fact::DevicePaired(found) => Some(&found.device),
            Fact::DeviceOnline(change)
            | Fact::DeviceOffline(change)
            | Fact::DeviceDegraded(change)
            | Fact::DeviceRetired(change) => Some(&change.device),
            Fact::DeviceReported(reported) => Some(&reported.device),
            Fact::DeviceMetric(metric) => metric.device.as_ref(),
            Fact::DeviceCustom(custom) => Some(&custom.device),
            Fact::SpanRecorded(span) => Some(&span.device),
            Fact::AccessGranted(passage) | Fact::AccessDenied(passage) => Some(&passage.device),
            Fact::AccessOpened(door) | Fact::AccessHeld(door) | Fact::AccessForced(door) | Fact::AccessClosed(door) => {
                Some(&door.device)
            }
            Fact::CommandAccepted(command)
            | Fact::CommandRunning(command)
            | Fact::CommandOk(command)
            | Fact::CommandFailed(command)
            | Fact::CommandExpired(command)
            | Fact::CommandRejected(command) => command.device.as_ref(),
            Fact::AuthFailed(failure) | Fact::AuthLocked(failure) => failure.device.as_ref(),
            Fact::SiteStarted(_)
            | Fact::SiteHeartbeat(_)
            | Fact::LinkUp(_)
            | Fact::LinkDown(_)
            | Fact::ClockChanged(_)
            | Fact::PolicyApplied(_)
            | Fact::PolicyFailed(_)
            | Fact::JournalFull(_)
            | Fact::JournalDropped(_)
            | Fact::JournalExported(_)
            | Fact::Audited(_) => None,
        }
    }

    /// Whether a device may say this of itself; the rest is the edge's own to say.
    pub const fn is_a_devices_own(&self) -> bool {
        match self {
            Fact::DeviceDegraded(_)
            | Fact::DeviceReported(_)
            | Fact::DeviceMetric(_)
            | Fact::DeviceCustom(_)
            | Fact::SpanRecorded(_)
            | Fact::AccessGranted(_)
            | Fact::AccessDenied(_)
            | Fact::AccessOpened(_)
            | Fact::AccessHeld(_)
            | Fact::AccessForced(_)
            | Fact::AccessClosed(_) => true,
            Fact::SiteStarted(_)
            | Fact::SiteHeartbeat(_)
            | Fact::LinkUp(_)
            | Fact::LinkDown(_)
            | Fact::ClockChanged(_)
            | Fact::DeviceDiscovered(_)
            | Fact::DevicePaired(_)
            | Fact::DeviceOnline(_)
            | Fact::DeviceOffline(_)
            | Fact::DeviceRetired(_)
            | Fact::PolicyApplied(_)
            | Fact::PolicyFailed(_)
            | Fact::CommandAccepted(_)
            | Fact::CommandRunning(_)
            | Fact::CommandOk(_)
            | Fact::CommandFailed(_)
            | Fact::CommandExpired(_)
            | Fact::CommandRejected(_)
            | Fact::JournalFull(_)
            | Fact::JournalDropped(_)
            | Fact::JournalExported(_)
            | Fact::AuthFailed(_)
            | Fact::AuthLocked(_)
            | Fact::Audited(_) => false,
        }
    }

    /// How personal it is: 0 nothing, 1 ids that point to a person, 2 names, addresses, titles.
    pub const fn personal(&self) -> u8 {
        match self {
            Fact::SpanRecorded(span) if span.title.is_some() || span.url.is_some() => 2,
            Fact::SpanRecorded(span) => span.person.is_some() as u8,
            Fact::AccessGranted(passage) | Fact::AccessDenied(passage) => passage.person.is_some() as u8,
            Fact::DeviceCustom(_) => 1,
            Fact::SiteStarted(_)
            | Fact::SiteHeartbeat(_)
            | Fact::LinkUp(_)
            | Fact::LinkDown(_)
            | Fact::ClockChanged(_)
            | Fact::DeviceDiscovered(_)
            | Fact::DevicePaired(_)
            | Fact::DeviceOnline(_)
            | Fact::DeviceOffline(_)
            | Fact::DeviceDegraded(_)
            | Fact::DeviceRetired(_)
            | Fact::DeviceReported(_)
            | Fact::DeviceMetric(_)
            | Fact::AccessOpened(_)
            | Fact::AccessHeld(_)
            | Fact::AccessForced(_)
            | Fact::AccessClosed(_)
            | Fact::PolicyApplied(_)
            | Fact::PolicyFailed(_)
            | Fact::CommandAccepted(_)
            | Fact::CommandRunning(_)
            | Fact::CommandOk(_)
            | Fact::CommandFailed(_)
            | Fact::CommandExpired(_)
            | Fact::CommandRejected(_)
            | Fact::JournalFull(_)
            | Fact::JournalDropped(_)
            | Fact::JournalExported(_)
            | Fact::AuthFailed(_)
            | Fact::AuthLocked(_)
            | Fact::Audited(_) => 0,
        }
    }
}
