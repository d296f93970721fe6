//! By which rules the queue decides: the branch and the agreed times. None of it is state.
//!
//! Three sources write here, each its own part and never another's: the cloud's document of the branch, the branch as it
//! was settled on the box, and the agreed times. Which branch is in force is derived, never written.

use crate::Refusal;
use edge_app::RowsExtent;
use protocol::{
    id::BookingId,
    queue::{Booking, Bookings, Branch},
    text::CodeHash,
};
use std::{collections::BTreeMap, sync::Arc};

/// Agreed times by their ids.
pub type BookingTable = BTreeMap<BookingId, Booking>;

/// What people decided about the branch. An argument of every decision: the state never depends on it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueueSetup {
    /// The branch in force; none: nothing was set up yet. Derived: the cloud's where there is one, else the box's own.
    pub branch: Option<Arc<Branch>>,
    /// Agreed times in force. Derived: those of the register once it was there as a whole, else the document's.
    pub bookings: Arc<BookingTable>,
    pub(crate) document: Arc<BookingTable>,
    pub(crate) register: Option<Arc<BookingTable>>,
    pub(crate) published: Option<Arc<Branch>>,
    pub(crate) settled: Option<Arc<Branch>>,
}

/// One source's word about the branch: replaces what that source said before, and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub enum SetupChange {
    /// The branch as the cloud published it; none: it was withdrawn.
    Published(Option<Arc<Branch>>),
    /// The branch as it was settled on the box; none: none was.
    Settled(Option<Arc<Branch>>),
    /// Agreed times as the document before the register said them.
    Bookings(Bookings),
    /// Rows of the register of agreed times; none: that booking is gone.
    BookingRows(Vec<(BookingId, Option<Booking>)>, RowsExtent),
}

impl QueueSetup {
    /// A branch that was settled on the box, without agreed times.
    pub fn settled(branch: Arc<Branch>) -> Self {
        let mut setup = Self::default();
        setup.configure(SetupChange::Settled(Some(branch)));
        setup
    }

    /// Takes one source's word in.
    pub fn configure(&mut self, change: SetupChange) {
        match change {
            SetupChange::Published(branch) => self.published = branch,
            SetupChange::Settled(branch) => self.settled = branch,
            SetupChange::Bookings(document) => {
                let bookings = document.bookings.into_iter();
                self.document = Arc::new(bookings.map(|booking| (booking.id, booking)).collect());
            }
            SetupChange::BookingRows(rows, extent) => self.take_rows(rows, extent),
        }
        self.bookings = Arc::clone(self.register.as_ref().unwrap_or(&self.document));
        self.branch = self.published.clone().or_else(|| self.settled.clone());
    }

    fn take_rows(&mut self, rows: Vec<(BookingId, Option<Booking>)>, extent: RowsExtent) {
        // Not held twice while it changes, lest all of it be copied for one row.
        self.bookings = Arc::default();
        let table = Arc::make_mut(self.register.get_or_insert_default());
        match extent {
            RowsExtent::Everything => table.clear(),
            RowsExtent::Changes => {}
        }
        for (id, booking) in rows {
            match booking {
                Some(booking) => table.insert(id, booking),
                None => table.remove(&id),
            };
        }
    }

    /// Whether the branch in force is the cloud's: what was settled on the box waits then.
    pub fn is_published(&self) -> bool {
        self.published.is_some()
    }

    /// The bookings whose holder has this code (SHA-256, lower-case hex), for a kiosk that looks what they are for.
    pub fn booked<'a>(&'a self, code_hash: &'a CodeHash) -> impl Iterator<Item = &'a Booking> {
        self.bookings
            .values()
            .filter(move |booking| booking.code_hash == *code_hash)
    }

    pub(crate) fn in_force(&self) -> Result<&Branch, Refusal> {
        self.branch.as_deref().ok_or(Refusal::NoBranch)
    }
}
