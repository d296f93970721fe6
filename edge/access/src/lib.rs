//! The access app: whether somebody at a door may pass, by the list of keys of that gate.
//!
//! Pure. Never true of it: somebody let through by a device that has no list; a fact that names a card.

mod decide;

pub use decide::{Change, Show};

use edge_app::{App, Decision, Moment};
use protocol::{DeviceId, Event, access::Keys};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

/// What is known of who passed where. Nothing yet: a gate's own list needs no memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Access {}

/// Whom each gate lets through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setup {
    gates: BTreeMap<DeviceId, Arc<Keys>>,
}

impl App for Access {
    const NAME: &'static str = "access";
    type State = Access;
    type Setup = Setup;
    type Change = Change;
    type Request = Show;
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
        match change {
            Change::Listed { device, keys } => drop(setup.gates.insert(device, keys)),
            Change::Removed { device } => drop(setup.gates.remove(&device)),
        }
    }
}

#[cfg(test)]
mod tests;
