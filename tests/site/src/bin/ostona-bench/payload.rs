//! What devices say in the benches: facts and figures of 256 bytes, and such facts as events.

use anyhow::{Context as _, Result};
use protocol::{
    Actor, ClockState, DeviceId, Event, EventId, Fact, Timestamp,
    fact::{Custom, Metric},
    lan::Report,
};
use serde_json::json;
use std::collections::BTreeMap;
use tests_world::rng::Rng;

/// Bytes of what a device says.
pub(crate) const LENGTH: usize = 256;

/// A fact for the facts lane, as a device puts it on the wire.
pub(crate) fn fact(device: &DeviceId) -> Result<Vec<u8>> {
    padded(|length| custom(device, &"x".repeat(length)))
}

/// A figure for the telemetry lane, as a device puts it on the wire.
pub(crate) fn figure(device: &DeviceId) -> Result<Vec<u8>> {
    padded(|length| {
        Fact::DeviceMetric(Metric {
            device: Some(device.clone()),
            cpu: Some(12.5),
            more: BTreeMap::from([("y".repeat(length.max(1)), 1.5)]),
            ..Metric::default()
        })
    })
}

/// Such a fact as the journal holds it. The padding is random: zeros would compress as nothing real does.
pub(crate) fn event(device: &DeviceId, at: Timestamp, rng: &mut Rng) -> Result<Vec<u8>> {
    let bare = written(custom(device, ""))?.len();
    let mut padding = String::new();
    while padding.len() < LENGTH.saturating_sub(bare) {
        padding.push_str(&format!("{:016x}", rng.throw()));
    }
    padding.truncate(LENGTH.saturating_sub(bare));
    let fact = custom(device, &padding);
    let mut entropy = [0; 10];
    for (byte, thrown) in entropy.iter_mut().zip(rng.throw().to_le_bytes()) {
        *byte = thrown;
    }
    let event = Event {
        id: EventId::new(at, entropy),
        subj: fact.device().map(Into::into),
        pii: fact.personal(),
        fact,
        v: 1,
        at,
        clock: ClockState::Synced,
        boot: 1,
        up_ms: 1,
        actor: Actor::Device { id: device.clone() },
        corr: None,
        replay: false,
        origin: None,
    };
    event.encode().context("encoding an event")
}

fn custom(device: &DeviceId, padding: &str) -> Fact {
    Fact::DeviceCustom(Custom {
        device: device.clone(),
        kind: "bench".into(),
        body: json!({ "pad": padding }).into(),
    })
}

fn padded(make: impl Fn(usize) -> Fact) -> Result<Vec<u8>> {
    let bare = written(make(0))?.len();
    let missing = LENGTH.saturating_sub(bare);
    let first = written(make(missing))?;
    // Padding may have replaced something that stood there without it.
    let over = first.len().saturating_sub(LENGTH);
    let under = LENGTH.saturating_sub(first.len());
    written(make(missing + under - over))
}

fn written(fact: Fact) -> Result<Vec<u8>> {
    let report = Report {
        fact,
        replay: false,
        origin: None,
    };
    serde_json::to_vec(&report).context("writing a report")
}
