//! What the apps know of the site: rebuilt from the events, looked at between two batches.
//!
//! Only [`Site::apply`] changes it, and only with an event that is on its way to the disk.

use edge_prints::Prints;
use edge_queue::{Queue, Setup};
use edge_roster::Roster;
use protocol::Event;
use serde::{Deserialize, Serialize};

/// The state of every app.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Site {
    /// Devices, commands under way, documents in force.
    pub roster: Roster,
    /// Tickets, windows and who sits at them.
    pub queue: Queue,
    /// Sheets on their way through printers.
    pub prints: Prints,
    /// What people decided about the queue: comes from documents, not from events.
    #[serde(skip)]
    pub setup: Setup,
}

impl Site {
    /// Makes an event of the facts lane so.
    pub(crate) fn apply(&mut self, event: &Event) {
        edge_roster::apply(&mut self.roster, event);
        edge_queue::apply(&mut self.queue, event);
        edge_prints::apply(&mut self.prints, event);
    }
}
