//! The kernel: the one writer of a site. Inputs in, decide, commit, answer, fan out.
//!
//! Nobody is told "done" before it is on disk, and nothing decides beside it. Everybody else holds a [`Port`].

mod clock;
mod effect;
mod entry;
mod input;
mod port;
mod refusal;

pub use clock::Clock;
pub use effect::{Effect, Effects};
pub use entry::{Committed, Entry, Status};
pub use port::{Port, Records};
pub use refusal::Refusal;

pub use edge_journal::Shelf;
pub use edge_roster::{Presence, Roster};
