//! What a desk says after each deed: what happened, or why not and what to do.

use crate::{live_feed::BranchSnapshot, words};
use edge_queue::Refusal;
use protocol::{Fact, Lang};

/// What happened, for the operator.
pub(super) fn done(lang: Lang, facts: &[Fact], picture: &BranchSnapshot) -> String {
    let called = facts.iter().find_map(|fact| {
        if let Fact::QueueCalled(called) | Fact::QueueRecalled(called) = fact {
            Some(words::desk_called(lang, called.number))
        } else {
            None
        }
    });
    let moved = facts.iter().find_map(|fact| {
        if let Fact::QueueTransferred(moved) = fact {
            Some(words::desk_transferred(lang, picture.service_name(&moved.to, lang)))
        } else {
            None
        }
    });
    called.or(moved).unwrap_or_else(|| words::desk_done(lang).to_owned())
}

/// Why not, and what to do.
pub(super) fn refusal(lang: Lang, refusal: &Refusal, picture: &BranchSnapshot) -> String {
    let plain = match refusal {
        Refusal::NobodyWaits => words::refused_nobody_waits(lang),
        Refusal::Busy { .. } => words::refused_busy(lang),
        Refusal::NoTicket => words::refused_no_ticket(lang),
        Refusal::TooSoon { after_s } => {
            return words::refused_too_soon(lang, u32::try_from(*after_s).unwrap_or(u32::MAX));
        }
        Refusal::RecalledEnough { most } => return words::refused_recalled_enough(lang, u32::from(*most)),
        Refusal::NotSignedIn | Refusal::UnknownOperator => words::refused_not_signed_in(lang),
        Refusal::OnBreak => words::refused_on_break(lang),
        Refusal::WindowTaken { .. } => words::refused_window_taken(lang),
        Refusal::SignedInElsewhere { window } => {
            return words::refused_elsewhere(lang, picture.window_number(window));
        }
        Refusal::Elsewhere { window } => return words::refused_ticket_elsewhere(lang, picture.window_number(window)),
        Refusal::UnknownTicket | Refusal::WrongState { .. } => words::refused_wrong_state(lang),
        Refusal::OutcomeNeeded | Refusal::UnknownOutcome { .. } => words::refused_outcome(lang),
        Refusal::ReasonNeeded | Refusal::UnknownReason => words::refused_reason(lang),
        Refusal::Closed { .. } => words::refused_closed(lang),
        Refusal::TooManyWaiting { most } | Refusal::TooManyOnline { most } => {
            return words::refused_too_many(lang, u32::from(*most));
        }
        Refusal::TooLate { .. } => words::refused_too_late(lang),
        Refusal::NoBranch
        | Refusal::UnknownService { .. }
        | Refusal::UnknownWindow { .. }
        | Refusal::UnknownProfile { .. }
        | Refusal::UnknownBooking
        | Refusal::OtherService { .. }
        | Refusal::TokenTaken
        | Refusal::TooEarly { .. }
        | Refusal::AlreadyUsed
        | Refusal::DelayedAlready
        | Refusal::NobodyBehind
        | Refusal::BadMinutes
        | Refusal::BadScore
        | Refusal::ScoredAlready => words::refused_other(lang),
    };
    plain.to_owned()
}
