//! Readers: a few threads with connections of their own, so that a slow question never holds up a commit.
//!
//! A question sees one consistent moment of one file, and can change nothing. One that takes too long is ended: a reader
//! is for everybody.

use crate::{
    connection::{Connections, File},
    error::StoreError,
    fair_queue::FairQueue,
    tx::Tx,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

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

/// How long a question may take: whoever asks for more asks for less at a time.
const READ_TIME: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 5 });
/// Steps of SQLite's machine between two looks at the clock: some milliseconds.
const STEPS: std::ffi::c_int = 100_000;
/// Questions about one file that may wait.
const LINE: usize = 16_384;

/// What waits for the readers; the files take turns.
#[derive(Clone)]
pub(crate) struct ReadQueue {
    arriving: flume::Receiver<QueuedRead>,
    lines: Arc<Mutex<FairQueue<Box<dyn ReadTask>>>>,
}

impl ReadQueue {
    pub(crate) fn new(arriving: flume::Receiver<QueuedRead>) -> Self {
        Self {
            arriving,
            lines: Arc::new(Mutex::new(FairQueue::new(LINE))),
        }
    }

    /// The next question; waits until there is one. None: every sender is gone.
    fn next(&self) -> Option<QueuedRead> {
        let mut first = None;
        loop {
            if let Some(next) = self.turn(first) {
                return Some(next);
            }
            // Not under the lock: nobody waits here while something stands in a line.
            first = Some(self.arriving.recv().ok()?);
        }
    }

    /// Puts what has arrived into its lines, and takes the next.
    fn turn(&self, first: Option<QueuedRead>) -> Option<QueuedRead> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        for (file, question) in first.into_iter().chain(self.arriving.try_iter().take(LINE)) {
            if let Err(question) = lines.push(file, question) {
                question.fail(StoreError::Busy);
            }
        }
        lines.pop()
    }
}

/// Works until every sender is gone.
pub(crate) fn run(mut connections: Connections, queue: &ReadQueue) {
    while let Some((file, question)) = queue.next() {
        match connections.get(file) {
            Err(error) => question.fail(error),
            Ok(connection) => {
                let end = Instant::now() + READ_TIME;
                let budget = connection.progress_handler(STEPS, Some(move || Instant::now() > end));
                match budget.and_then(|()| connection.unchecked_transaction()) {
                    Ok(tx) => question.ask(&Tx::new(&tx)),
                    Err(source) => question.fail(StoreError::statement("begin", source)),
                }
            }
        }
    }
}
