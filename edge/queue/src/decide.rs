//! Deciding: what happens next, given the state, what was asked and what time it is. Changes nothing.

mod call;
mod desk;
mod issue;
mod line_moves;
mod serve;

pub use desk::IDLE;
pub(crate) use desk::change;

use issue::IssueRequest;

use crate::{
    Moment, Queue, QueueSetup, Refusal, Request,
    state::Desk,
    steady_clock,
    ticket::{State, Ticket},
};
use protocol::{
    Fact, PersonId, SpotId, Timestamp,
    fact::{HelpRequest, TicketChange},
    id::{ServiceId, TicketId},
    queue::{Branch, Service},
};

/// What comes of a request: facts in order, or a refusal.
type QueueResult = Result<Vec<Fact>, Refusal>;

/// What happens when `request` is made at `now`. No facts: it is so already, as when a request is repeated.
#[expect(clippy::too_many_lines, reason = "a table: each request and what decides it")]
pub fn decide(queue: &Queue, setup: &QueueSetup, request: &Request, now: Moment) -> QueueResult {
    let case = RequestContext { queue, setup, now };
    match request {
        Request::Issue {
            ticket,
            service,
            source,
            lang,
            token_hash,
            booking_code_hash,
        } => case.issue(&IssueRequest {
            ticket: *ticket,
            service,
            source: *source,
            lang: *lang,
            token_hash,
            code_hash: booking_code_hash.as_ref(),
        }),
        Request::CallNext { window, operator } => case.call_next(window, *operator),
        Request::Call {
            ticket,
            window,
            operator,
            reason,
        } => case.call(*ticket, window, *operator, reason),
        Request::Recall { window, operator } => case.recall(window, *operator),
        Request::Recycle { window, operator } => case.recycle(window, *operator),
        Request::Arrived { window, operator } => case.arrived(window, *operator),
        Request::NoShow { window, operator } => case.no_show(window, *operator),
        Request::Finish {
            window,
            operator,
            outcome,
            next,
        } => case.finish(window, *operator, outcome.as_ref(), next.as_ref()),
        Request::Hold {
            ticket,
            operator,
            window,
            minutes,
            reason,
        } => {
            let reason = reason_of(reason.as_deref(), operator.map_or("screen", |_| "operator"))?;
            case.hold(*ticket, *operator, window.as_ref(), *minutes, reason)
        }
        Request::Resume { ticket, operator } => case.resume(*ticket, *operator),
        Request::Transfer {
            window,
            operator,
            to,
            place,
            back,
        } => case.transfer(window, *operator, to, *place, *back),
        Request::Cancel { ticket, by, reason } => case.cancel(*ticket, *by, reason.as_deref()),
        Request::Delay { ticket } => case.delay(*ticket),
        Request::SignIn {
            operator,
            window,
            profile,
        } => case.sign_in(*operator, window, profile.as_ref()),
        Request::Pause {
            operator,
            window,
            reason,
        } => case.pause(*operator, window, reason),
        Request::Ready { operator, window } => case.ready(*operator, window),
        Request::SignOut { operator, window } => case.sign_out(*operator, window),
        Request::SetService { service, open } => case.set_service(service, *open),
        Request::Feedback { ticket, score } => case.feedback(*ticket, *score),
        Request::Help { screen, lang } => Ok(vec![Fact::HelpAsked(HelpRequest {
            screen: screen.clone(),
            lang: *lang,
        })]),
    }
}

/// A request in its circumstances.
#[derive(Clone, Copy)]
struct RequestContext<'a> {
    queue: &'a Queue,
    setup: &'a QueueSetup,
    now: Moment,
}

impl<'a> RequestContext<'a> {
    /// The moment to measure waiting and holding by.
    fn steady(&self) -> Timestamp {
        steady_clock::steady(self.queue.stored.heard, self.now)
    }
    fn branch(&self) -> Result<&'a Branch, Refusal> {
        self.setup.in_force()
    }
    fn service(&self, id: &ServiceId) -> Result<&'a Service, Refusal> {
        let unknown = || Refusal::UnknownService { service: id.clone() };
        self.branch()?.service(id).ok_or_else(unknown)
    }
    fn ticket(&self, id: TicketId) -> Result<&'a Ticket, Refusal> {
        self.queue.ticket(&id).ok_or(Refusal::UnknownTicket)
    }
    /// The desk of somebody who is signed in there.
    fn desk(&self, window: &SpotId, operator: PersonId) -> Result<&'a Desk, Refusal> {
        let desk = self.queue.desk(window);
        desk.filter(|desk| desk.operator == operator)
            .ok_or(Refusal::NotSignedIn)
    }
    /// The ticket at the desk of somebody who is signed in there.
    fn at_desk(&self, window: &SpotId, operator: PersonId) -> Result<&'a Ticket, Refusal> {
        let ticket = self.desk(window, operator)?.ticket.ok_or(Refusal::NoTicket)?;
        self.ticket(ticket)
    }
    /// Somebody who is signed in somewhere.
    fn check_signed_in(&self, operator: PersonId) -> Result<(), Refusal> {
        self.queue.window_of(operator).map(|_| ()).ok_or(Refusal::NotSignedIn)
    }
}

/// A ticket that leaves its place or comes back to it.
fn ticket_change(ticket: &Ticket, reason: &str) -> TicketChange {
    TicketChange {
        ticket: ticket.id,
        service: ticket.service.clone(),
        window: ticket.state.window().cloned(),
        operator: ticket.state.operator(),
        reason: Some(reason.into()),
        until: None,
    }
}

fn wrong_state(ticket: &Ticket) -> Refusal {
    Refusal::WrongState { is: ticket.phase() }
}

fn is_called(ticket: &Ticket) -> Result<(), Refusal> {
    match ticket.state {
        State::Called { .. } => Ok(()),
        State::Waiting | State::Serving { .. } | State::Held { .. } | State::NoShow { .. } | State::Ended { .. } => {
            Err(wrong_state(ticket))
        }
    }
}

fn is_served(ticket: &Ticket) -> Result<(), Refusal> {
    match ticket.state {
        State::Serving { .. } => Ok(()),
        State::Waiting | State::Called { .. } | State::Held { .. } | State::NoShow { .. } | State::Ended { .. } => {
            Err(wrong_state(ticket))
        }
    }
}

/// Characters of a reason somebody wrote, at most.
const LONGEST_REASON: usize = 80;

/// What somebody wrote as a reason, or the word for none.
fn reason_of<'t>(written: Option<&'t str>, otherwise: &'t str) -> Result<&'t str, Refusal> {
    let reason = written.map_or(otherwise, str::trim);
    let fits = (1..=LONGEST_REASON).contains(&reason.chars().count());
    fits.then_some(reason).ok_or(Refusal::ReasonNeeded)
}
