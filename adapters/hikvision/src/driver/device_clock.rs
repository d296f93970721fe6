//! The device's clock: read, compared with the edge's, set.
//!
//! A device whose clock NTP or a platform sets is set only when somebody asks for it, and none is while the edge itself
//! does not know the date.

use super::client::{IsapiClient, IsapiRequest};
use crate::wire::clock::{self, DeviceTime, TimeMode};
use adapter_sdk::{Clock, ClockPolicy, DriverError};
use std::time::Duration;

/// A look at the device's clock.
#[derive(Debug)]
pub(super) struct ClockSample {
    time: DeviceTime,
    /// How far it is off, either way.
    pub(super) off: Duration,
    /// Who sets it.
    pub(super) mode: TimeMode,
}

/// Reads the device's clock; `None` where it does not tell, or the edge's own is not to be trusted.
pub(super) async fn read(
    line: &IsapiClient,
    clock: &dyn Clock,
    policy: ClockPolicy,
) -> Result<Option<ClockSample>, DriverError> {
    let answer = line
        .ask(&IsapiRequest::get("asking what time it has", clock::TARGET))
        .await?;
    let time = if answer.status.is_success() {
        clock::parse(&answer.body)
    } else {
        None
    };
    let (Some(time), Some(now)) = (time, clock.trusted_now()) else {
        return Ok(None);
    };
    let site = policy.offset_seconds(clock);
    let off = time.moment(site).map(|moment| now.since(moment).max(moment.since(now)));
    Ok(off.map(|off| ClockSample {
        off,
        mode: time.mode,
        time,
    }))
}

/// Sets the device's clock, in its own zone. Says whether it took it.
pub(super) async fn set(
    line: &IsapiClient,
    clock: &dyn Clock,
    policy: ClockPolicy,
    reading: &ClockSample,
) -> Result<bool, DriverError> {
    let site = policy.offset_seconds(clock);
    let body = clock.trusted_now().and_then(|now| reading.time.set(now, site));
    let Some(body) = body else {
        return Ok(false);
    };
    let answer = line
        .ask(&IsapiRequest::put("setting its clock", clock::TARGET, Some(body)))
        .await?;
    Ok(answer.status.is_success())
}
