//! Calling: the next one, a certain one, the same one again.

use super::{QueueResult, RequestContext, is_called, reason_of, ticket_change, wrong_state};
use crate::{
    Refusal, next_ticket,
    state::Desk,
    ticket::{State, Ticket},
};
use protocol::{
    Fact, PersonId, SpotId,
    fact::{OperatorState, WindowCall},
    id::TicketId,
};

impl RequestContext<'_> {
    /// Where the rules finish visits by calling the next, what is served is finished first.
    pub(super) fn call_next(&self, window: &SpotId, operator: PersonId) -> QueueResult {
        let desk = self.working(window, operator)?;
        let mut facts = match desk.ticket {
            None => Vec::new(),
            Some(ticket) if self.finishes_by_calling(ticket)? => self.finished(window, operator, None, None)?,
            Some(ticket) => return Err(Refusal::Busy { ticket }),
        };
        let next = next_ticket::next(self.queue, self.branch()?, window, desk)?.ok_or(Refusal::NobodyWaits)?;
        facts.push(self.call_of(next, window, operator, None)?);
        Ok(facts)
    }

    fn finishes_by_calling(&self, ticket: TicketId) -> Result<bool, Refusal> {
        let served = matches!(self.ticket(ticket)?.state, State::Serving { .. });
        Ok(served && self.branch()?.draft().rules.auto_next())
    }

    /// Somebody who waits, whatever their turn; or was put aside, or comes back after all.
    pub(super) fn call(&self, ticket: TicketId, window: &SpotId, operator: PersonId, reason: &str) -> QueueResult {
        let desk = self.working(window, operator)?;
        if let Some(ticket) = desk.ticket {
            return Err(Refusal::Busy { ticket });
        }
        let reason = reason_of(Some(reason), "")?;
        let ticket = self.ticket(ticket)?;
        let mut facts = match &ticket.state {
            State::Waiting => Vec::new(),
            State::Held { .. } | State::NoShow { .. } => vec![self.back_in_line(ticket, "operator", Some(operator))?],
            State::Called { .. } | State::Serving { .. } | State::Ended { .. } => return Err(wrong_state(ticket)),
        };
        facts.push(self.call_of(ticket, window, operator, Some(reason))?);
        Ok(facts)
    }

    pub(super) fn recall(&self, window: &SpotId, operator: PersonId) -> QueueResult {
        let ticket = self.at_desk(window, operator)?;
        let State::Called { attempt, last, .. } = &ticket.state else {
            return Err(wrong_state(ticket));
        };
        let rules = &self.branch()?.draft().rules;
        if *attempt > rules.recalls() {
            return Err(Refusal::RecalledEnough { most: rules.recalls() });
        }
        let since_s = self.steady().since(*last).as_secs();
        let gap_s = u64::from(rules.recall_gap_s());
        if since_s < gap_s {
            return Err(Refusal::TooSoon {
                after_s: gap_s - since_s,
            });
        }
        let mut again = self.called(ticket, window, operator, None)?;
        again.attempt = attempt.saturating_add(1);
        Ok(vec![Fact::QueueRecalled(again)])
    }

    pub(super) fn recycle(&self, window: &SpotId, operator: PersonId) -> QueueResult {
        let ticket = self.at_desk(window, operator)?;
        is_called(ticket)?;
        Ok(vec![Fact::QueueReturned(ticket_change(ticket, "recycled"))])
    }

    /// The desk of somebody who is signed in there and does not pause.
    fn working(&self, window: &SpotId, operator: PersonId) -> Result<&Desk, Refusal> {
        let desk = self.desk(window, operator)?;
        match desk.state {
            OperatorState::Ready => Ok(desk),
            OperatorState::Break => Err(Refusal::OnBreak),
            OperatorState::Closed => Err(Refusal::NotSignedIn),
        }
    }

    pub(super) fn call_of(
        &self,
        ticket: &Ticket,
        window: &SpotId,
        operator: PersonId,
        picked: Option<&str>,
    ) -> Result<Fact, Refusal> {
        self.called(ticket, window, operator, picked).map(Fact::QueueCalled)
    }

    fn called(
        &self,
        ticket: &Ticket,
        window: &SpotId,
        operator: PersonId,
        picked: Option<&str>,
    ) -> Result<WindowCall, Refusal> {
        let unknown = || Refusal::UnknownWindow { window: window.clone() };
        let window_number = self.branch()?.window(window).ok_or_else(unknown)?.number;
        Ok(WindowCall {
            ticket: ticket.id,
            number: ticket.number,
            service: ticket.service.clone(),
            window: window.clone(),
            window_number,
            operator,
            attempt: 1,
            wait_s: ticket.waited_ms(self.steady()) / 1000,
            picked: picked.map(Into::into),
        })
    }
}
