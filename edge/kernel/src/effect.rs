//! What the kernel wants done in the world, once it is on disk that it shall be.

use crate::AppOrder;
use protocol::Document;
use tokio::{sync::mpsc, time::Instant};

/// Where the agent receives them.
pub type Effects = mpsc::Receiver<Effect>;

/// Something to be done now. Never queued over a restart: what was not done by then is settled as interrupted.
#[derive(Debug)]
pub enum Effect {
    /// Carry out what an app wants, answer with [`crate::Port::decide`].
    Order {
        /// What.
        order: AppOrder,
        /// When that was decided, by the monotonic clock: terms count from here, however long the disk took.
        decided: Instant,
    },
    /// Put a document in force, answer with [`crate::Port::document_settled`].
    Apply(Box<Document>),
}
