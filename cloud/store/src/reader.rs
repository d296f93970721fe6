//! Readers: a few threads with connections of their own, so that a slow question never holds up a commit.
//!
//! A question sees one consistent moment of one file, and can change nothing.

use crate::{
    connection::{Connections, File},
    error::StoreError,
    tx::Tx,
};
use tokio::sync::oneshot;

/// A question for a reader.
pub(crate) trait ReadTask: Send {
    /// Asks it and answers.
    fn ask(self: Box<Self>, tx: &Tx<'_>);
    /// Answers that it cannot be asked.
    fn fail(self: Box<Self>, error: StoreError);
}

/// A question made of a closure.
pub(crate) struct ClosureRead<F, T> {
    question: F,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> ClosureRead<F, T> {
    pub(crate) fn new(question: F, reply: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self { question, reply }
    }
}

impl<F, T> ReadTask for ClosureRead<F, T>
where
    F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn ask(self: Box<Self>, tx: &Tx<'_>) {
        // Whoever asked may have gone away meanwhile.
        let _ = self.reply.send((self.question)(tx));
    }
    fn fail(self: Box<Self>, error: StoreError) {
        let _ = self.reply.send(Err(error));
    }
}

/// What waits for a reader.
pub(crate) type QueuedRead = (File, Box<dyn ReadTask>);

/// Works until every sender is gone.
pub(crate) fn run(mut connections: Connections, queue: &flume::Receiver<QueuedRead>) {
    while let Ok((file, question)) = queue.recv() {
        match connections.get(file) {
            Err(error) => question.fail(error),
            Ok(connection) => match connection.unchecked_transaction() {
                Ok(tx) => question.ask(&Tx::new(&tx)),
                Err(source) => question.fail(StoreError::statement("begin", source)),
            },
        }
    }
}
