//! What happens at a window: somebody is here, did not come, was served, is sent on.

use super::{QueueResult, RequestContext, is_called, is_served, ticket_change, wrong_state};
use crate::{
    Refusal, next_ticket,
    request::{TransferDestination, TransferReturn},
    ticket::{State, Ticket},
};
use protocol::{
    Fact, PersonId, SpotId,
    fact::{OperatorState, Place, ServiceSession, TicketTransfer},
    id::ServiceId,
    queue::{Requirement, Service},
};
use std::time::Duration;

impl RequestContext<'_> {
    pub(super) fn arrived(&self, window: &SpotId, operator: PersonId) -> QueueResult {
        let ticket = self.at_desk(window, operator)?;
        match &ticket.state {
            State::Called { .. } => Ok(vec![Fact::QueueArrived(self.served(ticket, window, operator))]),
            State::Serving { .. } => Ok(Vec::new()),
            State::Waiting | State::Held { .. } | State::NoShow { .. } | State::Ended { .. } => {
                Err(wrong_state(ticket))
            }
        }
    }

    pub(super) fn no_show(&self, window: &SpotId, operator: PersonId) -> QueueResult {
        let ticket = self.at_desk(window, operator)?;
        is_called(ticket)?;
        let minutes = self.branch()?.draft().rules.return_min();
        let mut gone = ticket_change(ticket, "operator");
        gone.until = Some(self.now.at.plus(Duration::from_secs(u64::from(minutes) * 60)));
        Ok(vec![Fact::QueueNoShow(gone)])
    }

    /// Where the rules say so, the next is called at once; not to a window or an operator the branch no longer has.
    pub(super) fn finish(
        &self,
        window: &SpotId,
        operator: PersonId,
        outcome: Option<&ServiceId>,
        next: Option<&ServiceId>,
    ) -> QueueResult {
        let mut facts = self.finished(window, operator, outcome, next)?;
        let branch = self.branch()?;
        let desk = self.desk(window, operator)?;
        let stays = branch.window(window).is_some() && branch.operator(&operator).is_some();
        if stays && branch.draft().rules.auto_next() && desk.state == OperatorState::Ready {
            let next = next_ticket::next(self.queue, branch, window, desk)?;
            if let Some(next) = next {
                facts.push(self.call_of(next, window, operator, None)?);
            }
        }
        Ok(facts)
    }

    /// A visit that is to come back goes back; one with a next service goes on; any other is over.
    pub(super) fn finished(
        &self,
        window: &SpotId,
        operator: PersonId,
        outcome: Option<&ServiceId>,
        next: Option<&ServiceId>,
    ) -> QueueResult {
        let ticket = self.at_desk(window, operator)?;
        is_served(ticket)?;
        self.check_outcome(self.branch()?.service(&ticket.service), outcome)?;
        let back = ticket.back.as_ref().map(|back| &back.service);
        let mut served = self.served(ticket, window, operator);
        served.outcome = outcome.map(|code| code.as_str().into());
        served.next = next.or(back).cloned();
        match next {
            Some(next) => {
                self.service(next)?;
                Ok(vec![Fact::QueueServed(served)])
            }
            None if back.is_some() => Ok(vec![Fact::QueueServed(served)]),
            None => Ok(vec![Fact::QueueDone(served)]),
        }
    }

    /// Whether a closing code is one of the service's, and there where it must be. A service that was taken off the
    /// branch meanwhile asks for none.
    fn check_outcome(&self, service: Option<&Service>, outcome: Option<&ServiceId>) -> Result<(), Refusal> {
        match (service, outcome) {
            (Some(service), None) if service.outcome == Requirement::Required => Err(Refusal::OutcomeNeeded),
            (_, None) => Ok(()),
            (Some(service), Some(given)) if service.outcomes.iter().any(|known| known.code == *given) => Ok(()),
            (_, Some(given)) => Err(Refusal::UnknownOutcome { outcome: given.clone() }),
        }
    }

    pub(super) fn transfer(
        &self,
        window: &SpotId,
        operator: PersonId,
        to: &TransferDestination,
        place: Place,
        back: TransferReturn,
    ) -> QueueResult {
        let ticket = self.at_desk(window, operator)?;
        is_served(ticket)?;
        let branch = self.branch()?;
        self.service(&to.service)?;
        if let Some(window) = to.window.as_ref().filter(|window| branch.window(window).is_none()) {
            return Err(Refusal::UnknownWindow { window: window.clone() });
        }
        if to.person.is_some_and(|person| branch.operator(&person).is_none()) {
            return Err(Refusal::UnknownOperator);
        }
        Ok(vec![Fact::QueueTransferred(TicketTransfer {
            ticket: ticket.id,
            from: ticket.service.clone(),
            to: to.service.clone(),
            window: to.window.clone(),
            person: to.person,
            place,
            back_to: match back {
                TransferReturn::ComesBack => Some(window.clone()),
                TransferReturn::Stays => None,
            },
            operator,
            left: window.clone(),
            serve_s: ticket.served_ms(self.steady()) / 1000,
        })])
    }

    fn served(&self, ticket: &Ticket, window: &SpotId, operator: PersonId) -> ServiceSession {
        ServiceSession {
            ticket: ticket.id,
            service: ticket.service.clone(),
            window: window.clone(),
            operator,
            wait_s: ticket.waited_ms(self.steady()) / 1000,
            serve_s: ticket.served_ms(self.steady()) / 1000,
            outcome: None,
            next: None,
        }
    }
}
