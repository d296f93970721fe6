//! Committed facts as they come, for whoever wants some of them at once. Handed out beside the writer, after the views.
//!
//! A listener is never waited for: one that is slow misses the oldest and is told so.

use crate::CommittedEvent;
use protocol::Fact;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// Events a slow listener may be behind before it misses some.
const BEHIND: usize = 4096;

/// Whether a listener wants a fact.
pub type FactFilter = fn(&Fact) -> bool;

/// Everybody who listens.
#[derive(Debug, Clone, Default)]
pub(crate) struct FactListeners(Arc<Mutex<Vec<FactListener>>>);

#[derive(Debug)]
struct FactListener {
    wants: FactFilter,
    events: broadcast::Sender<Arc<CommittedEvent>>,
}

impl FactListeners {
    /// Facts that are wanted, from now on.
    pub(crate) fn listen(&self, wants: FactFilter) -> broadcast::Receiver<Arc<CommittedEvent>> {
        let (events, receiver) = broadcast::channel(BEHIND);
        self.lock().push(FactListener { wants, events });
        receiver
    }

    /// Gives everybody what it wants of these.
    pub(crate) fn hand_out(&self, events: &[Arc<CommittedEvent>]) {
        let mut listeners = self.lock();
        listeners.retain(|listener| listener.events.receiver_count() > 0);
        for listener in listeners.iter() {
            for event in events.iter().filter(|event| (listener.wants)(&event.event.fact)) {
                // The last receiver may go at any time.
                let _ = listener.events.send(Arc::clone(event));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<FactListener>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
