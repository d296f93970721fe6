//! Wall time for signatures: the edge's clock, and the cloud's where that one cannot be trusted.
//!
//! A signature names the second it was made in and is refused five minutes off, so a board that boots in 1970 must ask
//! for the time before it can say anything.

use edge_kernel::EdgeClock;
use protocol::{ClockState, Timestamp};
use std::{fmt, sync::Arc, time::Duration};

/// Who wants to know what time it is in the cloud: the owner of the edge's clock.
pub trait CloudTime: Send + Sync + fmt::Debug {
    /// The cloud's clock read `cloud_now` at some moment of the `round_trip` that ends now. The edge's clock should
    /// count as [`ClockState::Synced`] after that.
    fn learn(&self, cloud_now: Timestamp, round_trip: Duration);
}

/// The clock that is read, and where the cloud's time goes.
#[derive(Debug, Clone)]
pub(crate) struct SignatureClock {
    pub(crate) clock: Arc<dyn EdgeClock>,
    pub(crate) cloud_time: Arc<dyn CloudTime>,
}

impl SignatureClock {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
    pub(crate) fn trusted(&self) -> bool {
        self.clock.state() == ClockState::Synced
    }
}
