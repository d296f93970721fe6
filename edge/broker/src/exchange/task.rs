//! The exchange's task: words in, publications in from the router, deliveries out.
//!
//! It never waits for a device or the disk.

use super::{
    Absent, Ask, DueWill, Exchange, Subscribed, Word,
    sessions::{Over, Place, Sessions, Stored},
};
use crate::{
    ledger::{Answer, Ledger},
    notes::Notes,
    outbox::{Delivery, Room},
    retained::{Kept, NoRoom, Shelf},
    router::{Audience, Outlet, Routed},
    scribe::{Key, Scribe},
    settings::Limits,
    wire::{Filter, QoS, Retained},
};
use edge_kernel::Refusal;
use protocol::{
    DeviceId,
    topic::{Leaf, Topic},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

/// What the exchange begins with.
pub(crate) struct Beginnings {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) notes: Arc<Notes>,
    pub(crate) scribe: Scribe,
    pub(crate) outlet: Outlet,
    pub(crate) limits: Limits,
    /// Where wills go when their time has come.
    pub(crate) wills: mpsc::Sender<DueWill>,
    /// Called when the router died.
    pub(crate) abort: Arc<dyn Fn() + Send + Sync>,
}

struct Task {
    begun: Beginnings,
    sessions: Sessions,
    retained: Shelf,
}

/// Puts back what the last run kept, and starts the exchange. It ends with `shutdown`.
pub(crate) async fn start(
    begun: Beginnings,
    shutdown: CancellationToken,
) -> Result<(Exchange, tokio::task::JoinHandle<()>), Refusal> {
    let mut sessions = Sessions::new(&begun.limits);
    let mut retained = Shelf::default();
    for (topic, bytes) in begun.ledger.shelf(edge_kernel::Shelf::Retained).await? {
        match Kept::decode(bytes) {
            Some(kept) => retained.restore(topic, kept),
            None => tracing::warn!(topic, "a retained publication on disk is unreadable and left out"),
        }
    }
    for (device, bytes) in begun.ledger.shelf(edge_kernel::Shelf::Sessions).await? {
        match (device.parse(), serde_json::from_slice::<Stored>(&bytes)) {
            (Ok(device), Ok(stored)) => sessions.restore(device, stored),
            _ => tracing::warn!(device, "a session on disk is unreadable and left out"),
        }
    }
    let (words, inbox) = mpsc::channel(1024);
    let task = tokio::spawn(
        Task {
            begun,
            sessions,
            retained,
        }
        .run(inbox, shutdown),
    );
    Ok((Exchange { words }, task))
}

impl Task {
    async fn run(mut self, mut inbox: mpsc::Receiver<Word>, shutdown: CancellationToken) {
        let mut sweep = time::interval(Duration::from_secs(1));
        sweep.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                word = inbox.recv() => match word {
                    Some(word) => self.hear(word),
                    None => return,
                },
                routed = self.begun.outlet.next() => match routed {
                    Ok(routed) => self.deliver(routed),
                    Err(dead) => {
                        tracing::error!(%dead, "the broker cannot go on");
                        (self.begun.abort)();
                        return;
                    }
                },
                now = sweep.tick() => self.sweep(now),
            }
        }
    }

    fn hear(&mut self, word: Word) {
        match word {
            Word::Attach(attach) => {
                if let Some(device) = self.sessions.attach(attach) {
                    self.forget(&device);
                }
            }
            Word::Detach(leaving) => {
                if let Some(device) = self.sessions.detach(leaving) {
                    self.forget(&device);
                }
                self.sweep(Instant::now());
            }
            Word::Subscribe { device, filters, reply } => {
                let _ = reply.send(self.subscribe(&device, filters));
            }
            Word::Unsubscribe { device, filters, reply } => {
                let _ = reply.send(self.unsubscribe(&device, &filters));
            }
            Word::Keep {
                prefix,
                topic,
                kept,
                reply,
            } => {
                let _ = reply.send(self.keep(&prefix, topic, kept));
            }
            Word::Ask { device, ask } => self.ask(&device, ask),
        }
    }

    fn subscribe(&mut self, device: &DeviceId, filters: Vec<Filter>) -> Subscribed {
        let now = self.begun.ledger.now();
        let Some(session) = self.sessions.all.get_mut(device) else {
            return Subscribed {
                filters,
                existed: Vec::new(),
                durable: None,
            };
        };
        for filter in filters {
            let before = session.filters.iter().position(|known| known.path == filter.path);
            let wanted = match filter.retained {
                Retained::Always => true,
                Retained::IfNew => before.is_none(),
                Retained::Never => false,
            };
            if wanted {
                let literal = filter.path.split(['+', '#']).next().unwrap_or_default();
                // `a/#` also matches `a` itself (MQTT 3.1.1 §4.7.1.2).
                let prefix = literal.strip_suffix('/').unwrap_or(literal);
                for (topic, kept) in self.retained.below(prefix) {
                    let Some(left) = kept.left(now).filter(|_| rumqttc::matches(topic, &filter.path)) else {
                        continue;
                    };
                    let (topic, payload) = (Arc::from(topic), kept.payload.clone());
                    let expires = left.map(|left| Instant::now() + left);
                    let qos = lower(kept.qos, filter.granted());
                    let room = session.outbox.push(Delivery {
                        topic,
                        payload,
                        qos,
                        retain: true,
                        expires,
                    });
                    self.begun.notes.lost(device, room);
                }
            }
            match before.and_then(|at| session.filters.get_mut(at)) {
                Some(known) => *known = filter,
                None => session.filters.push(filter),
            }
        }
        self.settled(device, Vec::new())
    }

    fn unsubscribe(&mut self, device: &DeviceId, filters: &[String]) -> Subscribed {
        let mut existed = Vec::with_capacity(filters.len());
        if let Some(session) = self.sessions.all.get_mut(device) {
            for filter in filters {
                let before = session.filters.len();
                session.filters.retain(|known| known.path != *filter);
                existed.push(session.filters.len() != before);
            }
        }
        self.settled(device, existed)
    }

    /// The session's filters as they are now, on their way to disk where it outlives its connection.
    fn settled(&mut self, device: &DeviceId, existed: Vec<bool>) -> Subscribed {
        let Some(session) = self.sessions.all.get_mut(device) else {
            return Subscribed {
                filters: Vec::new(),
                existed,
                durable: None,
            };
        };
        let filters = session.filters.clone();
        let durable = (session.expiry > 0).then(|| {
            session.stored = true;
            let stored = Stored {
                expiry: session.expiry,
                filters: filters.clone(),
            };
            let value = serde_json::to_vec(&stored).ok();
            self.begun.scribe.keep(Key::Session(device.to_string()), value)
        });
        Subscribed {
            filters,
            existed,
            durable,
        }
    }

    fn keep(&mut self, prefix: &str, topic: String, kept: Option<Kept>) -> Result<Answer, NoRoom> {
        let Some(kept) = kept else {
            if self.retained.forget(&topic) {
                return Ok(self.begun.scribe.keep(Key::Retained(topic), None));
            }
            let (done, answer) = oneshot::channel();
            let _ = done.send(Ok(()));
            return Ok(answer);
        };
        let bytes = kept.encode();
        let limits = &self.begun.limits;
        self.retained
            .keep(prefix, &topic, kept, limits.retained_len, limits.retained_bytes)?;
        Ok(self.begun.scribe.keep(Key::Retained(topic), Some(bytes)))
    }

    fn ask(&mut self, device: &DeviceId, ask: Ask) {
        let topic = Topic::of(device, Leaf::Command).to_string();
        let refused = match self
            .sessions
            .all
            .get(device)
            .map(|session| (&session.place, &session.filters))
        {
            Some((Place::Connected { asks, .. }, filters)) => {
                if filters.iter().any(|filter| rumqttc::matches(&topic, &filter.path)) {
                    match asks.try_send(ask) {
                        Ok(()) => return,
                        Err(mpsc::error::TrySendError::Full(ask)) => (ask, Absent::Busy),
                        Err(mpsc::error::TrySendError::Closed(ask)) => (ask, Absent::NotConnected),
                    }
                } else {
                    (ask, Absent::NotSubscribed)
                }
            }
            Some((Place::Changing { .. } | Place::Parked { .. }, _)) | None => (ask, Absent::NotConnected),
        };
        let _ = refused.0.done.send(Err(refused.1));
    }

    fn deliver(&self, routed: Routed) {
        let Routed { audience, publication } = routed;
        let topic: Arc<str> = Arc::from(publication.topic.as_str());
        let expires = publication
            .expiry
            .map(|seconds| Instant::now() + Duration::from_secs(u64::from(seconds)));
        match audience {
            Audience::Device(device) => {
                if let Some(session) = self.sessions.all.get(&device) {
                    self.begun
                        .notes
                        .lost(&device, session.deliver(&publication, &topic, expires));
                }
            }
            Audience::Site => {
                for (device, session) in &self.sessions.all {
                    self.begun
                        .notes
                        .lost(device, session.deliver(&publication, &topic, expires));
                }
            }
        }
    }

    fn sweep(&mut self, now: Instant) {
        let Over { wills, stored } = self.sessions.sweep(now);
        for due in wills {
            if let Err(mpsc::error::TrySendError::Full(due)) = self.begun.wills.try_send(due) {
                self.begun
                    .notes
                    .audit(&due.device, "broker.will.lost", "too many wills at once".to_owned());
            }
        }
        for device in stored {
            self.forget(&device);
        }
    }

    fn forget(&self, device: &DeviceId) {
        drop(self.begun.scribe.keep(Key::Session(device.to_string()), None));
    }
}

impl Notes {
    /// Says that a session's queue overflowed, the first time since it was last empty.
    fn lost(&self, device: &DeviceId, room: Room) {
        match room {
            Room::Enough | Room::Loss => {}
            Room::FirstLoss => {
                self.audit(
                    device,
                    "broker.queue.dropped",
                    "the queue is full; the oldest deliveries go".to_owned(),
                );
            }
        }
    }
}

fn lower(one: QoS, other: QoS) -> QoS {
    if (one as u8) < (other as u8) { one } else { other }
}
