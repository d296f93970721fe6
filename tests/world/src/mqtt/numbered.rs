//! Facts that only say their number: easy to make, easy to find again in the cloud.
//!
//! The number stands twice in a report, as the fact's body and as its place in the device's own log.

use protocol::{DeviceId, Fact, Origin, fact::Custom, lan::Report};
use serde_json::json;

/// What follows a device's slug in the name of its log.
pub const LOG_SUFFIX: &str = "-log";

/// The payload of fact `number`, padded to `length` bytes.
pub fn report(device: &DeviceId, number: u64, length: usize) -> Result<Vec<u8>, serde_json::Error> {
    let bare = serde_json::to_vec(&padded(device, number, 0))?;
    serde_json::to_vec(&padded(device, number, length.saturating_sub(bare.len())))
}

fn padded(device: &DeviceId, number: u64, padding: usize) -> Report {
    let body = json!({ "n": number, "pad": "x".repeat(padding) });
    let custom = Custom {
        device: device.clone(),
        kind: "load".into(),
        body: body.into(),
    };
    let origin = Origin {
        log: format!("{device}{LOG_SUFFIX}").into(),
        number,
        at: None,
        code: None,
    };
    Report {
        fact: Fact::DeviceCustom(custom),
        replay: false,
        origin: Some(origin),
    }
}
