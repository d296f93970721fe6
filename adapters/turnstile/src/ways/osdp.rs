//! The OSDP readers' own outputs: each opens its side, by its own timer.
//!
//! A reader makes its output inactive at the beginning of each session (`osdp`); one that is not there moves nothing.

use super::{Way, WayError};
use crate::{
    osdp::{Relay, RelayError, Switch},
    passage::{Move, Signal},
    reader::Side,
};
use adapter_sdk::{gpio::Level, socket::SocketError};
use async_trait::async_trait;
use std::time::Duration;
use tokio::time::Instant;

/// The way.
#[derive(Debug)]
pub(crate) struct OsdpWay(Vec<Relay>);

impl OsdpWay {
    /// A way over these readers' outputs.
    pub(crate) fn new(relays: Vec<Relay>) -> Self {
        Self(relays)
    }
}

#[async_trait]
impl Way for OsdpWay {
    async fn rest(&mut self, deadline: Instant) -> Result<(), WayError> {
        for side in [Side::A, Side::B] {
            if self.0.iter().any(|relay| relay.has(side)) {
                self.drive(side, Move::Release, deadline).await?;
            }
        }
        Ok(())
    }

    async fn look(&mut self, _deadline: Instant) -> Result<Vec<(Signal, Level)>, WayError> {
        Ok(Vec::new())
    }

    async fn drive(&mut self, side: Side, to: Move, deadline: Instant) -> Result<(), WayError> {
        let relay = self.0.iter().find(|relay| relay.has(side)).ok_or(WayError::Mismatch)?;
        let switch = match to {
            Move::Pulse(span) | Move::Hold(span) => Switch::On { tenths: tenths(span) },
            Move::Release => Switch::Off,
        };
        match relay.switch(side, switch, deadline).await {
            Ok(()) => Ok(()),
            // What it began, its own timer ends.
            Err(RelayError::Absent) if to == Move::Release => Ok(()),
            Err(RelayError::Absent) => Err(WayError::Absent),
            Err(RelayError::Refused(code)) => Err(WayError::Refused(code)),
            Err(RelayError::Unanswered) => Err(WayError::Line(SocketError::Timeout)),
        }
    }

    async fn next(&mut self) -> Result<Vec<(Signal, Level)>, WayError> {
        std::future::pending().await
    }
}

/// In tenths of a second, never shorter than asked for.
fn tenths(span: Duration) -> u16 {
    u16::try_from(span.as_millis().div_ceil(100)).unwrap_or(u16::MAX)
}
