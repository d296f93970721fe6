//! The one place that reads the wall clock.

use protocol::Timestamp;
use std::{
    sync::Arc,
    sync::atomic::{AtomicI64, Ordering},
    time::UNIX_EPOCH,
};

/// Wall time: the machine's, or one that a test moves.
#[derive(Debug, Clone)]
pub enum CloudClock {
    /// The machine's clock.
    Machine,
    /// The machine's clock shifted by so many milliseconds: a wrong clock for tests.
    Shifted(i64),
    /// Milliseconds since 1970, moved by whoever holds the other end.
    Moved(Arc<AtomicI64>),
}

impl CloudClock {
    /// A clock that stands still until it is moved.
    pub fn standing_at(at: Timestamp) -> Self {
        Self::Moved(Arc::new(AtomicI64::new(at.as_millis())))
    }

    /// The machine's clock, shifted by the milliseconds in `OSTONA_CLOCK_OFFSET_MS` where that is set.
    pub fn of_machine() -> Self {
        let offset = std::env::var("OSTONA_CLOCK_OFFSET_MS")
            .ok()
            .and_then(|text| text.parse().ok());
        offset.map_or(Self::Machine, Self::Shifted)
    }

    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place per binary")]
    pub fn now(&self) -> Timestamp {
        match self {
            CloudClock::Machine => {
                let since = std::time::SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default();
                Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            CloudClock::Shifted(offset) => {
                Timestamp::from_millis(CloudClock::Machine.now().as_millis().saturating_add(*offset))
            }
            CloudClock::Moved(millis) => Timestamp::from_millis(millis.load(Ordering::Relaxed)),
        }
    }
}
