//! The one place that reads the wall clock.

use protocol::Timestamp;
use std::{
    sync::Arc,
    sync::atomic::{AtomicI64, Ordering},
    time::UNIX_EPOCH,
};

/// Wall time: the machine's, or one that a test moves.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    Machine,
    /// Milliseconds since 1970, moved by whoever holds the other end.
    Moved(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still until it is moved.
    pub fn standing_at(at: Timestamp) -> Self {
        Self::Moved(Arc::new(AtomicI64::new(at.as_millis())))
    }

    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place per binary")]
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::Machine => {
                let since = std::time::SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default();
                Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Clock::Moved(millis) => Timestamp::from_millis(millis.load(Ordering::Relaxed)),
        }
    }
}
