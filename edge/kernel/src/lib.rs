//! The kernel: the one writer of a site. Inputs in, decide, commit, answer, fan out.
//!
//! Nobody is told "done" before it is on disk, and nothing decides beside it. Everybody else holds a [`Port`].

mod apps;
mod clock;
mod commands;
mod commit;
mod decide;
mod documents;
mod effect;
mod entry;
mod input;
mod kernel;
mod pending;
mod port;
mod rate;
mod record;
mod refusal;
mod registers;
mod replay;
mod rounds;
mod slot;
mod start;
mod trust;
mod view;
mod views;
mod waiting;

pub use apps::{Hosted, Order, domains::*};
pub use clock::Clock;
pub use decide::{Chain, DecideError};
pub use effect::{Effect, Effects};
pub use entry::{Committed, Entry, RegisterSettlement, Settlement, Status};
pub use port::{Answer, Port, Records};
pub use refusal::Refusal;
pub use start::{Options, Started, start};
pub use trust::Trust;
pub use view::View;

pub use edge_app::{App, FollowUp, Moment};
pub use edge_journal::{JournalError, Table};
pub use edge_roster::{Device, Me, Presence, Roster};

#[cfg(test)]
mod tests;
