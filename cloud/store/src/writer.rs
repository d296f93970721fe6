//! The one writer: takes whatever waits, writes it, syncs once per file, then answers everybody.
//!
//! Nobody is answered before the commit that holds their work. Under load the batches grow; an idle writer waits for
//! nothing. A task that fails takes only itself back, unless the disk took the whole transaction. No organisation's work
//! goes before another's for being more: the files take turns.

use crate::{
    connection::{Connections, File},
    error::{StoreError, is_full},
    fair_queue::FairQueue,
    tx::Tx,
};
use rusqlite::Connection;
use std::collections::HashMap;
use tokio::sync::oneshot;

/// Most tasks in one commit.
const MAX_TASKS: usize = 256;
/// Most bytes of bulk in one commit: about ten milliseconds' work, so that a command need not wait for longer.
const MAX_BULK: usize = 1 << 20;

/// Why a task failed, as far as the tasks beside it are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskFailure {
    /// The disk is full.
    Full,
    /// Something of the task's own.
    Otherwise,
}

/// Work for the writer: a function on a transaction, and somebody who waits for its result.
pub(crate) trait WriteTask: Send {
    /// Does the work. An error takes this task's changes back.
    fn run(&mut self, tx: &Tx<'_>) -> Result<(), TaskFailure>;
    /// The file is committed: answers with the result.
    fn settle(self: Box<Self>);
    /// Nothing was stored: answers with why.
    fn fail(self: Box<Self>, error: StoreError);
}

/// What is done with a result once it is committed, before anybody is answered: on the writer's thread, and so in the
/// order of commits.
pub(crate) type CommitHook<T> = Box<dyn FnOnce(&mut T) + Send>;

/// A task made of a closure.
pub(crate) struct ClosureTask<F, T> {
    work: Option<F>,
    after: Option<CommitHook<T>>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> ClosureTask<F, T> {
    pub(crate) fn new(work: F, after: Option<CommitHook<T>>, reply: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self {
            work: Some(work),
            after,
            result: None,
            reply,
        }
    }
}

impl<F, T> WriteTask for ClosureTask<F, T>
where
    F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn run(&mut self, tx: &Tx<'_>) -> Result<(), TaskFailure> {
        let result = self.work.take().map(|work| work(tx));
        let done = match &result {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) if error.is_full() => Err(TaskFailure::Full),
            Some(Err(_)) | None => Err(TaskFailure::Otherwise),
        };
        self.result = result;
        done
    }
    fn settle(mut self: Box<Self>) {
        if let (Some(after), Some(Ok(result))) = (self.after.take(), &mut self.result) {
            after(result);
        }
        // Whoever asked may have gone away meanwhile; the work stands all the same.
        let _ = self.reply.send(self.result.unwrap_or(Err(StoreError::Closed)));
    }
    fn fail(self: Box<Self>, error: StoreError) {
        let _ = self.reply.send(match self.result {
            Some(Err(own)) => Err(own),
            Some(Ok(_)) | None => Err(error),
        });
    }
}

/// What waits for the writer: the file, the work, and about how many bytes it writes.
pub(crate) type QueuedTask = (File, Box<dyn WriteTask>, usize);

/// What of one file may wait for the writer: every edge of a large organisation that comes back at the same moment.
const SMALL_LINE: usize = 16_384;
/// The same for bulk, whose bytes are bounded where they come in.
const BULK_LINE: usize = 256;

/// The two queues of the writer: small things that somebody waits for go in front of bulk, and in both the files take
/// turns.
pub(crate) struct WriteQueues {
    small: flume::Receiver<QueuedTask>,
    bulk: flume::Receiver<QueuedTask>,
    small_lines: FairQueue<(Box<dyn WriteTask>, usize)>,
    bulk_lines: FairQueue<(Box<dyn WriteTask>, usize)>,
}

impl WriteQueues {
    pub(crate) fn new(small: flume::Receiver<QueuedTask>, bulk: flume::Receiver<QueuedTask>) -> Self {
        Self {
            small,
            bulk,
            small_lines: FairQueue::new(SMALL_LINE),
            bulk_lines: FairQueue::new(BULK_LINE),
        }
    }

    /// Everything for the next commit; waits until there is something. None: every sender is gone.
    fn take(&mut self) -> Option<Vec<QueuedTask>> {
        self.line_up();
        let taken = self.next();
        if !taken.is_empty() {
            return Some(taken);
        }
        let either = flume::Selector::new()
            .recv(&self.small, |task| task.ok().map(|task| (task, TaskClass::Small)))
            .recv(&self.bulk, |task| task.ok().map(|task| (task, TaskClass::Bulk)))
            .wait();
        // One queue may be closed while the other still holds work.
        let (first, class) = either
            .or_else(|| self.small.recv().ok().map(|task| (task, TaskClass::Small)))
            .or_else(|| self.bulk.recv().ok().map(|task| (task, TaskClass::Bulk)))?;
        match class {
            TaskClass::Small => line_up(&mut self.small_lines, first),
            TaskClass::Bulk => line_up(&mut self.bulk_lines, first),
        }
        self.line_up();
        Some(self.next())
    }

    /// Whatever has arrived goes to the end of its line.
    fn line_up(&mut self) {
        for task in self.small.try_iter().take(SMALL_LINE) {
            line_up(&mut self.small_lines, task);
        }
        for task in self.bulk.try_iter().take(SMALL_LINE) {
            line_up(&mut self.bulk_lines, task);
        }
    }

    /// What goes into one commit.
    fn next(&mut self) -> Vec<QueuedTask> {
        let mut taken = Vec::new();
        while taken.len() < MAX_TASKS {
            let Some((file, (task, bytes))) = self.small_lines.pop() else {
                break;
            };
            taken.push((file, task, bytes));
        }
        let (mut bytes, most) = (0_usize, taken.len() + MAX_TASKS);
        while bytes < MAX_BULK && taken.len() < most {
            let Some((file, (task, size))) = self.bulk_lines.pop() else {
                break;
            };
            bytes = bytes.saturating_add(size);
            taken.push((file, task, size));
        }
        taken
    }
}

/// Which of the two queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TaskClass {
    Small,
    Bulk,
}

fn line_up(lines: &mut FairQueue<(Box<dyn WriteTask>, usize)>, (file, task, bytes): QueuedTask) {
    if let Err((task, _)) = lines.push(file, (task, bytes)) {
        task.fail(StoreError::Busy);
    }
}

/// Works until every sender is gone.
pub(crate) fn run(mut connections: Connections, mut queues: WriteQueues) {
    while let Some(taken) = queues.take() {
        let mut files: HashMap<File, Vec<Box<dyn WriteTask>>> = HashMap::new();
        for (file, task, _) in taken {
            files.entry(file).or_default().push(task);
        }
        for (file, tasks) in files {
            match connections.get(file) {
                Ok(connection) => commit(connection, file, tasks),
                Err(error) => {
                    tracing::error!(?file, %error, "cannot open a database");
                    fail_all(tasks, || StoreError::Closed);
                }
            }
        }
    }
}

fn commit(connection: &Connection, file: File, mut tasks: Vec<Box<dyn WriteTask>>) {
    let result = write(connection, &mut tasks).and_then(|()| connection.execute_batch("COMMIT"));
    match result {
        Ok(()) => tasks.into_iter().for_each(WriteTask::settle),
        Err(source) => {
            if !connection.is_autocommit() {
                // What failed may have been the COMMIT itself; the next batch must begin afresh.
                let _ = connection.execute_batch("ROLLBACK");
            }
            tracing::error!(?file, error = %source, tasks = tasks.len(), "nothing was stored");
            let full = is_full(&source);
            let mut source = Some(source);
            fail_all(tasks, || match (full, source.take()) {
                (false, Some(source)) => StoreError::Commit {
                    file: format!("{file:?}"),
                    source,
                },
                (false, None) => StoreError::Commit {
                    file: format!("{file:?}"),
                    source: rusqlite::Error::InvalidQuery,
                },
                (true, _) => StoreError::Full,
            });
        }
    }
}

/// Runs each task inside its own savepoint. An error here means that the whole transaction is lost.
fn write(connection: &Connection, tasks: &mut [Box<dyn WriteTask>]) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let tx = Tx::new(connection);
    for task in tasks {
        connection.execute_batch("SAVEPOINT task")?;
        let done = task.run(&tx);
        if connection.is_autocommit() {
            // SQLite rolls back everything when the disk is full or fails (sqlite.org/lang_transaction.html).
            return Err(lost(done));
        }
        if done.is_err() {
            connection.execute_batch("ROLLBACK TO task")?;
        }
        connection.execute_batch("RELEASE task")?;
    }
    Ok(())
}

fn lost(done: Result<(), TaskFailure>) -> rusqlite::Error {
    let code = match done {
        Err(TaskFailure::Full) => rusqlite::ffi::SQLITE_FULL,
        Err(TaskFailure::Otherwise) | Ok(()) => rusqlite::ffi::SQLITE_ABORT_ROLLBACK,
    };
    let code = rusqlite::ffi::Error::new(code);
    rusqlite::Error::SqliteFailure(code, Some("the transaction was rolled back".to_owned()))
}

fn fail_all(tasks: Vec<Box<dyn WriteTask>>, mut error: impl FnMut() -> StoreError) {
    for task in tasks {
        task.fail(error());
    }
}
