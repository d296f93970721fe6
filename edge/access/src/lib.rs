//! The access app: whether somebody at a door may pass, by the list of keys of that gate.
//!
//! Pure. Never true of it: somebody let through by a device that has no list; a key with dates judged by a clock that is not to be trusted; a fact that names a card.

mod decide;
mod setup;

pub use decide::PassRequest;
pub use setup::{GateLists, KeyChange};

use edge_app::{App, Decision, Moment};
use protocol::Event;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// What is known of who passed where. Nothing yet: a gate's own list needs no memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Access {}

impl App for Access {
    const NAME: &'static str = "access";
    type State = Access;
    type Setup = GateLists;
    type Change = KeyChange;
    type Request = PassRequest;
    type Refusal = Infallible;
    type Order = Infallible;

    fn decide(
        _state: &Self::State,
        setup: &Self::Setup,
        request: Self::Request,
        now: Moment,
    ) -> Result<Decision<Self::Order>, Self::Refusal> {
        Ok(decide::show(setup, request, now))
    }

    fn apply(_state: &mut Self::State, _event: &Event) {}

    fn concerns(_event: &Event) -> bool {
        false
    }

    fn configure(setup: &mut Self::Setup, change: Self::Change) {
        setup.take(change);
    }
}

#[cfg(test)]
mod tests;
