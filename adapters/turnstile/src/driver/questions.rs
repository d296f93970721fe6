//! Who was asked about and is not ruled on yet: several at a time, so that nobody at one side waits for the other.
//!
//! Nobody is asked about twice at once, and never more than could be let through: who comes meanwhile waits here.

use crate::reader::{CardRead, Side};
use adapter_sdk::Reporter;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use protocol::{
    access::{AccessDecision, Presentation},
    text::PersonNumber,
};
use std::{collections::VecDeque, future::Future, pin::Pin};
use tokio::time::Instant;

/// Cards that may wait for an answer, or for their turn to be asked about, before readers have to wait.
const MANY: usize = 32;

type PendingRuling = Pin<Box<dyn Future<Output = RuledCard> + Send>>;

/// Questions on their way.
#[derive(Debug)]
pub(super) struct PendingQuestions {
    reporter: Reporter,
    answering: FuturesUnordered<PendingRuling>,
    asked: Vec<CardRead>,
    held: VecDeque<CardArrival>,
    holders: VecDeque<(CardRead, PersonNumber)>,
}

/// A card at a reader.
#[derive(Debug, Clone)]
pub(super) struct CardArrival {
    /// The reader, in the order of the settings.
    pub(super) reader: usize,
    /// What was read.
    pub(super) card: CardRead,
    /// When.
    pub(super) at: Instant,
}

/// What was ruled about a card.
#[derive(Debug)]
pub(super) struct RuledCard {
    pub(super) arrival: CardArrival,
    pub(super) ruling: AccessDecision,
    /// From then on it is too late.
    pub(super) until: Instant,
}

impl PendingQuestions {
    /// Nobody.
    pub(super) fn new(reporter: Reporter) -> Self {
        Self {
            reporter,
            answering: FuturesUnordered::new(),
            asked: Vec::new(),
            held: VecDeque::new(),
            holders: VecDeque::new(),
        }
    }

    /// Asks the site about a card.
    pub(super) fn ask(&mut self, arrival: CardArrival, shown: Presentation, until: Instant) {
        let reporter = self.reporter.clone();
        self.asked.push(arrival.card.clone());
        self.answering.push(Box::pin(async move {
            let ruling = reporter.ask(shown, until).await;
            RuledCard { arrival, ruling, until }
        }));
    }

    /// The next answer; `None` where nobody is asked about. Given up while waiting, nothing is lost.
    pub(super) async fn next(&mut self) -> Option<RuledCard> {
        let answered = self.answering.next().await?;
        if let Some(at) = self.asked.iter().position(|card| *card == answered.arrival.card) {
            self.asked.swap_remove(at);
        }
        Some(answered)
    }

    /// How many at a side are asked about.
    pub(super) fn open(&self, side: Side) -> usize {
        self.asked.iter().filter(|card| card.side == side).count()
    }

    /// Whether this card is asked about already, or waits to be.
    pub(super) fn knows(&self, card: &CardRead) -> bool {
        self.asked.contains(card) || self.held.iter().any(|held| held.card == *card)
    }

    /// Has a card wait until somebody else at its side is ruled on.
    pub(super) fn hold(&mut self, arrival: CardArrival) {
        self.held.push_back(arrival);
    }

    /// Those who waited at a side, in the order in which they came.
    pub(super) fn release(&mut self, side: Side) -> Vec<CardArrival> {
        let (here, there): (VecDeque<_>, VecDeque<_>) = self.held.drain(..).partition(|held| held.card.side == side);
        self.held = there;
        here.into()
    }

    /// Whether more cards may be taken on.
    pub(super) fn has_room(&self) -> bool {
        self.asked.len() + self.held.len() < MANY
    }

    /// Notes whose a card is that was let through.
    pub(super) fn belongs_to(&mut self, card: CardRead, person: PersonNumber) {
        self.holders.retain(|(known, _)| *known != card);
        if self.holders.len() >= MANY {
            self.holders.pop_front();
        }
        self.holders.push_back((card, person));
    }

    /// Whose a card is, where it was let through a moment ago.
    pub(super) fn holder(&self, card: &CardRead) -> Option<&PersonNumber> {
        let found = self.holders.iter().find(|(known, _)| known == card);
        found.map(|(_, person)| person)
    }
}
