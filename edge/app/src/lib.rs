//! What an app of the edge is: one domain's state, and the pure functions that decide and change it.
//!
//! The kernel runs every app the same way: it decides a request, puts the facts on disk, applies them, and only then
//! answers and hands out the orders. Nothing here does IO, reads a clock or waits: time, configuration and randomness come
//! in as arguments, so the same events always rebuild the same state.

mod decision;
mod rows;

pub use decision::{Decision, RecordedFact, Work};
pub use protocol::time::Moment;
pub use rows::{RegisterRows, RowsExtent};

use protocol::{
    Document, Event, Fact,
    document::{DocumentError, DocumentKind},
};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

/// One domain of the site.
pub trait App: Sized + Send + Sync + 'static {
    /// Key of its snapshot, e.g. `queue`. Never changed once it has been on a disk.
    const NAME: &'static str;
    /// What it knows: rebuilt from events alone.
    type State: Default + Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// Its configuration: documents, registers, what was settled on the box. Never part of the state.
    type Setup: Default + Clone + Debug + Send + Sync + 'static;
    /// One change of the configuration. Each source of configuration has changes of its own, so that two sources never
    /// write over each other.
    type Change: Send + 'static;
    /// What can be asked of it.
    type Request: Send + 'static;
    /// Why it says no. Nothing has happened then.
    type Refusal: std::error::Error + Clone + Send + 'static;
    /// What it wants done in the world once its facts are on disk. The outcome comes back as a request.
    type Order: Debug + Send + 'static;

    /// What happens when `request` is made at `now`. Changes nothing.
    fn decide(
        state: &Self::State,
        setup: &Self::Setup,
        request: Self::Request,
        now: Moment,
    ) -> Result<Decision<Self::Order>, Self::Refusal>;

    /// Makes an event of the facts lane so. Never refuses, never looks at a clock or the configuration.
    fn apply(state: &mut Self::State, event: &Event);

    /// Whether [`apply`](Self::apply) may change anything for this event. `false` promises that it does not: the event is
    /// then kept away, and the app counts as unchanged.
    fn concerns(event: &Event) -> bool;

    /// Takes a change of the configuration in. What is in force is derived from all sources here.
    fn configure(setup: &mut Self::Setup, change: Self::Change);

    /// What a document of the cloud, or its withdrawal, changes; none: the app reads no documents of that kind.
    fn document(_kind: DocumentKind, _document: &Document) -> Option<Result<Self::Change, DocumentError>> {
        None
    }

    /// What rows of a register change; none: the app does not read that register.
    fn rows(_rows: &RegisterRows) -> Option<Self::Change> {
        None
    }

    /// What time does by itself. Once applied, it is not due any more.
    fn tick(_state: &Self::State, _setup: &Self::Setup, _now: Moment) -> Decision<Self::Order> {
        Decision::nothing()
    }

    /// At the start of a run: how what the last run left undone ended.
    fn interrupted(_state: &Self::State, _now: Moment) -> Vec<RecordedFact> {
        Vec::new()
    }

    /// An order could not be handed to anybody, since too much is under way already: the request that tells the app so.
    fn undelivered(_order: Self::Order) -> Option<Self::Request> {
        None
    }
}

/// What is asked of a second app because of what a first one decided, within the same commit: the paper of a ticket just
/// given out. Pure, like everything that is decided; it runs where decisions are made, so it must be short.
pub trait FollowUp<A: App, B: App>: Send + 'static {
    /// The second request; none where nothing follows. `state` has the facts applied already.
    fn request(&self, facts: &[Fact], state: &A::State, setup: &A::Setup, now: Moment) -> Option<B::Request>;
}
