//! The one timer of a connection: keep-alive, deadlines of requests and the rate limit.
//!
//! It never goes off later than it was armed for; it may go off earlier.

use std::pin::Pin;
use tokio::time::{self, Instant, Sleep};

/// Wakes a connection when something is due. One that goes off too early costs a round; setting it in each costs more.
pub(super) struct Timer {
    sleep: Pin<Box<Sleep>>,
    armed: Option<Instant>,
}

impl Timer {
    pub(super) fn new() -> Self {
        Self {
            sleep: Box::pin(time::sleep_until(Instant::now())),
            armed: None,
        }
    }

    /// Goes off no later than the first of these.
    pub(super) fn arm(&mut self, due: [Option<Instant>; 3]) {
        if let Some(due) = due.into_iter().flatten().min()
            && self.armed.is_none_or(|at| due < at)
        {
            self.sleep.as_mut().reset(due);
            self.armed = Some(due);
        }
    }

    /// Waits until it goes off; for ever where it is not set. May be dropped while it waits.
    pub(super) async fn expired(&mut self) {
        if self.armed.is_none() {
            return std::future::pending().await;
        }
        self.sleep.as_mut().await;
        self.armed = None;
    }
}
