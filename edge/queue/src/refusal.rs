//! Why the queue says no: one variant per reason, each with a stable word for screens to translate.

use crate::TicketPhase;
use protocol::{
    PersonId, SpotId, Timestamp,
    id::{ProfileId, ServiceId, TicketId},
};

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident $({ $($(#[$of:meta])* $field:ident: $kind:ty),* })? = $word:literal, $text:literal;)*) => {
        /// Why a request is refused. Nothing has happened then.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum Refusal {
            $($(#[$doc])* #[error($text)] $variant $({ $($(#[$of])* $field: $kind),* })?,)*
        }
        impl Refusal {
            /// Every word there is, in the order of the variants.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// A short stable word, e.g. `nobody_waits`: screens have a sentence for each in every language.
            pub const fn word(&self) -> &'static str {
                match self { $(Refusal::$variant { .. } => $word),* }
            }
        }
    };
}

refusals! {
    /// Nothing was set up yet.
    NoBranch = "no_branch", "no branch was set up";
    /// The branch has no such service.
    UnknownService {
        /// Which.
        service: ServiceId
    } = "unknown_service", "there is no service {service}";
    /// The branch has no such window.
    UnknownWindow {
        /// Which.
        window: SpotId
    } = "unknown_window", "there is no window {window}";
    /// Nobody of that id works here.
    UnknownOperator = "unknown_operator", "nobody of that id serves here";
    /// The branch has no such profile.
    UnknownProfile {
        /// Which.
        profile: ProfileId
    } = "unknown_profile", "there is no profile {profile}";
    /// No such ticket, or it ended long ago.
    UnknownTicket = "unknown_ticket", "there is no such ticket";
    /// Nobody agreed a time with that code for that service.
    UnknownBooking = "unknown_booking", "no time was agreed with that code";
    /// A time was agreed with that code, for something else.
    OtherService {
        /// What for.
        booked: ServiceId
    } = "other_service", "that code is for {booked}";
    /// The service takes no tickets now.
    Closed {
        /// When it will, where that is known.
        opens: Option<Timestamp>
    } = "closed", "the service is closed now";
    /// As many wait as the rules allow.
    TooManyWaiting {
        /// How many that is.
        most: u16
    } = "too_many_waiting", "{most} tickets wait already";
    /// As many wait as may be taken on phones: the others are for whoever stands in the hall.
    TooManyOnline {
        /// How many that is.
        most: u16
    } = "too_many_online", "{most} tickets taken on phones wait already";
    /// Another ticket has that token.
    TokenTaken = "token_taken", "another ticket has that token";
    /// Nobody waits whom this window serves.
    NobodyWaits = "nobody_waits", "nobody waits for this window";
    /// The ticket at the window comes first.
    Busy {
        /// Which.
        ticket: TicketId
    } = "busy", "ticket {ticket} is still at the window";
    /// No ticket is at the window.
    NoTicket = "no_ticket", "no ticket is at the window";
    /// The last call was a moment ago.
    TooSoon {
        /// Seconds until it may be called again.
        after_s: u64
    } = "too_soon", "it may be called again in {after_s} s";
    /// It was called again as often as the rules allow.
    RecalledEnough {
        /// How often that is.
        most: u8
    } = "recalled_enough", "it was called again {most} times already";
    /// That operator is not signed in there.
    NotSignedIn = "not_signed_in", "that operator is not signed in at that window";
    /// The operator pauses.
    OnBreak = "on_break", "the operator pauses";
    /// Somebody else sits there.
    WindowTaken {
        /// Who.
        by: PersonId
    } = "window_taken", "somebody else is signed in at that window";
    /// The operator sits somewhere else.
    SignedInElsewhere {
        /// Where.
        window: SpotId
    } = "signed_in_elsewhere", "that operator is signed in at {window}";
    /// The ticket's state does not allow it.
    WrongState {
        /// What it is.
        is: TicketPhase
    } = "wrong_state", "the ticket is {is}";
    /// The ticket is at another window.
    Elsewhere {
        /// Where.
        window: SpotId
    } = "elsewhere", "the ticket is at {window}";
    /// The service is closed with a code only.
    OutcomeNeeded = "outcome_needed", "a closing code is needed";
    /// The service has no such code.
    UnknownOutcome {
        /// Which.
        outcome: ServiceId
    } = "unknown_outcome", "the service has no closing code {outcome}";
    /// The agreed time is not near yet.
    TooEarly {
        /// From when a ticket is given.
        from: Timestamp
    } = "too_early", "a ticket is given from {from}";
    /// The time in which it was possible has passed.
    TooLate {
        /// Until when it was.
        until: Timestamp
    } = "too_late", "it was possible until {until}";
    /// The agreed time has had its ticket.
    AlreadyUsed = "already_used", "a ticket was given for that booking already";
    /// More time was asked for once already.
    DelayedAlready = "delayed_already", "more time was asked for once already";
    /// Nobody is behind it.
    NobodyBehind = "nobody_behind", "nobody waits behind that ticket";
    /// A reason is needed, 1 to 80 characters.
    ReasonNeeded = "reason_needed", "a reason of 1 to 80 characters is needed";
    /// The rules have no such reason for a break.
    UnknownReason = "unknown_reason", "the rules have no such reason for a break";
    /// Not 1 to 240 minutes.
    BadMinutes = "bad_minutes", "a ticket is held for 1 to 240 minutes";
    /// Not 1 to 5.
    BadScore = "bad_score", "a score is 1 to 5";
    /// Something was said before.
    ScoredAlready = "scored_already", "a score was given already";
}
