//! Who is connected: presence of edges, and the bell that makes a connection look for what is due.
//!
//! Kept in memory only. A lost ring is made good by the connection's own look every few seconds; the database has the
//! truth about commands and documents.

use protocol::{EdgeId, Timestamp, control::OFFLINE_SECONDS, fact::Heartbeat};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Every edge this process has heard of since it started.
#[derive(Debug, Default)]
pub struct Links {
    all: Mutex<LinkTable>,
}

#[derive(Debug, Default)]
struct LinkTable {
    edges: HashMap<EdgeId, LinkEntry>,
    dirty: HashSet<EdgeId>,
    sockets: usize,
}

#[derive(Debug, Default)]
struct LinkEntry {
    presence: Option<LinkStatus>,
    wake: Arc<Notify>,
    newest: Option<(u64, CancellationToken)>,
    connections: u64,
}

/// What is known of an edge from its connection.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkStatus {
    /// When anything was last heard, by the cloud's clock.
    pub seen: Timestamp,
    /// Its last heartbeat.
    pub heartbeat: Option<Heartbeat>,
}

impl LinkStatus {
    /// Whether the edge counts as online (A48).
    pub fn online(&self, now: Timestamp) -> bool {
        now.since(self.seen) < Duration::from_secs(OFFLINE_SECONDS)
    }
}

impl Links {
    fn lock(&self) -> MutexGuard<'_, LinkTable> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an edge's connection look for due commands and documents now.
    pub fn wake(&self, edge: EdgeId) {
        if let Some(entry) = self.lock().edges.get(&edge) {
            entry.wake.notify_one();
        }
    }

    /// What is known of an edge; none: not heard of since this process started.
    pub fn presence(&self, edge: EdgeId) -> Option<LinkStatus> {
        self.lock().edges.get(&edge).and_then(|entry| entry.presence.clone())
    }

    /// Edges that count as online.
    pub fn online(&self, now: Timestamp) -> usize {
        let all = self.lock();
        all.edges
            .values()
            .filter(|entry| entry.presence.as_ref().is_some_and(|p| p.online(now)))
            .count()
    }

    /// Closes an edge's connection: its identity no longer works.
    pub fn drop_edge(&self, edge: EdgeId) {
        if let Some(entry) = self.lock().edges.get_mut(&edge) {
            if let Some((_, replaced)) = entry.newest.take() {
                replaced.cancel();
            }
            entry.wake.notify_one();
        }
    }

    /// Notes that an edge was heard.
    pub fn record_contact(&self, edge: EdgeId, now: Timestamp, heartbeat: Option<Heartbeat>) {
        let mut all = self.lock();
        all.dirty.insert(edge);
        let presence = &mut all.edges.entry(edge).or_default().presence;
        match presence {
            Some(presence) => {
                presence.seen = now;
                presence.heartbeat = heartbeat.or(presence.heartbeat.take());
            }
            None => *presence = Some(LinkStatus { seen: now, heartbeat }),
        }
    }

    /// The edges heard since the last call, for the database.
    pub fn take_contacts(&self) -> Vec<(EdgeId, Timestamp)> {
        let mut all = self.lock();
        let dirty = std::mem::take(&mut all.dirty);
        let seen = |edge: EdgeId| Some((edge, all.edges.get(&edge)?.presence.as_ref()?.seen));
        dirty.into_iter().filter_map(seen).collect()
    }

    /// The bell of an edge.
    pub fn wake_handle(&self, edge: EdgeId) -> Arc<Notify> {
        Arc::clone(&self.lock().edges.entry(edge).or_default().wake)
    }

    /// Registers a socket; the one before, if any, is told to end. None: `limit` sockets are open.
    pub fn connect(self: &Arc<Self>, edge: EdgeId, limit: usize) -> Option<SocketRegistration> {
        let mut all = self.lock();
        if all.sockets >= limit {
            return None;
        }
        all.sockets += 1;
        let entry = all.edges.entry(edge).or_default();
        entry.connections += 1;
        let replaced = CancellationToken::new();
        let number = entry.connections;
        if let Some((_, older)) = entry.newest.replace((number, replaced.clone())) {
            older.cancel();
        }
        Some(SocketRegistration {
            links: Arc::clone(self),
            edge,
            number,
            replaced,
            wake: Arc::clone(&entry.wake),
        })
    }

    /// Sockets open now.
    pub fn sockets(&self) -> usize {
        self.lock().sockets
    }
}

/// A registered socket; dropping it takes it off the books.
#[derive(Debug)]
pub struct SocketRegistration {
    links: Arc<Links>,
    edge: EdgeId,
    number: u64,
    /// Cancelled when a newer socket of the same edge took its place, or the edge was revoked.
    pub replaced: CancellationToken,
    /// Rings when something may be due.
    pub wake: Arc<Notify>,
}

impl Drop for SocketRegistration {
    fn drop(&mut self) {
        let mut all = self.links.lock();
        all.sockets = all.sockets.saturating_sub(1);
        if let Some(entry) = all.edges.get_mut(&self.edge)
            && entry.newest.as_ref().is_some_and(|(number, _)| *number == self.number)
        {
            entry.newest = None;
        }
    }
}
