//! The kernel: the one writer of a site. Inputs in, decide, commit, answer, fan out.
//!
//! Nobody is told "done" before it is on disk, and nothing decides beside it. Everybody else holds a [`Port`].

mod clock;
mod commands;
mod commit;
mod documents;
mod effect;
mod entry;
mod input;
mod kernel;
mod port;
mod queueing;
mod rate;
mod record;
mod refusal;
mod site;
mod start;

pub use clock::Clock;
pub use effect::{Effect, Effects};
pub use entry::{Committed, Entry, Settlement, Status};
pub use kernel::Trust;
pub use port::{Answer, Port, Records};
pub use queueing::QueueRefusal;
pub use refusal::Refusal;
pub use site::Site;
pub use start::{Options, Started, start};

pub use edge_journal::{JournalError, Shelf};
pub use edge_prints as prints;
pub use edge_queue as queue;
pub use edge_roster::{Device, Me, Presence, Roster};

#[cfg(test)]
mod tests;
