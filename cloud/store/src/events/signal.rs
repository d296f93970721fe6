//! Who waits for new events, told by number only: which event of the organisation is the newest on disk.
//!
//! No event is held for anybody. Whoever is told reads the store, as much at a time as it can use; a listener that does
//! not read costs a number.

use protocol::OrgId;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// The newest event's id, by organisation, for those of which somebody wants to know.
#[derive(Debug, Default)]
pub(crate) struct EventSignals(Mutex<HashMap<OrgId, watch::Sender<u64>>>);

impl EventSignals {
    /// From now on; what it shows at first is no event's id. None: so many of the organisation listen already.
    pub(crate) fn subscribe(&self, org: OrgId, most: usize) -> Option<watch::Receiver<u64>> {
        let mut signals = self.lock();
        let signal = signals.entry(org).or_default();
        (signal.receiver_count() < most).then(|| signal.subscribe())
    }

    /// The organisation has events up to this one on disk.
    pub(crate) fn stored(&self, org: OrgId, last: u64) {
        let mut signals = self.lock();
        let Some(signal) = signals.get(&org) else { return };
        if signal.is_closed() {
            signals.remove(&org);
        } else {
            signal.send_if_modified(|newest| {
                let newer = last > *newest;
                *newest = last.max(*newest);
                newer
            });
        }
    }

    /// How many listen.
    pub(crate) fn listeners(&self) -> usize {
        self.lock().values().map(watch::Sender::receiver_count).sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrgId, watch::Sender<u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
