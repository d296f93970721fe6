//! Who sits where, who pauses, and what is open.

use super::{QueueResult, RequestContext};
use crate::{Refusal, hours};
use protocol::{
    Fact, PersonId, SpotId,
    fact::{OperatorChange, OperatorState, ServiceAvailability, ServiceChange},
    id::{ProfileId, ServiceId},
};

/// The reason of a break that begins because nobody touched the desk for long. Allowed whatever the rules say.
pub const IDLE: &str = "idle";

impl RequestContext<'_> {
    /// One window, one operator, and the other way round.
    pub(super) fn sign_in(&self, operator: PersonId, window: &SpotId, profile: Option<&ProfileId>) -> QueueResult {
        let branch = self.branch()?;
        let known = branch.operator(&operator).ok_or(Refusal::UnknownOperator)?;
        if branch.window(window).is_none() {
            return Err(Refusal::UnknownWindow { window: window.clone() });
        }
        let profile = profile.unwrap_or(&known.profile);
        if branch.profile(profile).is_none() {
            return Err(Refusal::UnknownProfile {
                profile: profile.clone(),
            });
        }
        if let Some(elsewhere) = self.queue.window_of(operator).filter(|at| *at != window) {
            return Err(Refusal::SignedInElsewhere {
                window: elsewhere.clone(),
            });
        }
        match self.queue.desk(window) {
            Some(desk) if desk.operator != operator => Err(Refusal::WindowTaken { by: desk.operator }),
            Some(desk) if desk.state == OperatorState::Ready && desk.profile.as_ref() == Some(profile) => {
                Ok(Vec::new())
            }
            Some(_) | None => {
                let mut change = change(operator, window, OperatorState::Ready);
                change.profile = Some(profile.clone());
                Ok(vec![Fact::QueueOperator(change)])
            }
        }
    }

    /// Never with somebody at the window.
    pub(super) fn pause(&self, operator: PersonId, window: &SpotId, reason: &str) -> QueueResult {
        let desk = self.desk(window, operator)?;
        let reasons = self.branch()?.draft().rules.break_reasons();
        if reason != IDLE && !reasons.iter().any(|known| known == reason) {
            return Err(Refusal::UnknownReason);
        }
        if let Some(ticket) = desk.ticket {
            return Err(Refusal::Busy { ticket });
        }
        if desk.state == OperatorState::Break && desk.reason.as_ref().is_some_and(|given| given == reason) {
            return Ok(Vec::new());
        }
        let mut change = change(operator, window, OperatorState::Break);
        change.reason = Some(reason.into());
        Ok(vec![Fact::QueueOperator(change)])
    }

    pub(super) fn ready(&self, operator: PersonId, window: &SpotId) -> QueueResult {
        match self.desk(window, operator)?.state {
            OperatorState::Ready => Ok(Vec::new()),
            OperatorState::Break | OperatorState::Closed => Ok(vec![Fact::QueueOperator(change(
                operator,
                window,
                OperatorState::Ready,
            ))]),
        }
    }

    /// Whoever is not signed in anywhere has left already.
    pub(super) fn sign_out(&self, operator: PersonId, window: &SpotId) -> QueueResult {
        if self.queue.window_of(operator).is_none() {
            return Ok(Vec::new());
        }
        match self.desk(window, operator)?.ticket {
            Some(ticket) => Err(Refusal::Busy { ticket }),
            None => Ok(vec![Fact::QueueOperator(change(
                operator,
                window,
                OperatorState::Closed,
            ))]),
        }
    }

    pub(super) fn set_service(&self, service: &ServiceId, open: ServiceAvailability) -> QueueResult {
        self.service(service)?;
        let change = ServiceChange {
            service: service.clone(),
            open,
        };
        match hours::by_hand(self.queue, service, self.now) {
            already if already == open => Ok(Vec::new()),
            _ => Ok(vec![Fact::QueueService(change)]),
        }
    }
}

pub(crate) fn change(operator: PersonId, window: &SpotId, state: OperatorState) -> OperatorChange {
    OperatorChange {
        operator,
        window: window.clone(),
        state,
        profile: None,
        reason: None,
    }
}
