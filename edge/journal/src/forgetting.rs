//! What a start would forget: the snapshots before the last, how far back the facts reach, and losses that were accepted.
//!
//! Nobody's loss is accepted here without a word from outside.

use crate::{error::JournalError, journal::Journal, snapshot::Snapshot};
use protocol::lane::{Lane, Seq};

impl Journal {
    /// The snapshot of each app before the last one. The facts since are still there.
    pub fn previous_snapshots(&self) -> Result<Vec<Snapshot>, JournalError> {
        self.state.previous_snapshots()
    }

    /// The first fact that is there, where others were before it; none where the lane reaches back to its beginning.
    pub fn first_kept(&self) -> Option<Seq> {
        let first = self.shared.lane(Lane::Facts).entries.front().map(|entry| entry.first);
        first.filter(|first| *first > Seq(1))
    }

    /// Whether an app may begin anew though the facts that made it are gone.
    pub fn is_loss_accepted(&self, app: &str) -> bool {
        self.state.meta.accepted_losses.contains(app)
    }

    /// Lets these apps begin anew, with what facts there are, at the next start: durable at once.
    pub fn accept_losses(&mut self, apps: &[String]) -> Result<(), JournalError> {
        let mut core = self.state.meta.clone();
        core.accepted_losses.extend(apps.iter().cloned());
        self.state.commit(core, &[])
    }
}
