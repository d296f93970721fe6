//! The device's clock: read, compared with the edge's, set.
//!
//! It is not touched while the edge itself does not know the date.

use super::session::{ZkSession, demand};
use crate::wire::{field::FieldReader, frame::code, time};
use adapter_sdk::{Clock, ClockPolicy, DriverError};
use std::time::Duration;

/// How far the device's clock is off, either way; `None` where that cannot be told.
pub(super) async fn off(
    session: &mut ZkSession,
    clock: &dyn Clock,
    policy: ClockPolicy,
) -> Result<Option<Duration>, DriverError> {
    let doing = "asking what time it has";
    let answer = session.ask(doing, code::GET_TIME, &[]).await?;
    demand(&answer, code::OK, doing)?;
    let Some(now) = clock.trusted_now() else {
        return Ok(None);
    };
    let theirs = FieldReader::of(&answer.body)
        .u32()
        .and_then(time::unpack)
        .and_then(|wall| time::moment(wall, policy.offset_seconds(clock)));
    // A clock that names no day at all is as wrong as can be.
    Ok(Some(theirs.map_or(Duration::MAX, |theirs| {
        now.since(theirs).max(theirs.since(now))
    })))
}

/// Sets the device's clock. Says whether it took it.
pub(super) async fn set(session: &mut ZkSession, clock: &dyn Clock, policy: ClockPolicy) -> Result<bool, DriverError> {
    let wall = clock
        .trusted_now()
        .and_then(|now| time::wall(now, policy.offset_seconds(clock)));
    let Some(packed) = wall.and_then(time::pack) else {
        return Ok(false);
    };
    let answer = session
        .ask("setting its clock", code::SET_TIME, &packed.to_le_bytes())
        .await?;
    Ok(answer.code == code::OK)
}
