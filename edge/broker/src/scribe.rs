//! Keeps retained publications and sessions on the kernel's shelves, the last word per key.
//!
//! Two values of one key are never under way at once: what comes meanwhile replaces what waits, and whoever asked is
//! answered once a value at least as new as theirs is on disk.

use crate::ledger::{Answer, Later, Ledger};
use edge_kernel::{Refusal, Shelf};
use std::{collections::HashMap, sync::Arc};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

/// Which shelf and what on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// A retained publication, by topic.
    Retained(String),
    /// A session's subscriptions, by device.
    Session(String),
}

/// Wishes on their way to the scribe, which does nothing but take them.
const WISHES: usize = 4096;

type Done = oneshot::Sender<Result<(), Refusal>>;

struct Wish {
    key: Key,
    value: Option<Vec<u8>>,
    done: Done,
}

/// The way to the scribe.
#[derive(Clone)]
pub(crate) struct Scribe {
    wishes: mpsc::Sender<Wish>,
}

impl Scribe {
    /// Starts the scribe; it ends when the last way to it is gone and everything is written.
    pub(crate) fn start(ledger: Arc<dyn Ledger>) -> (Self, tokio::task::JoinHandle<()>) {
        let (wishes, inbox) = mpsc::channel(WISHES);
        (Self { wishes }, tokio::spawn(run(ledger, inbox)))
    }

    /// Keeps or forgets; the answer comes once that is on disk. Never waits: with too many wishes under way it is
    /// [`Refusal::Busy`].
    pub(crate) fn keep(&self, key: Key, value: Option<Vec<u8>>) -> Answer {
        let (done, answer) = oneshot::channel();
        if let Err(mpsc::error::TrySendError::Full(wish)) = self.wishes.try_send(Wish { key, value, done }) {
            tracing::warn!("too much to remember at once");
            let _ = wish.done.send(Err(Refusal::Busy));
        }
        answer
    }
}

/// What waits behind a key that is being written.
#[derive(Default)]
struct Behind {
    value: Option<Option<Vec<u8>>>,
    done: Vec<Done>,
}

async fn run(ledger: Arc<dyn Ledger>, mut inbox: mpsc::Receiver<Wish>) {
    let mut under_way: HashMap<Key, Behind> = HashMap::new();
    let mut writes = JoinSet::new();
    loop {
        tokio::select! {
            wish = inbox.recv() => match wish {
                Some(Wish { key, value, done }) => match under_way.get_mut(&key) {
                    Some(behind) => {
                        behind.value = Some(value);
                        behind.done.push(done);
                    }
                    None => {
                        writes.spawn(write(shelve(&*ledger, &key, value), key.clone(), vec![done]));
                        under_way.insert(key, Behind::default());
                    }
                },
                None if writes.is_empty() => return,
                None => {
                    if let Some(Ok(key)) = writes.join_next().await {
                        next(&*ledger, &mut writes, &mut under_way, key);
                    }
                }
            },
            Some(written) = writes.join_next(), if !writes.is_empty() => {
                if let Ok(key) = written {
                    next(&*ledger, &mut writes, &mut under_way, key);
                }
            }
        }
    }
}

fn next(ledger: &dyn Ledger, writes: &mut JoinSet<Key>, under_way: &mut HashMap<Key, Behind>, key: Key) {
    let behind = under_way.remove(&key).unwrap_or_default();
    if let Some(value) = behind.value {
        writes.spawn(write(shelve(ledger, &key, value), key.clone(), behind.done));
        under_way.insert(key, Behind::default());
    }
}

fn shelve(ledger: &dyn Ledger, key: &Key, value: Option<Vec<u8>>) -> Later<Result<(), Refusal>> {
    match key {
        Key::Retained(topic) => ledger.shelve(Shelf::Retained, topic.clone(), value),
        Key::Session(device) => ledger.shelve(Shelf::Sessions, device.clone(), value),
    }
}

async fn write(shelving: Later<Result<(), Refusal>>, key: Key, done: Vec<Done>) -> Key {
    let result = shelving.await;
    if let Err(refusal) = &result {
        tracing::warn!(%refusal, "cannot keep what the broker must remember");
    }
    for done in done {
        let _ = done.send(result.clone());
    }
    key
}
