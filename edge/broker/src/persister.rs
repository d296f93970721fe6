//! Keeps retained publications and sessions on the kernel's tables, the latest value per key.
//!
//! Two values of one key are never under way at once: what comes meanwhile replaces what waits, and whoever asked is
//! answered once a value at least as new as theirs is on disk.

use crate::kernel_port::{BoxFuture, KernelAnswer, KernelPort};
use edge_kernel::{Refusal, Table};
use std::{collections::HashMap, sync::Arc};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

/// Which table, and which key in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum StoredKey {
    /// A retained publication, by topic.
    Retained(String),
    /// A session's subscriptions, by device.
    Session(String),
}

/// Requests on their way to the persister, which does nothing but take them.
const REQUESTS: usize = 4096;

type KernelAnswerSender = oneshot::Sender<Result<(), Refusal>>;

struct WriteRequest {
    key: StoredKey,
    value: Option<Vec<u8>>,
    done: KernelAnswerSender,
}

/// The way to the persister.
#[derive(Clone)]
pub(crate) struct Persister {
    requests: mpsc::Sender<WriteRequest>,
}

impl Persister {
    /// Starts the persister; it ends when the last way to it is gone and everything is written.
    pub(crate) fn start(kernel: Arc<dyn KernelPort>) -> (Self, tokio::task::JoinHandle<()>) {
        let (requests, inbox) = mpsc::channel(REQUESTS);
        (Self { requests }, tokio::spawn(run(kernel, inbox)))
    }

    /// Keeps or forgets; the answer comes once that is on disk. Never waits: with too many requests under way it is
    /// [`Refusal::Busy`].
    pub(crate) fn keep(&self, key: StoredKey, value: Option<Vec<u8>>) -> KernelAnswer {
        let (done, answer) = oneshot::channel();
        if let Err(mpsc::error::TrySendError::Full(request)) = self.requests.try_send(WriteRequest { key, value, done })
        {
            tracing::warn!("too much to remember at once");
            let _ = request.done.send(Err(Refusal::Busy));
        }
        answer
    }
}

/// What waits behind a key that is being written.
#[derive(Default)]
struct PendingWrite {
    value: Option<Option<Vec<u8>>>,
    done: Vec<KernelAnswerSender>,
}

async fn run(kernel: Arc<dyn KernelPort>, mut inbox: mpsc::Receiver<WriteRequest>) {
    let mut under_way: HashMap<StoredKey, PendingWrite> = HashMap::new();
    let mut writes = JoinSet::new();
    loop {
        tokio::select! {
            request = inbox.recv() => match request {
                Some(WriteRequest { key, value, done }) => match under_way.get_mut(&key) {
                    Some(behind) => {
                        behind.value = Some(value);
                        behind.done.push(done);
                    }
                    None => {
                        writes.spawn(write(store(&*kernel, &key, value), key.clone(), vec![done]));
                        under_way.insert(key, PendingWrite::default());
                    }
                },
                None if writes.is_empty() => return,
                None => {
                    if let Some(Ok(key)) = writes.join_next().await {
                        next(&*kernel, &mut writes, &mut under_way, key);
                    }
                }
            },
            Some(written) = writes.join_next(), if !writes.is_empty() => {
                if let Ok(key) = written {
                    next(&*kernel, &mut writes, &mut under_way, key);
                }
            }
        }
    }
}

fn next(
    kernel: &dyn KernelPort,
    writes: &mut JoinSet<StoredKey>,
    under_way: &mut HashMap<StoredKey, PendingWrite>,
    key: StoredKey,
) {
    let behind = under_way.remove(&key).unwrap_or_default();
    if let Some(value) = behind.value {
        writes.spawn(write(store(kernel, &key, value), key.clone(), behind.done));
        under_way.insert(key, PendingWrite::default());
    }
}

fn store(kernel: &dyn KernelPort, key: &StoredKey, value: Option<Vec<u8>>) -> BoxFuture<'static, Result<(), Refusal>> {
    match key {
        StoredKey::Retained(topic) => kernel.store(Table::Retained, topic.clone(), value),
        StoredKey::Session(device) => kernel.store(Table::Sessions, device.clone(), value),
    }
}

async fn write(
    shelving: BoxFuture<'static, Result<(), Refusal>>,
    key: StoredKey,
    done: Vec<KernelAnswerSender>,
) -> StoredKey {
    let result = shelving.await;
    if let Err(refusal) = &result {
        tracing::warn!(%refusal, "cannot keep what the broker must remember");
    }
    for done in done {
        let _ = done.send(result.clone());
    }
    key
}
