//! Live: one look at the site per change, shared by every screen, and a stream to each that says only what changed.
//!
//! A screen that is slow, asleep or gone costs nobody else anything: it finds the newest state when it looks again, and
//! states in between are never kept for it.

mod branch_snapshot;
mod call_rules;
mod projector;
pub(crate) mod side_state;
mod view;

pub(crate) use branch_snapshot::{
    BranchSnapshot, CalledTicket, Opening, QueueRow, ServiceState, TicketView, WindowState,
};
pub(crate) use call_rules::time_of_day;
pub(crate) use projector::project;
pub(crate) use view::ticket_view;

use edge_announce::Announcements;
use edge_kernel::Port;
use edge_lan::{CloudLink, LanState};
use protocol::id::TicketId;
use side_state::SideState;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, watch};

/// What screens hold of it.
#[derive(Clone)]
pub(crate) struct LiveFeed {
    port: Port,
    link: watch::Receiver<CloudLink>,
    snapshots: watch::Receiver<Arc<BranchSnapshot>>,
    side_state: Arc<Mutex<SideState>>,
    watched: Arc<Mutex<BTreeMap<TicketId, usize>>>,
    again: Arc<Notify>,
    announcements: Arc<Announcements>,
    /// Changes where a screen's right was taken away.
    revoked: watch::Receiver<u64>,
}

/// A ticket somebody looks at; dropped, nobody does any more.
pub(crate) struct TicketWatch {
    live: LiveFeed,
    ticket: TicketId,
}

impl LiveFeed {
    /// The handle, and what the projector publishes with.
    pub(crate) fn new(lan: &LanState) -> (Self, watch::Sender<Arc<BranchSnapshot>>) {
        let (sender, pictures) = watch::channel(Arc::new(BranchSnapshot::default()));
        let live = Self {
            port: lan.port().clone(),
            link: lan.link().clone(),
            snapshots: pictures,
            side_state: Arc::default(),
            watched: Arc::default(),
            again: Arc::default(),
            announcements: lan.part(),
            revoked: lan.pairing().changes(),
        };
        (live, sender)
    }

    /// Pictures as they come.
    pub(crate) fn snapshots(&self) -> watch::Receiver<Arc<BranchSnapshot>> {
        self.snapshots.clone()
    }

    /// A picture painted now: whatever was told to be on disk before is in it. Where the box stops, the newest there is.
    pub(crate) async fn fresh(&self) -> Arc<BranchSnapshot> {
        match projector::take_snapshot(self).await {
            Some(picture) => Arc::new(picture),
            None => self.snapshot(),
        }
    }

    /// The newest picture.
    pub(crate) fn snapshot(&self) -> Arc<BranchSnapshot> {
        Arc::clone(&self.snapshots.borrow())
    }

    /// Changes what is known beside the queue, and has it shown.
    pub(crate) fn note<T>(&self, change: impl FnOnce(&mut SideState) -> T) -> T {
        let changed = change(&mut lock(&self.side_state));
        self.again.notify_one();
        changed
    }

    /// Somebody looks at a ticket from now on.
    pub(crate) fn watch_ticket(&self, ticket: TicketId) -> TicketWatch {
        *lock(&self.watched).entry(ticket).or_default() += 1;
        self.again.notify_one();
        TicketWatch {
            live: self.clone(),
            ticket,
        }
    }

    fn watched(&self) -> Vec<TicketId> {
        lock(&self.watched).keys().copied().collect()
    }
}

impl Drop for TicketWatch {
    fn drop(&mut self) {
        let mut watched = lock(&self.live.watched);
        if let Some(count) = watched.get_mut(&self.ticket) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                watched.remove(&self.ticket);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
