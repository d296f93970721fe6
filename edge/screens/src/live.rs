//! Live: one look at the site per change, shared by every screen, and a stream to each that says only what changed.
//!
//! A screen that is slow, asleep or gone costs nobody else anything: it finds the newest state when it looks again, and
//! states in between are never kept for it.

pub(crate) mod beside;
mod picture;
mod projector;
mod stream;
mod survey;

pub(crate) use picture::{Call, Look, Open, Picture, Row, Seat, Standing};
pub(crate) use projector::project;
pub(crate) use stream::{Asked, Showing, respond};
pub(crate) use survey::one;

use crate::{Link, signage::Emergency};
use beside::Beside;
use edge_kernel::Port;
use protocol::id::TicketId;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, watch};

/// What screens hold of it.
#[derive(Clone)]
pub(crate) struct Live {
    port: Port,
    link: watch::Receiver<Link>,
    pictures: watch::Receiver<Arc<Picture>>,
    beside: Arc<Mutex<Beside>>,
    watched: Arc<Mutex<BTreeMap<TicketId, usize>>>,
    again: Arc<Notify>,
    pub(crate) emergency: Emergency,
}

/// A ticket somebody looks at; dropped, nobody does any more.
pub(crate) struct Watched {
    live: Live,
    ticket: TicketId,
}

impl Live {
    /// The handle, and what the projector publishes with.
    pub(crate) fn new(port: Port, link: watch::Receiver<Link>) -> (Self, watch::Sender<Arc<Picture>>) {
        let (sender, pictures) = watch::channel(Arc::new(Picture::default()));
        let live = Self {
            emergency: Emergency::new(port.clone()),
            port,
            link,
            pictures,
            beside: Arc::default(),
            watched: Arc::default(),
            again: Arc::default(),
        };
        (live, sender)
    }

    /// Pictures as they come; the present one counts as new.
    pub(crate) fn pictures(&self) -> watch::Receiver<Arc<Picture>> {
        let mut pictures = self.pictures.clone();
        pictures.mark_changed();
        pictures
    }

    /// A picture painted now: whatever was told to be on disk before is in it. Where the box stops, the newest there is.
    pub(crate) async fn fresh(&self) -> Arc<Picture> {
        match projector::painted(self).await {
            Some(picture) => Arc::new(picture),
            None => self.picture(),
        }
    }

    /// The newest picture.
    pub(crate) fn picture(&self) -> Arc<Picture> {
        Arc::clone(&self.pictures.borrow())
    }

    /// Changes what is known beside the queue, and has it shown.
    pub(crate) fn note<T>(&self, change: impl FnOnce(&mut Beside) -> T) -> T {
        let changed = change(&mut lock(&self.beside));
        self.again.notify_one();
        changed
    }

    /// Somebody looks at a ticket from now on.
    pub(crate) fn watch_ticket(&self, ticket: TicketId) -> Watched {
        *lock(&self.watched).entry(ticket).or_default() += 1;
        self.again.notify_one();
        Watched {
            live: self.clone(),
            ticket,
        }
    }

    fn watched(&self) -> Vec<TicketId> {
        lock(&self.watched).keys().copied().collect()
    }
}

impl Drop for Watched {
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
