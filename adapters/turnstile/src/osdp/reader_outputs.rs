//! The readers' own outputs as the gate's relays: orders on their way to a reader.
//!
//! Each goes out once, by its deadline or not at all, and only to a reader that is in a session: none waits for one. What
//! opens ends by the reader's own timer, whatever becomes of us.

use super::wire::command::Switch;
use crate::reader::Side;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

/// Orders that may wait.
const ORDERS: usize = 4;

/// The gate's end.
#[derive(Debug)]
pub(crate) struct ReaderOutputs {
    sides: Vec<Side>,
    orders: mpsc::Sender<OutputOrder>,
}

/// One order.
#[derive(Debug)]
pub(super) struct OutputOrder {
    /// To the reader at this side.
    pub(super) side: Side,
    /// What its output does.
    pub(super) switch: Switch,
    /// Until when it may go out.
    pub(super) deadline: Instant,
    done: oneshot::Sender<Result<(), OutputError>>,
}

/// Why an output did not do what it was told, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OutputError {
    /// The reader is in no session: nothing went out.
    #[error("the reader is not there")]
    Absent,
    /// It will not.
    #[error("the reader refuses: {0}")]
    Refused(u8),
    /// It does not say: it may have done it.
    #[error("the reader does not answer")]
    Unanswered,
}

/// A gate's end for the readers at these sides, and the readers' end.
pub(super) fn relay(sides: Vec<Side>) -> (ReaderOutputs, mpsc::Receiver<OutputOrder>) {
    let (orders, coming) = mpsc::channel(ORDERS);
    (ReaderOutputs { sides, orders }, coming)
}

impl ReaderOutputs {
    /// Whether a reader at this side has an output for the gate.
    pub(crate) fn has(&self, side: Side) -> bool {
        self.sides.contains(&side)
    }

    /// Switches the output of the reader at a side, once.
    pub(crate) async fn switch(&self, side: Side, switch: Switch, deadline: Instant) -> Result<(), OutputError> {
        let (done, answer) = oneshot::channel();
        let order = OutputOrder {
            side,
            switch,
            deadline,
            done,
        };
        let sent = timeout_at(deadline, self.orders.send(order)).await;
        if !matches!(sent, Ok(Ok(()))) {
            return Err(OutputError::Absent);
        }
        match timeout_at(deadline, answer).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) | Err(_) => Err(OutputError::Unanswered),
        }
    }
}

impl OutputOrder {
    /// Whether it may still go out: in time, and somebody waits for it.
    pub(super) fn is_good(&self) -> bool {
        Instant::now() < self.deadline && !self.done.is_closed()
    }

    /// Answers it.
    pub(super) fn settle(self, result: Result<(), OutputError>) {
        // Nobody may wait any more.
        let _ = self.done.send(result);
    }
}
