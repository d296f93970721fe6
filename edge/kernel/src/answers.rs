//! Telling whoever waited that their commit is on disk, or is not: all of one commit in one message to the runtime.
//!
//! Waking a task from a foreign thread takes a lock and often a system call. The writer does that once for a commit;
//! the task that gets the message wakes all the others, and the writer is back at its work meanwhile.

use crate::Refusal;
use tokio::{runtime::Handle, sync::mpsc};

/// Tells one of those who waited; a refusal where the commit failed.
pub(crate) type CommitCallback = Box<dyn FnOnce(Option<&Refusal>) + Send>;

/// The way to those who wait.
#[derive(Debug)]
pub(crate) struct Answers(mpsc::UnboundedSender<CommitAnswers>);

/// Everybody who waited for one commit, and how it ended.
struct CommitAnswers {
    callbacks: Vec<CommitCallback>,
    refusal: Option<Refusal>,
}

impl Answers {
    /// Answers on `runtime`, until the writer is gone and everybody has been told.
    pub(crate) fn start(runtime: &Handle) -> Self {
        // No bound of its own: there are never more callbacks than inputs, which have one.
        let (sender, mut commits) = mpsc::unbounded_channel::<CommitAnswers>();
        runtime.spawn(async move {
            while let Some(CommitAnswers { callbacks, refusal }) = commits.recv().await {
                for callback in callbacks {
                    callback(refusal.as_ref());
                }
            }
        });
        Self(sender)
    }

    /// Tells everybody of a commit.
    pub(crate) fn send(&self, callbacks: Vec<CommitCallback>, refusal: Option<Refusal>) {
        if callbacks.is_empty() {
            return;
        }
        if let Err(mpsc::error::SendError(answers)) = self.0.send(CommitAnswers { callbacks, refusal }) {
            // The runtime has ended before the writer: whoever still waits on a thread of its own is told here.
            for callback in answers.callbacks {
                callback(answers.refusal.as_ref());
            }
        }
    }
}
