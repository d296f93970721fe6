//! Facts as a line each, for scripts to compare.

use super::sample_branch::person;
use protocol::{
    Fact, PersonId,
    fact::{OperatorChange, OperatorState, Place, ServiceSession, TicketChange, TicketTransfer, WindowCall},
    id::TicketId,
};

/// A fact in a line; none for the clock's.
pub(super) fn tell(fact: &Fact) -> Option<String> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the queue says no others")]
    Some(match fact {
        Fact::QueueIssued(issued) => {
            let wait = issued
                .wait
                .map_or(String::new(), |wait| format!(", {}–{} min", wait.lo_min, wait.hi_min));
            let right = issued.booked_at.map_or("", |_| ", with a right");
            let (name, number, day) = (name(issued.ticket), issued.number, issued.day);
            format!(
                "{name} is {number} of {day} for {}, {} ahead{wait}{right}",
                issued.service, issued.ahead
            )
        }
        Fact::QueueCalled(call) => called(call, "called"),
        Fact::QueueRecalled(call) => called(call, "recalled"),
        Fact::QueueArrived(here) => served(here, "arrived"),
        Fact::QueueServed(here) => served(here, "served"),
        Fact::QueueDone(here) => served(here, "done"),
        Fact::QueueNoShow(gone) => moved(gone, "no show"),
        Fact::QueueReturned(back) => moved(back, "waits again"),
        Fact::QueueHeld(held) => moved(held, "held"),
        Fact::QueueCancelled(gone) => moved(gone, "cancelled"),
        Fact::QueueExpired(gone) => moved(gone, "expired"),
        Fact::QueueTransferred(sent) => transferred(sent),
        Fact::QueueDelayed(delayed) => format!("{} now behind {}", name(delayed.ticket), name(delayed.behind)),
        Fact::QueueOperator(change) => seated(change),
        Fact::QueueService(change) => format!("{} {:?}", change.service, change.open),
        Fact::QueueFeedback(said) => format!("{} gives {} for {}", name(said.ticket), said.score, said.service),
        Fact::HelpAsked(asked) => format!("help at {} in {}", asked.screen, asked.lang),
        _ => return None,
    })
}

fn transferred(sent: &TicketTransfer) -> String {
    let window = sent
        .window
        .as_ref()
        .map_or(String::new(), |window| format!(" to {window}"));
    let with = sent.person.map_or(String::new(), |with| format!(" with {}", who(with)));
    let back = sent
        .back_to
        .as_ref()
        .map_or(String::new(), |back| format!(", back to {back}"));
    let place = match sent.place {
        Place::Front => "front",
        Place::ByAge => "by age",
        Place::End => "end",
    };
    let (name, serve_s) = (name(sent.ticket), sent.serve_s);
    format!(
        "{name} sent from {} to {}{window}{with}, {place}{back}, after {serve_s} s",
        sent.from, sent.to
    )
}

fn seated(change: &OperatorChange) -> String {
    let state = match change.state {
        OperatorState::Ready => "ready",
        OperatorState::Break => "on a break",
        OperatorState::Closed => "gone",
    };
    let profile = change
        .profile
        .as_ref()
        .map_or(String::new(), |profile| format!(" as {profile}"));
    let reason = change
        .reason
        .as_ref()
        .map_or(String::new(), |reason| format!(": {reason}"));
    format!(
        "{} at {} is {state}{profile}{reason}",
        who(change.operator),
        change.window
    )
}

fn called(call: &WindowCall, how: &str) -> String {
    let picked = call
        .picked
        .as_ref()
        .map_or(String::new(), |why| format!(" because {why}"));
    let (name, number) = (name(call.ticket), call.number);
    format!(
        "{name} {number} {how} to {} ({}), call {}, after {} s{picked}",
        call.window, call.window_number, call.attempt, call.wait_s
    )
}

fn served(here: &ServiceSession, how: &str) -> String {
    let outcome = here.outcome.as_ref().map_or(String::new(), |code| format!(", {code}"));
    let next = here
        .next
        .as_ref()
        .map_or(String::new(), |next| format!(", then {next}"));
    let (name, wait_s, serve_s) = (name(here.ticket), here.wait_s, here.serve_s);
    format!(
        "{name} {how} at {} with {}: waited {wait_s} s, served {serve_s} s{outcome}{next}",
        here.window, here.service
    )
}

fn moved(moved: &TicketChange, how: &str) -> String {
    let by = moved.operator.map_or(String::new(), |by| format!(" by {}", who(by)));
    let from = moved
        .window
        .as_ref()
        .map_or(String::new(), |window| format!(" at {window}"));
    format!(
        "{} {how}{from}{by}: {}",
        name(moved.ticket),
        moved.reason.as_ref().map(AsRef::as_ref).unwrap_or("-")
    )
}

fn who(operator: PersonId) -> &'static str {
    let known = ["ali", "bek", "zarina", "nobody"];
    known
        .into_iter()
        .find(|name| person(name) == operator)
        .unwrap_or("somebody")
}

fn name(of: TicketId) -> String {
    let bytes = of.as_uuid().as_bytes();
    format!("t{}", u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]))
}
