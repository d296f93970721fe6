//! What the site rules at a door, for gates that are driven without an edge: the edge's own access app decides.

use adapter_sdk::PassQuestion;
use edge_access::{Access, GateLists, KeyChange, PassRequest};
use edge_app::{App as _, Moment};
use protocol::{
    ClockState, DeviceId, Fact, Timestamp,
    access::{AccessDecision, GateKeys, KeyListError},
};
use serde_json::Value;
use std::sync::Arc;

/// The access app with one gate's keys.
#[derive(Debug, Clone)]
pub struct Rulings {
    device: DeviceId,
    setup: GateLists,
}

impl Rulings {
    /// As the gate's settings have its keys.
    pub fn new(device: DeviceId, settings: &Value) -> Result<Self, KeyListError> {
        let keys = Arc::new(GateKeys::parse(settings)?);
        let mut setup = GateLists::default();
        let listed = KeyChange::Listed {
            device: device.clone(),
            keys,
        };
        Access::configure(&mut setup, listed);
        Ok(Self { device, setup })
    }

    /// Rules: `record` has the fact before the answer goes out.
    pub fn rule(&self, question: PassQuestion, at: Timestamp, record: impl FnOnce(Fact)) {
        let show = PassRequest {
            device: self.device.clone(),
            shown: question.shown().clone(),
        };
        let now = Moment {
            at,
            clock: ClockState::Synced,
            offset_seconds: 0,
        };
        let decision = match Access::decide(&Access::default(), &self.setup, show, now) {
            Ok(decision) => decision,
            Err(never) => match never {},
        };
        let Some(decided) = decision.facts.into_iter().next() else {
            return;
        };
        let person = if let Fact::AccessGranted(passage) = &decided.fact {
            passage.person.clone()
        } else {
            None
        };
        record(decided.fact);
        let ruling = person.map_or(AccessDecision::Denied, |person| AccessDecision::Granted {
            person: person.into(),
        });
        // A driver that ended meanwhile opens nothing.
        let _ = question.answer(ruling);
    }
}
