//! The session task: requests in, publications in from the router, deliveries out.
//!
//! It never waits for a device or the disk.

use super::{
    DeliveryError, DeliveryRequest, DueWill, MqttSessions, SessionRequest, SubscribeResult,
    table::{SessionState, SessionTable, StoredSession, SweepResult},
};
use crate::{
    audit_log::AuditLog,
    kernel_port::{KernelAnswer, KernelPort},
    outbox::{Delivery, PushResult},
    persister::{Persister, StoredKey},
    retained::{RetainedFull, RetainedMessage, RetainedStore},
    router::{Recipients, RoutedPublication, RouterReceiver},
    settings::BrokerLimits,
    wire::{QoS, RetainHandling, TopicFilter},
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

/// What the session task begins with.
pub(crate) struct SessionsSetup {
    pub(crate) kernel: Arc<dyn KernelPort>,
    pub(crate) audit_log: Arc<AuditLog>,
    pub(crate) persister: Persister,
    pub(crate) router_receiver: RouterReceiver,
    pub(crate) limits: BrokerLimits,
    /// Where wills go when their time has come.
    pub(crate) wills: mpsc::Sender<DueWill>,
    /// Called when the router died.
    pub(crate) abort: Arc<dyn Fn() + Send + Sync>,
}

struct SessionTask {
    setup: SessionsSetup,
    sessions: SessionTable,
    retained: RetainedStore,
}

/// Puts back what the last run kept, and starts the session task. It ends with `shutdown`.
pub(crate) async fn start(
    setup: SessionsSetup,
    shutdown: CancellationToken,
) -> Result<(MqttSessions, tokio::task::JoinHandle<()>), Refusal> {
    let mut sessions = SessionTable::new(&setup.limits);
    let mut retained = RetainedStore::default();
    for (topic, bytes) in setup.kernel.table(edge_kernel::Table::Retained).await? {
        match RetainedMessage::decode(bytes) {
            Some(kept) => retained.restore(topic, kept),
            None => tracing::warn!(topic, "a retained publication on disk is unreadable and left out"),
        }
    }
    for (device, bytes) in setup.kernel.table(edge_kernel::Table::Sessions).await? {
        match (device.parse(), serde_json::from_slice::<StoredSession>(&bytes)) {
            (Ok(device), Ok(stored)) => sessions.restore(device, stored),
            _ => tracing::warn!(device, "a session on disk is unreadable and left out"),
        }
    }
    let (requests, inbox) = mpsc::channel(1024);
    let task = tokio::spawn(
        SessionTask {
            setup,
            sessions,
            retained,
        }
        .run(inbox, shutdown),
    );
    Ok((MqttSessions { requests }, task))
}

impl SessionTask {
    async fn run(mut self, mut inbox: mpsc::Receiver<SessionRequest>, shutdown: CancellationToken) {
        let mut sweep = time::interval(Duration::from_secs(1));
        sweep.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                request = inbox.recv() => match request {
                    Some(request) => self.handle(request),
                    None => return,
                },
                routed = self.setup.router_receiver.next() => match routed {
                    Ok(routed) => self.deliver(routed),
                    Err(dead) => {
                        tracing::error!(%dead, "the broker cannot go on");
                        (self.setup.abort)();
                        return;
                    }
                },
                now = sweep.tick() => self.sweep(now),
            }
        }
    }

    fn handle(&mut self, request: SessionRequest) {
        match request {
            SessionRequest::Attach(attach) => {
                if let Some(device) = self.sessions.attach(attach) {
                    self.forget(&device);
                }
            }
            SessionRequest::Detach(leaving) => {
                if let Some(device) = self.sessions.detach(leaving) {
                    self.forget(&device);
                }
                self.sweep(Instant::now());
            }
            SessionRequest::Subscribe { device, filters, reply } => {
                let _ = reply.send(self.subscribe(&device, filters));
            }
            SessionRequest::Unsubscribe { device, filters, reply } => {
                let _ = reply.send(self.unsubscribe(&device, &filters));
            }
            SessionRequest::Retain {
                prefix,
                topic,
                kept,
                reply,
            } => {
                let _ = reply.send(self.retain(&prefix, topic, kept));
            }
            SessionRequest::Deliver { device, request } => self.deliver_request(&device, request),
        }
    }

    fn subscribe(&mut self, device: &DeviceId, filters: Vec<TopicFilter>) -> SubscribeResult {
        let now = self.setup.kernel.now();
        let Some(session) = self.sessions.all.get_mut(device) else {
            return SubscribeResult {
                filters,
                existed: Vec::new(),
                durable: None,
            };
        };
        for filter in filters {
            let before = session.filters.iter().position(|known| known.path == filter.path);
            let wanted = match filter.retained {
                RetainHandling::Always => true,
                RetainHandling::IfNew => before.is_none(),
                RetainHandling::Never => false,
            };
            if wanted {
                let literal = filter.path.as_str().split(['+', '#']).next().unwrap_or_default();
                // `a/#` also matches `a` itself (MQTT 3.1.1 §4.7.1.2).
                let prefix = literal.strip_suffix('/').unwrap_or(literal);
                for (topic, kept) in self.retained.below(prefix) {
                    let Some(left) = kept.left(now).filter(|_| rumqttc::matches(topic, filter.path.as_str())) else {
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
                    self.setup.audit_log.audit_overflow(device, room);
                }
            }
            match before.and_then(|at| session.filters.get_mut(at)) {
                Some(known) => *known = filter,
                None => session.filters.push(filter),
            }
        }
        self.settled(device, Vec::new())
    }

    fn unsubscribe(&mut self, device: &DeviceId, filters: &[String]) -> SubscribeResult {
        let mut existed = Vec::with_capacity(filters.len());
        if let Some(session) = self.sessions.all.get_mut(device) {
            for filter in filters {
                let before = session.filters.len();
                session.filters.retain(|known| known.path.as_str() != filter.as_str());
                existed.push(session.filters.len() != before);
            }
        }
        self.settled(device, existed)
    }

    /// The session's filters as they are now, on their way to disk where it outlives its connection.
    fn settled(&mut self, device: &DeviceId, existed: Vec<bool>) -> SubscribeResult {
        let Some(session) = self.sessions.all.get_mut(device) else {
            return SubscribeResult {
                filters: Vec::new(),
                existed,
                durable: None,
            };
        };
        let filters = session.filters.clone();
        let durable = (session.expiry > 0).then(|| {
            session.stored = true;
            let stored = StoredSession {
                expiry: session.expiry,
                filters: filters.clone(),
            };
            let value = serde_json::to_vec(&stored).ok();
            self.setup.persister.keep(StoredKey::Session(device.to_string()), value)
        });
        SubscribeResult {
            filters,
            existed,
            durable,
        }
    }

    fn retain(
        &mut self,
        prefix: &str,
        topic: String,
        kept: Option<RetainedMessage>,
    ) -> Result<KernelAnswer, RetainedFull> {
        let Some(kept) = kept else {
            if self.retained.forget(&topic) {
                return Ok(self.setup.persister.keep(StoredKey::Retained(topic), None));
            }
            let (done, answer) = oneshot::channel();
            let _ = done.send(Ok(()));
            return Ok(answer);
        };
        let bytes = kept.encode();
        let limits = &self.setup.limits;
        self.retained
            .keep(prefix, &topic, kept, limits.retained_len, limits.retained_bytes)?;
        Ok(self.setup.persister.keep(StoredKey::Retained(topic), Some(bytes)))
    }

    fn deliver_request(&mut self, device: &DeviceId, request: DeliveryRequest) {
        let topic = Topic::of(device, Leaf::Command).to_string();
        let refused = match self
            .sessions
            .all
            .get(device)
            .map(|session| (&session.state, &session.filters))
        {
            Some((SessionState::Connected { asks, .. }, filters)) => {
                if filters
                    .iter()
                    .any(|filter| rumqttc::matches(&topic, filter.path.as_str()))
                {
                    match asks.try_send(request) {
                        Ok(()) => return,
                        Err(mpsc::error::TrySendError::Full(request)) => (request, DeliveryError::Busy),
                        Err(mpsc::error::TrySendError::Closed(request)) => (request, DeliveryError::NotConnected),
                    }
                } else {
                    (request, DeliveryError::NotSubscribed)
                }
            }
            Some((SessionState::Changing { .. } | SessionState::Parked { .. }, _)) | None => {
                (request, DeliveryError::NotConnected)
            }
        };
        let _ = refused.0.done.send(Err(refused.1));
    }

    fn deliver(&self, routed: RoutedPublication) {
        let RoutedPublication {
            recipients,
            publication,
        } = routed;
        let topic: Arc<str> = Arc::from(publication.topic.as_str());
        let expires = publication
            .expiry
            .map(|seconds| Instant::now() + Duration::from_secs(u64::from(seconds)));
        match recipients {
            Recipients::Device(device) => {
                if let Some(session) = self.sessions.all.get(&device) {
                    self.setup
                        .audit_log
                        .audit_overflow(&device, session.deliver(&publication, &topic, expires));
                }
            }
            Recipients::Site => {
                for (device, session) in &self.sessions.all {
                    self.setup
                        .audit_log
                        .audit_overflow(device, session.deliver(&publication, &topic, expires));
                }
            }
        }
    }

    fn sweep(&mut self, now: Instant) {
        let SweepResult { wills, stored } = self.sessions.sweep(now);
        for due in wills {
            if let Err(mpsc::error::TrySendError::Full(due)) = self.setup.wills.try_send(due) {
                self.setup
                    .audit_log
                    .audit(&due.device, "broker.will.lost", "too many wills at once".to_owned());
            }
        }
        for device in stored {
            self.forget(&device);
        }
    }

    fn forget(&self, device: &DeviceId) {
        drop(self.setup.persister.keep(StoredKey::Session(device.to_string()), None));
    }
}

impl AuditLog {
    /// Says that a session's queue overflowed, the first time since it was last empty.
    fn audit_overflow(&self, device: &DeviceId, room: PushResult) {
        match room {
            PushResult::Enough | PushResult::Loss => {}
            PushResult::FirstLoss => {
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
