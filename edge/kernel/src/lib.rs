//! The kernel: the one writer of a site. Inputs in, decide, commit, answer, fan out.
//!
//! Nobody is told "done" before it is on disk, and nothing decides beside it. Everybody else holds a [`Port`].

mod all_apps;
mod answers;
mod app_instance;
mod apps;
mod clock;
mod clock_watch;
mod commands;
mod commit;
mod decide;
mod documents;
mod effect;
mod entry;
mod facts_room;
mod input;
mod kernel;
mod limits;
mod live;
mod pending_commits;
mod pending_document;
mod port;
mod quotas;
mod rate;
mod record;
mod refusal;
mod registers;
mod replay;
mod room;
mod start;
mod stored_documents;
mod trust;
mod view;
mod views;

pub use all_apps::app_names;
pub use apps::{AppOrder, KernelApp, domains::*};
pub use clock::EdgeClock;
pub use decide::{ChainedDecision, DecideError};
pub use effect::{Effect, Effects};
pub use entry::{CommittedEvent, DocumentSettlement, FactEntry, KernelStatus, RegisterSettlement};
pub use facts_room::FactsRoom;
pub use limits::{FACTS_KEPT_FOR, KernelLimits};
pub use live::FactFilter;
pub use port::{AnswerReceiver, Port, Records};
pub use refusal::Refusal;
pub use start::{KernelHandle, KernelOptions, start};
pub use trust::Trust;
pub use view::AppView;

pub use edge_app::{App, FollowUp, Moment};
pub use edge_journal::{JournalError, Table};
pub use edge_roster::{DevicePresence, EdgeIds, Roster, RosterDevice};

#[cfg(test)]
mod tests;
