//! Somebody shows a card: the site rules, that is on disk, then they are let through, all within two seconds.
//!
//! Nobody is let through without a ruling, nor late. No number of a card leaves the driver but for the question.

use super::{
    FaultSource, GateDriver, WRITE,
    commands::opened,
    questions::{CardArrival, RuledCard},
};
use crate::{
    meaning,
    passage::{GateInput, Refusal},
    reader::{Indication, ReaderFeedback},
};
use adapter_sdk::DriverError;
use protocol::{
    access::{AccessDecision, Presentation, Readiness},
    text::PersonNumber,
};
use std::time::Duration;
use tokio::time::Instant;

/// From the card to the output; later the gate stays closed.
const OPEN_TIMEOUT: Duration = Duration::from_secs(2);

impl GateDriver<'_> {
    /// A card was read.
    pub(super) async fn shown(&mut self, arrival: CardArrival) -> Result<(), DriverError> {
        self.take(GateInput::Tick).await?;
        let side = arrival.card.side;
        let until = arrival.at + OPEN_TIMEOUT;
        let stays = self.questions.holder(&arrival.card);
        if self.questions.knows(&arrival.card) || stays.is_some_and(|person| self.gate.expects(side, person)) {
            tracing::debug!(?side, "a card that stays at its reader");
            return Ok(());
        }
        if Instant::now() >= until {
            tracing::info!(?side, "a card waited for too long");
            return Ok(());
        }
        let readiness = match self.gate.may_open(side, self.questions.open(side)) {
            Ok(()) => Readiness::Ready,
            Err(Refusal::Emergency) => {
                tracing::debug!(?side, "a card while the fire alarm has the gate");
                return Ok(());
            }
            // Whoever is asked about may be turned away, and then there is room.
            Err(Refusal::Busy) if self.gate.may_open(side, 0).is_ok() => {
                self.questions.hold(arrival);
                return Ok(());
            }
            Err(Refusal::Busy | Refusal::NotReady | Refusal::Over) => Readiness::Occupied,
        };
        let shown = Presentation {
            door: meaning::door(side),
            spot: self.settings.spots.at(side).cloned(),
            dir: Some(self.settings.direction(side)),
            credential: arrival.card.credential,
            readiness,
        };
        self.questions.ask(arrival, shown, until);
        Ok(())
    }

    /// Somebody is ruled on.
    pub(super) async fn handle_ruling(&mut self, answered: RuledCard) -> Result<(), DriverError> {
        let RuledCard { arrival, ruling, until } = answered;
        let side = arrival.card.side;
        match ruling {
            AccessDecision::Denied => self.show(&arrival, Indication::Denied),
            AccessDecision::Granted { person } => self.admit(&arrival, person.into(), until).await?,
        }
        for waiting in self.questions.release(side) {
            self.shown(waiting).await?;
        }
        Ok(())
    }

    async fn admit(&mut self, arrival: &CardArrival, person: PersonNumber, until: Instant) -> Result<(), DriverError> {
        let side = arrival.card.side;
        let wish = GateInput::Open(side, Some(person.clone()));
        let steps = if Instant::now() < until {
            self.gate.decide(wish, self.now())
        } else {
            Err(Refusal::Over)
        };
        let steps = match steps {
            Ok(steps) => steps,
            Err(refusal) => {
                tracing::info!(?side, ?refusal, "it was granted and could not be opened");
                self.show(arrival, Indication::Denied);
                if let Some(seen) = self.meaning().missed(side, person) {
                    self.pending_facts.write(seen);
                }
                return self.take(GateInput::Tick).await;
            }
        };
        self.questions.belongs_to(arrival.card.clone(), person);
        let grant = opened(&steps);
        match self.apply_steps(steps, until.min(Instant::now() + WRITE)).await {
            Ok(()) => {
                self.show(arrival, Indication::Granted);
                self.complain(FaultSource::Board, None).await
            }
            Err(error) => {
                self.show(arrival, Indication::Denied);
                self.handle_output_error(grant, error).await
            }
        }
    }

    fn show(&self, arrival: &CardArrival, indication: Indication) {
        let side = arrival.card.side;
        self.readers.show(arrival.reader, ReaderFeedback { side, indication });
    }
}
