//! The OSDP readers' own outputs: each opens its side, by its own timer.
//!
//! A reader makes its output inactive at the beginning of each session (`osdp`); one that is not there moves nothing.

use super::{GateIo, GateIoError};
use crate::{
    osdp::{OutputError, ReaderOutputs, Switch},
    passage::{OutputAction, Signal},
    reader::Side,
};
use adapter_sdk::{gpio::Level, socket::SocketError};
use async_trait::async_trait;
use std::time::Duration;
use tokio::time::Instant;

/// The way.
#[derive(Debug)]
pub(crate) struct OsdpGateIo(Vec<ReaderOutputs>);

impl OsdpGateIo {
    /// A way over these readers' outputs.
    pub(crate) fn new(relays: Vec<ReaderOutputs>) -> Self {
        Self(relays)
    }
}

#[async_trait]
impl GateIo for OsdpGateIo {
    async fn release_all(&mut self, deadline: Instant) -> Result<(), GateIoError> {
        for side in [Side::A, Side::B] {
            if self.0.iter().any(|relay| relay.has(side)) {
                self.drive(side, OutputAction::Release, deadline).await?;
            }
        }
        Ok(())
    }

    async fn look(&mut self, _deadline: Instant) -> Result<Vec<(Signal, Level)>, GateIoError> {
        Ok(Vec::new())
    }

    async fn drive(&mut self, side: Side, to: OutputAction, deadline: Instant) -> Result<(), GateIoError> {
        let relay = self
            .0
            .iter()
            .find(|relay| relay.has(side))
            .ok_or(GateIoError::Mismatch)?;
        let switch = match to {
            OutputAction::Pulse(span) | OutputAction::Hold(span) => Switch::On { tenths: tenths(span) },
            OutputAction::Release => Switch::Off,
        };
        match relay.switch(side, switch, deadline).await {
            Ok(()) => Ok(()),
            // What it began, its own timer ends.
            Err(OutputError::Absent) if to == OutputAction::Release => Ok(()),
            Err(OutputError::Absent) => Err(GateIoError::Absent),
            Err(OutputError::Refused(code)) => Err(GateIoError::Refused(code)),
            Err(OutputError::Unanswered) => Err(GateIoError::Line(SocketError::Timeout)),
        }
    }

    async fn next(&mut self) -> Result<Vec<(Signal, Level)>, GateIoError> {
        std::future::pending().await
    }
}

/// In tenths of a second, never shorter than asked for.
fn tenths(span: Duration) -> u16 {
    u16::try_from(span.as_millis().div_ceil(100)).unwrap_or(u16::MAX)
}
