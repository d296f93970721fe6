//! What an app decided: facts for the journal, and orders for the world.

use protocol::{Fact, text::CorrelationId};

/// What follows from a request, a tick or an outcome. No facts: it is so already, as when a request is repeated.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<O> {
    /// What happened, in order; all of it goes to the disk in one commit.
    pub facts: Vec<RecordedFact>,
    /// What is to be done once the facts are on disk.
    pub orders: Vec<O>,
    /// Whether a full disk refuses it.
    pub work: Work,
}

impl<O> Decision<O> {
    /// Nothing follows.
    pub const fn nothing() -> Self {
        Self {
            facts: Vec::new(),
            orders: Vec::new(),
            work: Work::Begun,
        }
    }

    /// Facts that belong to what was begun, without orders.
    pub fn begun(facts: impl IntoIterator<Item = Fact>) -> Self {
        Self {
            facts: facts.into_iter().map(RecordedFact::from).collect(),
            orders: Vec::new(),
            work: Work::Begun,
        }
    }

    /// The same facts and orders as `work`.
    #[must_use]
    pub fn counted_as(self, work: Work) -> Self {
        Self { work, ..self }
    }
}

/// A fact that was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedFact {
    /// What happened.
    pub fact: Fact,
    /// The command, ticket or visit it belongs to, where the fact itself does not say so.
    pub corr: Option<CorrelationId>,
}

impl From<Fact> for RecordedFact {
    fn from(fact: Fact) -> Self {
        Self { fact, corr: None }
    }
}

/// Whether something may use the part of the disk budget that is kept for ending what was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Work {
    /// New work: refused when the disk is full.
    New,
    /// The end of what was begun: may use the reserve.
    #[default]
    Begun,
}
