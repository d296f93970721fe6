//! Facts: what a device or person did, each with a dotted name and its own shape.
//!
//! One variant per name. A name once released keeps its meaning; a changed shape gets a new `v` in the envelope.

mod access;
mod audit;
mod device;
mod fields;
mod print;
mod queue;
mod scan;
mod site;

pub use access::{Crossing, Decider, DenyReason, Direction, Door, DoorChange, KeyKind, Passage};
pub use audit::{Audit, AuthFailure, CommandChange, Custom, DocumentChange};
pub use device::{DeviceChange, DeviceIdentity, Metric, SettingsReport, Span, SpanKind};
pub use print::{CoverState, PaperState, PrintChange, PrinterState};
pub use queue::{
    Announcement, Feedback, HelpRequest, OperatorChange, OperatorState, Place, ServiceAvailability, ServiceChange,
    ServiceSession, TicketChange, TicketDelay, TicketIssue, TicketTransfer, WindowCall,
};
pub use scan::CodeScan;
pub use site::{AgentStart, ClockChange, DropReason, EventRange, Heartbeat, JournalFilling, JournalFull, LinkChange};

pub(crate) use fields::{FactFields, once};

use crate::{id::DeviceId, lane::Lane, text::CorrelationId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeSeed, ser::SerializeStruct};

/// What every shape of a fact can be asked.
pub trait Shape {
    /// The device it is about, if any.
    fn device(&self) -> Option<&DeviceId> {
        None
    }
    /// How personal it is: 0 nothing, 1 ids that point to a person, 2 names, addresses, titles.
    fn personal(&self) -> u8 {
        0
    }
    /// The ticket, print or visit it belongs to, where it is of one.
    fn belongs_to(&self) -> Option<CorrelationId> {
        None
    }
}

/// Who may say a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FactAuthor {
    /// A device of itself, and the edge.
    Device,
    /// The edge alone.
    Edge,
}

macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident($shape:ty) = $name:literal in $lane:ident by $teller:ident,)*) => {
        /// A fact: `name` and `data`.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Fact {
            $($(#[$doc])* $variant($shape),)*
        }

        /// Which fact it is: says what shape its data has.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum FactName {
            $($variant),*
        }
        impl FactName {
            fn of(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(FactName::$variant),)*
                    _ => None,
                }
            }
        }
        impl<'de> DeserializeSeed<'de> for FactName {
            type Value = Fact;
            fn deserialize<D: Deserializer<'de>>(self, data: D) -> Result<Fact, D::Error> {
                match self { $(FactName::$variant => Deserialize::deserialize(data).map(Fact::$variant)),* }
            }
        }
        impl Fact {
            /// Writes `name` and `data` among the fields of an object.
            pub(crate) fn write<S: SerializeStruct>(&self, to: &mut S) -> Result<(), S::Error> {
                to.serialize_field("name", self.name())?;
                match self { $(Fact::$variant(shape) => to.serialize_field("data", shape)),* }
            }
            /// Adds the JSON of `data` to `out`.
            pub(crate) fn encode_data(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
                match self { $(Fact::$variant(shape) => serde_json::to_writer(out, shape)),* }
            }
        }

        /// The same by serde's derive, which [`Fact`] must agree with.
        #[cfg(test)]
        pub(crate) mod derived {
            use super::*;
            use crate::tests::fact_codec::Custom;

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[serde(tag = "name", content = "data")]
            #[allow(clippy::large_enum_variant, reason = "like the one it is compared with")]
            pub(crate) enum Fact {
                $(#[serde(rename = $name)] $variant($shape),)*
            }
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
            const fn teller(&self) -> FactAuthor {
                match self { $(Fact::$variant(_) => FactAuthor::$teller),* }
            }
            fn shape(&self) -> &dyn Shape {
                match self { $(Fact::$variant(shape) => shape),* }
            }
        }
    };
}

facts! {
    /// The agent started.
    SiteStarted(AgentStart) = "site.started" in Facts by Edge,
    /// Every 30 s: how the edge is.
    SiteHeartbeat(Heartbeat) = "site.heartbeat" in Telemetry by Edge,
    /// The cloud can be reached.
    LinkUp(LinkChange) = "site.link.up" in Facts by Edge,
    /// The cloud can no longer be reached.
    LinkDown(LinkChange) = "site.link.down" in Facts by Edge,
    /// The wall clock was set, or jumped.
    ClockChanged(ClockChange) = "site.clock.changed" in Facts by Edge,

    /// Something on the LAN or a bus that nobody configured.
    DeviceDiscovered(DeviceIdentity) = "device.discovered" in Facts by Edge,
    /// A device was added to the roster.
    DevicePaired(DeviceIdentity) = "device.paired" in Facts by Edge,
    /// A device can be talked to.
    DeviceOnline(DeviceChange) = "device.online" in Facts by Edge,
    /// A device cannot be talked to.
    DeviceOffline(DeviceChange) = "device.offline" in Facts by Edge,
    /// A device answers, but not as it should.
    DeviceDegraded(DeviceChange) = "device.degraded" in Facts by Device,
    /// A device was taken off the roster.
    DeviceRetired(DeviceChange) = "device.retired" in Facts by Edge,
    /// A device says what settings it runs with.
    DeviceReported(SettingsReport) = "device.reported" in Facts by Device,
    /// A device's figures.
    DeviceMetric(Metric) = "device.metric" in Telemetry by Device,
    /// Something only this device's owner gives a meaning to.
    DeviceCustom(Custom) = "device.custom" in Facts by Device,
    /// A stretch of time somebody spent on something.
    SpanRecorded(Span) = "agent.span.recorded" in Telemetry by Device,

    /// Somebody was let in or out.
    AccessGranted(Passage) = "access.granted" in Facts by Device,
    /// Somebody was refused.
    AccessDenied(Passage) = "access.denied" in Facts by Device,
    /// A door was opened.
    AccessOpened(DoorChange) = "access.opened" in Facts by Device,
    /// A door stands open for too long.
    AccessHeld(DoorChange) = "access.held" in Facts by Device,
    /// A door was opened by nobody known.
    AccessForced(DoorChange) = "access.forced" in Facts by Device,
    /// A door was closed.
    AccessClosed(DoorChange) = "access.closed" in Facts by Device,

    /// Somebody who was let through passed.
    AccessEntered(Crossing) = "access.entered" in Facts by Device,
    /// Somebody who was let through did not pass in time.
    AccessNotEntered(Crossing) = "access.not_entered" in Facts by Device,

    /// A code was scanned.
    DeviceScanned(CodeScan) = "device.scanned" in Facts by Device,

    /// A sheet is to be printed.
    PrintQueued(PrintChange) = "print.queued" in Facts by Edge,
    /// A sheet was printed, and the printer said so.
    PrintDone(PrintChange) = "print.printed" in Facts by Edge,
    /// A sheet was not printed, or not whole.
    PrintFailed(PrintChange) = "print.failed" in Facts by Edge,
    /// Nobody can say whether a sheet was printed: it is not printed again by itself.
    PrintDoubtful(PrintChange) = "print.doubtful" in Facts by Edge,
    /// How a printer is.
    PrinterChanged(PrinterState) = "printer.state" in Facts by Device,

    /// A ticket was given out.
    QueueIssued(TicketIssue) = "queue.ticket.issued" in Facts by Edge,
    /// A ticket was called to a window.
    QueueCalled(WindowCall) = "queue.ticket.called" in Facts by Edge,
    /// A ticket was called again.
    QueueRecalled(WindowCall) = "queue.ticket.recalled" in Facts by Edge,
    /// A ticket's holder is at the window: the service begins.
    QueueArrived(ServiceSession) = "queue.ticket.arrived" in Facts by Edge,
    /// One service of a visit is finished; the visit goes on.
    QueueServed(ServiceSession) = "queue.ticket.served" in Facts by Edge,
    /// The visit is over.
    QueueDone(ServiceSession) = "queue.ticket.done" in Facts by Edge,
    /// Nobody came when the ticket was called; it may come back for a while.
    QueueNoShow(TicketChange) = "queue.ticket.no_show" in Facts by Edge,
    /// A ticket waits again.
    QueueReturned(TicketChange) = "queue.ticket.returned" in Facts by Edge,
    /// A ticket is put aside for a while.
    QueueHeld(TicketChange) = "queue.ticket.held" in Facts by Edge,
    /// A ticket waits for another service, window or person.
    QueueTransferred(TicketTransfer) = "queue.ticket.transferred" in Facts by Edge,
    /// A ticket stands some places further back, as its holder asked.
    QueueDelayed(TicketDelay) = "queue.ticket.delayed" in Facts by Edge,
    /// A ticket was given up.
    QueueCancelled(TicketChange) = "queue.ticket.cancelled" in Facts by Edge,
    /// A ticket was not ended within 24 hours, or its return window passed.
    QueueExpired(TicketChange) = "queue.ticket.expired" in Facts by Edge,
    /// Somebody signed in at a window, pauses, or left.
    QueueOperator(OperatorChange) = "queue.operator.state" in Facts by Edge,
    /// A service was opened or closed out of its hours.
    QueueService(ServiceChange) = "queue.service.changed" in Facts by Edge,
    /// How a visit was.
    QueueFeedback(Feedback) = "queue.feedback.given" in Facts by Edge,
    /// Somebody at a screen asks for a person.
    HelpAsked(HelpRequest) = "queue.help.asked" in Facts by Edge,
    /// An announcement was played to its end.
    AnnouncePlayed(Announcement) = "announce.played" in Telemetry by Edge,

    /// A document took effect.
    PolicyApplied(DocumentChange) = "policy.applied" in Facts by Edge,
    /// A document could not take effect; the version before it stays in force.
    PolicyFailed(DocumentChange) = "policy.failed" in Facts by Edge,

    /// The edge took a command on.
    CommandAccepted(CommandChange) = "command.accepted" in Facts by Edge,
    /// A command is being carried out on the wire.
    CommandRunning(CommandChange) = "command.running" in Facts by Edge,
    /// A command was carried out.
    CommandOk(CommandChange) = "command.ok" in Facts by Edge,
    /// A command was tried and failed, or may have been carried out without an answer.
    CommandFailed(CommandChange) = "command.failed" in Facts by Edge,
    /// A command came too late and was not carried out.
    CommandExpired(CommandChange) = "command.expired" in Facts by Edge,
    /// A command was refused.
    CommandRejected(CommandChange) = "command.rejected" in Facts by Edge,

    /// A lane's budget will be used up before long.
    JournalFilling(JournalFilling) = "journal.filling" in Facts by Edge,
    /// A lane's budget is used up.
    JournalFull(JournalFull) = "journal.full" in Facts by Edge,
    /// Events of a lane are gone for good: the tombstone that explains the gap.
    JournalDropped(EventRange) = "journal.dropped" in Facts by Edge,
    /// Unsent events were written to a file.
    JournalExported(EventRange) = "journal.exported" in Facts by Edge,

    /// Somebody or something failed to sign in.
    AuthFailed(AuthFailure) = "auth.failed" in Facts by Edge,
    /// Somebody or something is locked out for a while.
    AuthLocked(AuthFailure) = "auth.locked" in Facts by Edge,
    /// Something worth an auditor's look was done or refused.
    Audited(Audit) = "audit.recorded" in Facts by Edge,
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Fact", 2)?;
        self.write(&mut object)?;
        object.end()
    }
}

impl Fact {
    /// The device it is about, if any.
    pub fn device(&self) -> Option<&DeviceId> {
        self.shape().device()
    }

    /// Whether a device may say this of itself; the rest is the edge's own to say.
    pub const fn is_a_devices_own(&self) -> bool {
        matches!(self.teller(), FactAuthor::Device)
    }

    /// How personal it is: 0 nothing, 1 ids that point to a person, 2 names, addresses, titles.
    pub fn personal(&self) -> u8 {
        self.shape().personal()
    }

    /// The ticket, print or visit it belongs to, where it is of one.
    pub fn belongs_to(&self) -> Option<CorrelationId> {
        self.shape().belongs_to()
    }
}
