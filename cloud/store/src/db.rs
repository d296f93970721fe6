//! The store as a whole, and the two ways into it: [`PlatformStore`] for what belongs to no organisation, [`OrgStore`] for the
//! things of exactly one.

use crate::{
    connection::{Connections, File, OpenMode},
    error::StoreError,
    events::signal::EventSignals,
    reader,
    schema::Catalog,
    tx::Tx,
    writer,
};
use protocol::OrgId;
use std::{
    fs::{self, DirBuilder, OpenOptions},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::sync::{oneshot, watch};

const READERS: usize = 2;
const QUEUE: usize = 1024;
const WRITER_FILES: usize = 128;
const READER_FILES: usize = 64;

/// The store. Cheap to clone; the files are closed, and the writer ends, when the last clone is gone.
#[derive(Debug, Clone)]
pub struct Db {
    write: flume::Sender<writer::QueuedTask>,
    bulk: flume::Sender<writer::QueuedTask>,
    read: flume::Sender<reader::QueuedRead>,
    background: flume::Sender<OrgId>,
    signals: Arc<EventSignals>,
    quota: Arc<AtomicU64>,
    threads: Arc<Threads>,
}

/// The lock on the directory and the threads that work in it.
#[derive(Debug)]
struct Threads {
    all: std::sync::Mutex<Vec<thread::JoinHandle<()>>>,
    _lock: fs::File,
}

impl Db {
    /// Opens a state directory with these tables, and gives `work` a thread of its own.
    pub(crate) fn start(dir: &Path, catalog: &'static Catalog, work: fn(&BackgroundTask)) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Open {
            path: dir.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir.join("t"))
            .map_err(failed)?;
        let lock = lock(dir)?;
        let (write, small) = flume::bounded(QUEUE);
        let (bulk, bulky) = flume::bounded(QUEUE);
        let queues = writer::WriteQueues::new(small, bulky);
        let (read, reads) = flume::bounded(QUEUE);
        let mut connections = Connections::new(dir.to_owned(), OpenMode::Write, catalog, WRITER_FILES);
        connections.get(File::Platform)?;
        let mut all = vec![spawn("store-writer", move || writer::run(connections, queues)).map_err(failed)?];
        let reads = reader::ReadQueue::new(reads);
        for _ in 0..READERS {
            let connections = Connections::new(dir.to_owned(), OpenMode::Read, catalog, READER_FILES);
            let reads = reads.clone();
            all.push(spawn("store-reader", move || reader::run(connections, &reads)).map_err(failed)?);
        }
        let (background, named) = flume::bounded(QUEUE);
        let behind = BackgroundTask {
            orgs: tenants(dir).map_err(failed)?,
            bulk: bulk.clone(),
            named,
        };
        all.push(spawn("store-background", move || work(&behind)).map_err(failed)?);
        Ok(Self {
            write,
            bulk,
            read,
            background,
            signals: Arc::default(),
            quota: Arc::new(AtomicU64::new(u64::MAX)),
            threads: Arc::new(Threads {
                all: all.into(),
                _lock: lock,
            }),
        })
    }

    /// What belongs to no organisation: organisations, edges' identities, accounts.
    pub fn platform(&self) -> PlatformStore {
        PlatformStore { db: self.clone() }
    }

    /// The things of one organisation, and of no other.
    pub fn scope(&self, org: OrgId) -> OrgStore {
        OrgStore { db: self.clone(), org }
    }

    /// From now on no organisation stores what edges bring beyond so many bytes; at first there is no such limit.
    pub fn set_org_quota(&self, bytes: u64) {
        self.quota.store(bytes, Ordering::Relaxed);
    }

    /// How many listen for new events, of all organisations together.
    pub fn event_listeners(&self) -> usize {
        self.signals.listeners()
    }

    /// Lets the threads finish what waits and close the files. Only the last clone may ask; blocks for a moment.
    pub fn close(self) {
        let Self {
            write,
            bulk,
            read,
            background,
            threads,
            ..
        } = self;
        drop((write, bulk, read, background));
        if let Some(threads) = Arc::into_inner(threads) {
            let all = threads.all.into_inner().unwrap_or_default();
            for thread in all {
                let _ = thread.join();
            }
        }
    }

    async fn run<T, F>(&self, file: File, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        queue(&self.write, (file, 0), work, None).await
    }

    async fn ask<T, F>(&self, file: File, question: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let question = Box::new(reader::ClosureRead::new(question, reply));
        self.read
            .send_async((file, question))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

/// Puts work into a queue of the writer, and waits for its end.
async fn queue<T, F>(
    queue: &flume::Sender<writer::QueuedTask>,
    (file, bytes): (File, usize),
    work: F,
    after: Option<writer::CommitHook<T>>,
) -> Result<T, StoreError>
where
    F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    T: Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let piece = Box::new(writer::ClosureTask::new(work, after, reply));
    queue
        .send_async((file, piece, bytes))
        .await
        .map_err(|_| StoreError::Closed)?;
    answer.await.map_err(|_| StoreError::Closed)?
}

/// The organisations that have a file.
fn tenants(dir: &Path) -> std::io::Result<Vec<OrgId>> {
    let mut orgs = Vec::new();
    for file in fs::read_dir(dir.join("t"))? {
        let path = file?.path();
        if path.extension().is_some_and(|end| end == "db") {
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            orgs.extend(stem.and_then(|stem| stem.parse::<OrgId>().ok()));
        }
    }
    Ok(orgs)
}

/// What the background thread has to do, and its way to the writer.
#[derive(Debug)]
pub(crate) struct BackgroundTask {
    orgs: Vec<OrgId>,
    bulk: flume::Sender<writer::QueuedTask>,
    named: flume::Receiver<OrgId>,
}

impl BackgroundTask {
    /// The organisations that had a file when the store was opened.
    pub(crate) fn orgs(&self) -> Vec<OrgId> {
        self.orgs.clone()
    }
    /// Those named since the last call.
    pub(crate) fn named(&self) -> Vec<OrgId> {
        self.named.try_iter().collect()
    }
    /// The next that is named; none: the store is closed.
    pub(crate) fn wait(&self) -> Option<OrgId> {
        self.named.recv().ok()
    }
    /// Whether the store is being closed.
    pub(crate) fn is_closing(&self) -> bool {
        self.named.is_disconnected()
    }
    /// Waits for a while; not beyond the closing of the store.
    pub(crate) fn pause(&self, time: Duration) -> Vec<OrgId> {
        self.named.recv_timeout(time).into_iter().collect()
    }
    /// Runs `work`, which writes about so many bytes, as bulk of an organisation.
    pub(crate) fn run<T, F>(&self, org: OrgId, bytes: usize, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let piece = Box::new(writer::ClosureTask::new(work, None, reply));
        let waiting: writer::QueuedTask = (File::Tenant(org), piece, bytes);
        self.bulk.send(waiting).map_err(|_| StoreError::Closed)?;
        answer.blocking_recv().map_err(|_| StoreError::Closed)?
    }
}

fn lock(dir: &Path) -> Result<fs::File, StoreError> {
    let path = dir.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path);
    let file = file.map_err(|source| StoreError::Open {
        path: path.clone(),
        source,
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::InUse { path }),
        Err(fs::TryLockError::Error(source)) => Err(StoreError::Open { path, source }),
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

/// The way to what belongs to no organisation.
#[derive(Debug, Clone)]
pub struct PlatformStore {
    db: Db,
}

impl PlatformStore {
    /// Runs `work` as one transaction; answers once it is on disk.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.db.run(File::Platform, work).await
    }
    /// Asks a question of one consistent moment.
    pub(crate) async fn read<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.db.ask(File::Platform, question).await
    }
}

/// The way to the things of one organisation. Cannot exist without naming it.
#[derive(Debug, Clone)]
pub struct OrgStore {
    db: Db,
    org: OrgId,
}

impl OrgStore {
    /// Whose things.
    pub fn org(&self) -> OrgId {
        self.org
    }
    /// Shows the id of the newest event after each commit that brings some; what it shows before the first is no
    /// event's id. Refused where so many of this organisation listen already.
    pub fn new_events(&self, most: usize) -> Result<watch::Receiver<u64>, StoreError> {
        self.db.signals.subscribe(self.org, most).ok_or(StoreError::Busy)
    }
    /// Bytes that the organisation may store.
    pub(crate) fn quota(&self) -> u64 {
        self.db.quota.load(Ordering::Relaxed)
    }
    pub(crate) fn signals(&self) -> Arc<EventSignals> {
        Arc::clone(&self.db.signals)
    }
    /// Runs `work` as one transaction; answers once it is on disk.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.db.run(File::Tenant(self.org), work).await
    }
    /// Runs `work`, which writes about so many bytes, behind everything small that waits; then `after`, once that is on
    /// disk and in the order of commits.
    pub(crate) async fn write_bulk<T, F>(
        &self,
        bytes: usize,
        work: F,
        after: impl FnOnce(&mut T) + Send + 'static,
    ) -> Result<T, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        queue(
            &self.db.bulk,
            (File::Tenant(self.org), bytes),
            work,
            Some(Box::new(after)),
        )
        .await
    }
    /// Names the organisation to the background: something of it is behind.
    pub(crate) async fn catch_up(&self) {
        // A store that is closing begins again where it stopped when it is opened.
        let _ = self.db.background.send_async(self.org).await;
    }
    /// Asks a question of one consistent moment.
    pub(crate) async fn read<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.db.ask(File::Tenant(self.org), question).await
    }
}
