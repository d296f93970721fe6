//! What the kernel wants done in the world, once it is on disk that it shall be.

use edge_prints::Wish;
use protocol::{Command, Document, Timestamp};
use tokio::{sync::mpsc, time::Instant};

/// Where the agent receives them.
pub type Effects = mpsc::Receiver<Effect>;

/// Something to be done now. Never queued over a restart: what was not done by then is settled as interrupted.
#[derive(Debug)]
pub enum Effect {
    /// Carry out a command, answer with [`crate::Port::settle`].
    Run {
        /// The command, accepted and on disk.
        command: Box<Command>,
        /// By the edge's wall clock, not from this moment on.
        expires: Timestamp,
        /// By the monotonic clock, not from this moment on.
        deadline: Instant,
    },
    /// Print a sheet, answer with [`crate::Port::printed`].
    Print(Box<Wish>),
    /// Put a document in force, answer with [`crate::Port::document_settled`].
    Apply(Box<Document>),
}
