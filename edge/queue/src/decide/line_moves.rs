//! Putting a ticket aside, letting it wait again, giving it up, moving it back.

use super::{QueueResult, RequestContext, reason_of, ticket_change, wrong_state};
use crate::{
    Refusal,
    request::Canceller,
    ticket::{State, Ticket, TicketEnding},
};
use protocol::{
    Fact, PersonId, SpotId,
    fact::{Feedback, TicketDelay},
    id::TicketId,
};
use std::{
    ops::Bound::{Excluded, Unbounded},
    time::Duration,
};

impl RequestContext<'_> {
    pub(super) fn hold(
        &self,
        ticket: TicketId,
        operator: Option<PersonId>,
        window: Option<&SpotId>,
        minutes: u16,
        reason: &str,
    ) -> QueueResult {
        if !(1..=240).contains(&minutes) {
            return Err(Refusal::BadMinutes);
        }
        if let Some(operator) = operator {
            self.check_signed_in(operator)?;
        }
        let ticket = self.ticket(ticket)?;
        match &ticket.state {
            State::Waiting => {}
            State::Serving {
                window: at,
                operator: by,
            } => {
                if window.is_some_and(|window| window != at) || operator != Some(*by) {
                    return Err(Refusal::Elsewhere { window: at.clone() });
                }
            }
            State::Called { .. } | State::Held { .. } | State::NoShow { .. } | State::Ended { .. } => {
                return Err(wrong_state(ticket));
            }
        }
        let mut held = ticket_change(ticket, reason);
        held.operator = operator;
        held.until = Some(self.now.at.plus(Duration::from_secs(u64::from(minutes) * 60)));
        Ok(vec![Fact::QueueHeld(held)])
    }

    pub(super) fn resume(&self, ticket: TicketId, operator: Option<PersonId>) -> QueueResult {
        if let Some(operator) = operator {
            self.check_signed_in(operator)?;
        }
        let ticket = self.ticket(ticket)?;
        match &ticket.state {
            State::Waiting => Ok(Vec::new()),
            State::Held { .. } | State::NoShow { .. } => {
                let reason = operator.map_or("customer", |_| "operator");
                Ok(vec![self.back_in_line(ticket, reason, operator)?])
            }
            State::Called { .. } | State::Serving { .. } | State::Ended { .. } => Err(wrong_state(ticket)),
        }
    }

    /// A ticket that was put aside, or did not come and may still come back, waits again.
    pub(super) fn back_in_line(
        &self,
        ticket: &Ticket,
        reason: &str,
        operator: Option<PersonId>,
    ) -> Result<Fact, Refusal> {
        if let State::NoShow { until } = ticket.state
            && until < self.steady()
        {
            return Err(Refusal::TooLate { until });
        }
        let mut back = ticket_change(ticket, reason);
        back.operator = operator;
        Ok(Fact::QueueReturned(back))
    }

    pub(super) fn cancel(&self, ticket: TicketId, by: Canceller, reason: Option<&str>) -> QueueResult {
        let (word, operator) = match by {
            Canceller::Holder => ("customer", None),
            Canceller::Screen => ("screen", None),
            Canceller::Operator(operator) => {
                self.check_signed_in(operator)?;
                ("operator", Some(operator))
            }
        };
        let ticket = self.ticket(ticket)?;
        match &ticket.state {
            State::Waiting | State::Called { .. } | State::Held { .. } | State::NoShow { .. } => {}
            State::Ended {
                how: TicketEnding::Cancelled,
            } => return Ok(Vec::new()),
            State::Serving { .. } | State::Ended { .. } => return Err(wrong_state(ticket)),
        }
        let mut given_up = ticket_change(ticket, reason_of(reason, word)?);
        given_up.operator = operator;
        Ok(vec![Fact::QueueCancelled(given_up)])
    }

    /// Behind as many as the rules say, or the last where there are fewer.
    pub(super) fn delay(&self, ticket: TicketId) -> QueueResult {
        let ticket = self.ticket(ticket)?;
        if ticket.state != State::Waiting {
            return Err(wrong_state(ticket));
        }
        if ticket.delayed_at.is_some() {
            return Err(Refusal::DelayedAlready);
        }
        let places = usize::from(self.branch()?.draft().rules.delay_places());
        let order = self.queue.index.orders.get(&ticket.service);
        let behind = order.and_then(|order| {
            let after = order.range((Excluded(ticket.rank), Unbounded));
            after.take(places).last().map(|(_, id)| *id)
        });
        Ok(vec![Fact::QueueDelayed(TicketDelay {
            ticket: ticket.id,
            service: ticket.service.clone(),
            behind: behind.ok_or(Refusal::NobodyBehind)?,
        })])
    }

    /// Once something was served.
    pub(super) fn feedback(&self, ticket: TicketId, score: u8) -> QueueResult {
        let ticket = self.ticket(ticket)?;
        if !(1..=5).contains(&score) {
            return Err(Refusal::BadScore);
        }
        let (service, _) = ticket.served.last().ok_or_else(|| wrong_state(ticket))?;
        match ticket.score {
            Some(given) if given == score => Ok(Vec::new()),
            Some(_) => Err(Refusal::ScoredAlready),
            None => Ok(vec![Fact::QueueFeedback(Feedback {
                ticket: ticket.id,
                service: service.clone(),
                score,
            })]),
        }
    }
}
