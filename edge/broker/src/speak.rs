//! What a publication means: JSON into facts and outcomes.
//!
//! A device speaks for itself only, and never says what is the edge's to say.

use crate::ground::Upward;
use edge_kernel::Entry;
use protocol::{
    DeviceId, Fact, Lane,
    fact::Reported,
    lan::{Report, Settled},
};
use std::collections::BTreeMap;

/// What was said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    /// To be recorded in this lane.
    Entry(Lane, Box<Entry>),
    /// How a command ended.
    Settled(Box<Settled>),
    /// Nothing to record.
    Nothing,
}

/// Why a payload is not taken. Says nothing of the payload itself, which may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misfit {
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
pub(crate) fn understand(upward: Upward, device: &DeviceId, payload: &[u8]) -> Result<Said, Misfit> {
    match upward {
        Upward::Fact => report(device, payload, Lane::Facts),
        Upward::Telemetry => report(device, payload, Lane::Telemetry),
        Upward::Reported if payload.is_empty() => Ok(Said::Nothing),
        Upward::Reported => {
            let settings: BTreeMap<String, serde_json::Value> = parse(payload)?;
            let fact = Fact::DeviceReported(Reported {
                device: device.clone(),
                settings,
            });
            Ok(Said::Entry(Lane::Facts, Box::new(fact.into())))
        }
        Upward::Outcome => parse(payload).map(|settled| Said::Settled(Box::new(settled))),
        Upward::Alive | Upward::Own => Ok(Said::Nothing),
    }
}

fn report(device: &DeviceId, payload: &[u8], lane: Lane) -> Result<Said, Misfit> {
    let mut report: Report = parse(payload)?;
    // Figures without a device would be the edge's own.
    if let Fact::DeviceMetric(metric) = &mut report.fact {
        metric.device.get_or_insert_with(|| device.clone());
    }
    let name = report.fact.name();
    if report.fact.lane() != lane {
        return Err(Misfit::Lane(name));
    }
    let own = report.fact.is_a_devices_own() && report.fact.device() == Some(device);
    if own {
        Ok(Said::Entry(lane, Box::new(report.into())))
    } else {
        Err(Misfit::NotYours(name))
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(payload: &'a [u8]) -> Result<T, Misfit> {
    serde_json::from_slice(payload).map_err(|_| Misfit::Format)
}
