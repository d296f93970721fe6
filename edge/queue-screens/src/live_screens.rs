//! Everything behind the branch's live screens: the live picture, and what pages need beside it.

use crate::{
    desk::{DeskSessions, PinAttempts},
    live_feed::{self, BranchSnapshot, LiveFeed},
    phone::PhoneTickets,
    ticket_issue::IssuedTicket,
};
use edge_kernel::Port;
use edge_lan::{LanPart, LanState, pairing::Screen};
use protocol::SpotId;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// See the module.
pub(crate) struct LiveScreens {
    port: Port,
    pub(crate) live: LiveFeed,
    pub(crate) pin_attempts: PinAttempts,
    pub(crate) desk_sessions: DeskSessions,
    pub(crate) phone_tickets: PhoneTickets,
    /// The last ticket each desk gave out.
    given: Mutex<BTreeMap<SpotId, IssuedTicket>>,
    /// Until it is begun.
    snapshot_sender: Mutex<Option<watch::Sender<Arc<BranchSnapshot>>>>,
}

impl LanPart for LiveScreens {
    /// Nothing is painted before [`LiveScreens::begin`].
    fn new(lan: &LanState) -> Self {
        let (live, pictures) = LiveFeed::new(lan);
        Self {
            port: lan.port().clone(),
            live,
            pin_attempts: PinAttempts::new(lan.port().clone()),
            desk_sessions: DeskSessions::new(lan.port().clone()),
            phone_tickets: PhoneTickets::default(),
            given: Mutex::default(),
            snapshot_sender: Mutex::new(Some(pictures)),
        }
    }
}

impl LiveScreens {
    /// Starts the projector, once; it ends with `stop`.
    pub(crate) fn begin(&self, stop: &CancellationToken) {
        let pictures = self
            .snapshot_sender
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(pictures) = pictures {
            tokio::spawn(live_feed::project(self.live.clone(), pictures, stop.clone()));
        }
    }

    /// A display was heard.
    pub(crate) fn display_seen(&self, display: &Arc<Screen>) {
        let up_ms = self.port.clock().up_ms();
        self.live.note(|side| side.display_seen(display, up_ms));
    }

    /// A desk gave out a ticket.
    pub(crate) fn ticket_given(&self, window: &SpotId, ticket: IssuedTicket) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.insert(window.clone(), ticket);
    }

    /// Somebody else sits there now.
    pub(crate) fn forget_given(&self, window: &SpotId) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.remove(window);
    }

    /// The last ticket a desk gave out.
    pub(crate) fn last_given(&self, window: &SpotId) -> Option<IssuedTicket> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.get(window).cloned()
    }
}
