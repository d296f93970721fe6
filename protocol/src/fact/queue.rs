//! Facts about the queue: what became of each ticket, and who sat at which window.
//!
//! No name, phone number or token stands here: a ticket is known by its id, its holder by the hash of a token.

use super::Shape;
use crate::{
    id::{BookingId, PersonId, ProfileId, ScreenId, ServiceId, SpotId, TicketId},
    lang::Lang,
    queue::{Day, Source, TicketNumber, WaitRange},
    text::{CorrelationId, OutcomeCode, ReasonWord, TicketTokenHash},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A ticket was given out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TicketIssue {
    /// Which ticket.
    pub ticket: TicketId,
    /// What stands on it.
    pub number: TicketNumber,
    /// The local day it counts for.
    pub day: Day,
    /// What its holder came for.
    pub service: ServiceId,
    /// How it was taken.
    pub source: Source,
    /// The language its holder chose.
    pub lang: Lang,
    /// SHA-256 of the holder's token, lower-case hex: the token opens the phone page.
    pub token_hash: TicketTokenHash,
    /// How many waited before it.
    pub ahead: u32,
    /// How long it was said to take; none under five samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<WaitRange>,
    /// The agreed time it was taken for, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking: Option<BookingId>,
    /// When the agreed time is; the ticket's place in the queue goes by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booked_at: Option<Timestamp>,
}

/// A ticket was called to a window, or called again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowCall {
    /// Which ticket.
    pub ticket: TicketId,
    /// What stands on it.
    pub number: TicketNumber,
    /// What it waited for.
    pub service: ServiceId,
    /// The window.
    pub window: SpotId,
    /// What stands above the window.
    pub window_number: u16,
    /// Who called.
    pub operator: PersonId,
    /// 1 for the first call, one more with each recall.
    pub attempt: u8,
    /// Seconds it had waited, holds apart.
    pub wait_s: u64,
    /// Why it was picked before its turn, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picked: Option<String>,
}

/// A ticket's holder is at the window, or one service of the visit is finished, or all are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceSession {
    /// Which ticket.
    pub ticket: TicketId,
    /// The service.
    pub service: ServiceId,
    /// The window.
    pub window: SpotId,
    /// Who serves.
    pub operator: PersonId,
    /// Seconds it had waited for this service.
    pub wait_s: u64,
    /// Seconds it was served; 0 while it begins.
    pub serve_s: u64,
    /// The closing code the operator gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeCode>,
    /// The service the visit goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<ServiceId>,
}

/// A ticket changed its place or state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TicketChange {
    /// Which ticket.
    pub ticket: TicketId,
    /// The service it was for.
    pub service: ServiceId,
    /// The window it was at, where it was at one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<SpotId>,
    /// Who did it at a window; none: the holder, a screen, or time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<PersonId>,
    /// Why, as a short stable word or the operator's own: `timer`, `operator`, `customer`, `screen`,
    /// `recycled`, `no_show`, `age`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonWord>,
    /// Until when: it may come back, or is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A ticket goes to another service, window or person, or back where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TicketTransfer {
    /// Which ticket; its number stays.
    pub ticket: TicketId,
    /// The service it leaves.
    pub from: ServiceId,
    /// The service it waits for now.
    pub to: ServiceId,
    /// The only window that may call it, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<SpotId>,
    /// The only person who may call it, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Where it stands in its new queue.
    pub place: Place,
    /// It comes back to the window it leaves once it was served there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_to: Option<SpotId>,
    /// Who did it.
    pub operator: PersonId,
    /// The window it leaves.
    pub left: SpotId,
    /// Seconds it had been served there.
    pub serve_s: u64,
}

/// Where a transferred ticket stands in its new queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Before all others but those sent there earlier; after three of them in a row comes one who only waited.
    Front,
    /// By the time it was given out, as if it had waited there all along.
    #[default]
    ByAge,
    /// Behind all others.
    End,
}

/// A ticket's holder asked for more time: it stands some places further back, once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TicketDelay {
    /// Which ticket.
    pub ticket: TicketId,
    /// Its service.
    pub service: ServiceId,
    /// It stands behind this ticket now.
    pub behind: TicketId,
}

/// An operator's state at a window changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatorChange {
    /// Who.
    pub operator: PersonId,
    /// At which window.
    pub window: SpotId,
    /// The new state.
    pub state: OperatorState,
    /// Which services are called there from now on; none: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileId>,
    /// Why, for a break: one of the reasons of the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonWord>,
}

/// An operator's state at a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorState {
    /// Calls and serves.
    Ready,
    /// Pauses.
    Break,
    /// Signed out.
    Closed,
}

/// A service was opened or closed out of its hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceChange {
    /// Which service.
    pub service: ServiceId,
    /// What it is from now on.
    pub open: ServiceAvailability,
}

/// Whether a service takes tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceAvailability {
    /// In its hours.
    #[default]
    ByHours,
    /// Until local midnight whatever the hours say.
    Open,
    /// Not until local midnight.
    Closed,
}

/// A ticket's holder said how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// Which ticket.
    pub ticket: TicketId,
    /// The service that was done last.
    pub service: ServiceId,
    /// 1 (bad) to 5 (good).
    pub score: u8,
}

/// Somebody at a screen asks for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HelpRequest {
    /// Where.
    pub screen: ScreenId,
    /// The language chosen there.
    pub lang: Lang,
}

/// An announcement was played to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Announcement {
    /// The ticket called; none: another announcement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// In which languages, in order.
    pub langs: Vec<Lang>,
    /// How long it took, milliseconds.
    pub ms: u64,
}

/// A ticket is nobody's by itself; who served it is somebody.
macro_rules! of_a_ticket {
    ($($shape:ident: $personal:literal),*) => {
        $(impl Shape for $shape {
            fn personal(&self) -> u8 {
                $personal
            }
            fn belongs_to(&self) -> Option<CorrelationId> {
                Some(self.ticket.into())
            }
        })*
    };
}

of_a_ticket!(TicketIssue: 0, WindowCall: 1, ServiceSession: 1, TicketChange: 1, TicketTransfer: 1, TicketDelay: 0, Feedback: 0);

impl Shape for OperatorChange {
    fn personal(&self) -> u8 {
        1
    }
}

impl Shape for ServiceChange {}

impl Shape for HelpRequest {}

impl Shape for Announcement {
    fn belongs_to(&self) -> Option<CorrelationId> {
        self.ticket.map(CorrelationId::from)
    }
}
