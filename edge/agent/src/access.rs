//! Somebody at a door: a driver's question on its way to the access app, and the ruling on its way back.
//!
//! Nobody is let through before it is on disk. Without an answer the driver takes it for no, so nothing here insists.

use adapter_sdk::PassQuestion;
use edge_kernel::{
    FactEntry, Port, Refusal,
    access::{Access, KeyChange, PassRequest},
};
use protocol::{
    Actor, DeviceId, Fact,
    access::{AccessDecision, GateKeys},
    fact::Crossing,
};
use std::sync::Arc;

/// Puts a device's keys in force; without any, nobody is let through there.
pub(crate) async fn configure(port: &Port, device: DeviceId, keys: GateKeys) -> Result<(), Refusal> {
    let change = if keys.keys.is_empty() {
        KeyChange::Removed { device }
    } else {
        let keys = Arc::new(keys);
        KeyChange::Listed { device, keys }
    };
    port.configure::<Access>(change).await
}

/// Has a question decided; others are answered meanwhile.
pub(crate) fn ask(device: DeviceId, question: PassQuestion, port: &Port) {
    let port = port.clone();
    tokio::spawn(async move { rule(device, question, &port).await });
}

async fn rule(device: DeviceId, question: PassQuestion, port: &Port) {
    let actor = Actor::Device { id: device.clone() };
    let (shown, deadline) = (question.shown().clone(), question.deadline());
    let request = PassRequest {
        device: device.clone(),
        shown: shown.clone(),
    };
    let facts = match port.decide_by::<Access>(actor.clone(), request, deadline).await {
        Ok(facts) => facts,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(%device, error, "nobody rules at the door: it stays closed");
            return;
        }
    };
    let person = facts.iter().find_map(granted);
    let ruling = person.map_or(AccessDecision::Denied, |person| AccessDecision::Granted { person });
    if let Err(AccessDecision::Granted { person }) = question.answer(ruling) {
        // It is on disk that they may pass, and nobody opens for them any more.
        let missed = Fact::AccessNotEntered(Crossing {
            device: device.clone(),
            door: Some(shown.door),
            spot: shown.spot,
            dir: shown.dir,
            person: Some(person.into()),
        });
        if let Err(refusal) = port.record(actor, vec![FactEntry::from(missed)]).await {
            tracing::error!(%device, %refusal, "the end of a grant could not be recorded");
        }
    }
}

fn granted(fact: &Fact) -> Option<String> {
    if let Fact::AccessGranted(passage) = fact {
        passage.person.clone().map(String::from)
    } else {
        None
    }
}
