//! By which rules the queue decides: the branch and the agreed times. None of it is state.
//!
//! Three sources write here, each its own part and never another's: the cloud's document of the branch, the branch as it
//! was settled on the box, and the agreed times. Which branch is in force is derived, never written.

use crate::Refusal;
use protocol::queue::{Booking, Bookings, Branch};
use std::sync::Arc;

/// What people decided about the branch. An argument of every decision: the state never depends on it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Setup {
    /// The branch in force; none: nothing was set up yet. Derived: the cloud's where there is one, else the box's own.
    pub branch: Option<Arc<Branch>>,
    /// Agreed times.
    pub bookings: Arc<Bookings>,
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
    /// Agreed times.
    Bookings(Arc<Bookings>),
}

impl Setup {
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
            SetupChange::Bookings(bookings) => self.bookings = bookings,
        }
        self.branch = self.published.clone().or_else(|| self.settled.clone());
    }

    /// Whether the branch in force is the cloud's: what was settled on the box waits then.
    pub fn is_published(&self) -> bool {
        self.published.is_some()
    }

    /// The bookings whose holder has this code (SHA-256, lower-case hex), for a kiosk that looks what they are for.
    pub fn booked<'a>(&'a self, code_hash: &'a str) -> impl Iterator<Item = &'a Booking> {
        self.bookings
            .bookings
            .iter()
            .filter(move |booking| booking.code_hash == code_hash)
    }

    pub(crate) fn in_force(&self) -> Result<&Branch, Refusal> {
        self.branch.as_deref().ok_or(Refusal::NoBranch)
    }
}
