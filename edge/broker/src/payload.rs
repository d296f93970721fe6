//! The payload of a publication: JSON into facts and outcomes.
//!
//! A device speaks for itself only, and never says what is the edge's to say.

use crate::topic_access::PublishTopic;
use edge_kernel::FactEntry;
use protocol::{
    DeviceId, Fact, Lane,
    fact::SettingsReport,
    json,
    lan::{CommandReply, Report},
};
use std::collections::BTreeMap;

/// A payload, taken apart.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "it lives for a moment, and an entry is what it mostly is"
)]
pub(crate) enum Payload {
    /// To be recorded in this lane.
    Entry(Lane, FactEntry),
    /// How a command ended.
    Settled(Box<CommandReply>),
    /// Nothing to record.
    Nothing,
}

/// Why a payload is not taken. Says nothing of the payload itself, which may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PayloadError {
    /// Not the JSON the topic asks for.
    #[error("not the JSON this topic asks for")]
    Format,
    /// A fact of the other lane.
    #[error("{0} belongs in the other lane")]
    Lane(&'static str),
    /// Another device's, or the edge's own.
    #[error("{0} is not this device's to say")]
    NotYours(&'static str),
}

/// Takes a payload apart, once.
pub(crate) fn parse_payload(leaf: PublishTopic, device: &DeviceId, payload: &[u8]) -> Result<Payload, PayloadError> {
    match leaf {
        PublishTopic::Fact => report(device, payload, Lane::Facts),
        PublishTopic::Telemetry => report(device, payload, Lane::Telemetry),
        PublishTopic::Reported if payload.is_empty() => Ok(Payload::Nothing),
        PublishTopic::Reported => {
            let text = std::str::from_utf8(payload).map_err(|_| PayloadError::Format)?;
            // Deeper than this it could be recorded, and never be read again.
            json::check(text).map_err(|_| PayloadError::Format)?;
            let settings: BTreeMap<String, serde_json::Value> = parse(payload)?;
            let fact = Fact::DeviceReported(SettingsReport {
                device: device.clone(),
                settings,
            });
            Ok(Payload::Entry(Lane::Facts, fact.into()))
        }
        PublishTopic::Outcome => parse(payload).map(|settled| Payload::Settled(Box::new(settled))),
        PublishTopic::Alive | PublishTopic::Own => Ok(Payload::Nothing),
    }
}

fn report(device: &DeviceId, payload: &[u8], lane: Lane) -> Result<Payload, PayloadError> {
    let mut report: Report = parse(payload)?;
    // Figures without a device would be the edge's own.
    if let Fact::DeviceMetric(metric) = &mut report.fact {
        metric.device.get_or_insert_with(|| device.clone());
    }
    let name = report.fact.name();
    if report.fact.lane() != lane {
        return Err(PayloadError::Lane(name));
    }
    let own = report.fact.is_a_devices_own() && report.fact.device() == Some(device);
    if own {
        Ok(Payload::Entry(lane, report.into()))
    } else {
        Err(PayloadError::NotYours(name))
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(payload: &'a [u8]) -> Result<T, PayloadError> {
    serde_json::from_slice(payload).map_err(|_| PayloadError::Format)
}
