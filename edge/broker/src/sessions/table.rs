//! Sessions: who subscribed to what, what waits for them, who is connected.
//!
//! A session is in exactly one state: with its one connection, on its way between two, or parked here.

use super::{AttachRequest, DeliveryRequest, DueWill};
use crate::{
    inflight::InflightPublishes,
    outbox::{Delivery, Outbox, PushResult},
    router::Publication,
    settings::BrokerLimits,
    wire::{QoS, TopicFilter, Will},
};
use protocol::DeviceId;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

/// What a connection gets.
#[derive(Debug)]
pub(crate) struct AttachedSession {
    /// Which attachment this is; to be said when leaving.
    pub(crate) serial: u64,
    /// There was a session to go on with.
    pub(crate) present: bool,
    pub(crate) inflight: InflightPublishes,
    pub(crate) filters: Vec<TopicFilter>,
    pub(crate) outbox: Arc<Outbox>,
}

/// What a connection gives back.
#[derive(Debug)]
pub(crate) struct DetachRequest {
    pub(crate) device: DeviceId,
    pub(crate) serial: u64,
    pub(crate) inflight: InflightPublishes,
    /// Seconds the session lives on.
    pub(crate) expiry: u32,
    /// To be published unless the device is back within the will's delay.
    pub(crate) will: Option<Will>,
}

/// One session.
pub(crate) struct MqttSession {
    pub(crate) filters: Vec<TopicFilter>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) expiry: u32,
    /// Something of it is on disk.
    pub(crate) stored: bool,
    pub(crate) state: SessionState,
}

/// Where it is.
pub(crate) enum SessionState {
    /// With a connection.
    Connected {
        serial: u64,
        evict: CancellationToken,
        asks: mpsc::Sender<DeliveryRequest>,
    },
    /// The former connection was told to leave; the next one waits.
    Changing { serial: u64, next: Box<AttachRequest> },
    /// Nobody is connected.
    Parked {
        inflight: InflightPublishes,
        ends: Option<Instant>,
        will: Option<(Instant, Box<Will>)>,
    },
}

/// A session as it is kept on disk.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredSession {
    /// Seconds it outlives its connection; after a restart they begin anew.
    pub(crate) expiry: u32,
    /// What it listens to.
    pub(crate) filters: Vec<TopicFilter>,
}

/// What is over.
pub(crate) struct SweepResult {
    /// Wills that are due.
    pub(crate) wills: Vec<DueWill>,
    /// Ended sessions of which something is on disk.
    pub(crate) stored: Vec<DeviceId>,
}

/// All sessions.
pub(crate) struct SessionTable {
    pub(crate) all: HashMap<DeviceId, MqttSession>,
    serial: u64,
    len: usize,
    bytes: usize,
}

impl SessionTable {
    pub(crate) fn new(limits: &BrokerLimits) -> Self {
        Self {
            all: HashMap::new(),
            serial: 0,
            len: limits.queue_len,
            bytes: limits.queue_bytes,
        }
    }

    /// Puts back a session from before a restart.
    pub(crate) fn restore(&mut self, device: DeviceId, stored: StoredSession) {
        let state = SessionState::Parked {
            inflight: InflightPublishes::default(),
            ends: ends(stored.expiry),
            will: None,
        };
        let outbox = Arc::new(Outbox::new(self.len, self.bytes));
        let (filters, expiry) = (stored.filters, stored.expiry);
        self.all.insert(
            device,
            MqttSession {
                filters,
                outbox,
                expiry,
                stored: true,
                state,
            },
        );
    }

    /// A connection wants its session: gets it at once, or once the former connection has let go.
    /// Returns the device if nothing of its former session shall stay on disk.
    pub(crate) fn attach(&mut self, attach: AttachRequest) -> Option<DeviceId> {
        let session = self.all.entry(attach.device.clone()).or_insert_with(|| MqttSession {
            filters: Vec::new(),
            outbox: Arc::new(Outbox::new(self.len, self.bytes)),
            expiry: 0,
            stored: false,
            state: SessionState::Parked {
                inflight: InflightPublishes::default(),
                ends: Some(Instant::now()),
                will: None,
            },
        });
        match &mut session.state {
            SessionState::Connected { serial, evict, .. } => {
                evict.cancel();
                session.state = SessionState::Changing {
                    serial: *serial,
                    next: Box::new(attach),
                };
                None
            }
            // The one that waited is told nothing: its reply is dropped, and its connection closes.
            SessionState::Changing { next, .. } => {
                **next = attach;
                None
            }
            SessionState::Parked { inflight, ends, .. } => {
                let present = ends.is_none_or(|ends| ends > Instant::now());
                let inflight = std::mem::take(inflight);
                self.serial += 1;
                hand_over(session, attach, inflight, present, self.serial)
            }
        }
    }

    /// A connection gives its session back. Returns the device if its session is to be forgotten on disk.
    pub(crate) fn detach(&mut self, leaving: DetachRequest) -> Option<DeviceId> {
        let DetachRequest {
            device,
            serial: left,
            inflight,
            expiry,
            will,
        } = leaving;
        let session = self.all.get_mut(&device)?;
        let parked = SessionState::Parked {
            inflight: InflightPublishes::default(),
            ends: None,
            will: None,
        };
        match std::mem::replace(&mut session.state, parked) {
            SessionState::Changing { serial, next } if serial == left => {
                let present = session.expiry > 0;
                self.serial += 1;
                hand_over(session, *next, inflight, present, self.serial)
            }
            SessionState::Connected { serial, .. } if serial == left => {
                session.expiry = expiry;
                let will = will.map(|will| {
                    let delay = will.delay.min(expiry);
                    (Instant::now() + Duration::from_secs(u64::from(delay)), Box::new(will))
                });
                session.state = SessionState::Parked {
                    inflight,
                    ends: ends(expiry),
                    will,
                };
                None
            }
            other @ (SessionState::Changing { .. } | SessionState::Connected { .. } | SessionState::Parked { .. }) => {
                session.state = other;
                None
            }
        }
    }

    /// Ends what is over.
    pub(crate) fn sweep(&mut self, now: Instant) -> SweepResult {
        let (mut wills, mut over) = (Vec::new(), Vec::new());
        for (device, session) in &mut self.all {
            let SessionState::Parked { ends, will, .. } = &mut session.state else {
                continue;
            };
            if let Some((_, will)) = will.take_if(|(due, _)| *due <= now) {
                wills.push(DueWill {
                    device: device.clone(),
                    will: *will,
                });
            }
            if ends.is_some_and(|ends| ends <= now) && will.is_none() {
                over.push((device.clone(), session.stored));
            }
        }
        for (device, _) in &over {
            self.all.remove(device);
        }
        let stored = over
            .into_iter()
            .filter_map(|(device, stored)| stored.then_some(device))
            .collect();
        SweepResult { wills, stored }
    }
}

impl MqttSession {
    /// Puts a publication in the outbox if a filter wants it.
    pub(crate) fn deliver(&self, publication: &Publication, topic: &Arc<str>, expires: Option<Instant>) -> PushResult {
        let matching = |filter: &&TopicFilter| rumqttc::matches(topic, filter.path.as_str());
        let wanted = self
            .filters
            .iter()
            .filter(matching)
            .filter(|filter| !(filter.no_local && publication.local));
        let Some((qos, keep)) = wanted.fold(None, |best: Option<(u8, bool)>, filter| {
            let (qos, keep) = best.unwrap_or((0, false));
            Some((qos.max(filter.qos), keep || filter.keep_retain))
        }) else {
            return PushResult::Enough;
        };
        let online = !matches!(self.state, SessionState::Parked { .. });
        let qos = rumqttc::mqttbytes::qos(qos.min(publication.qos as u8)).unwrap_or(QoS::AtMostOnce);
        if qos == QoS::AtMostOnce && !online {
            return PushResult::Enough;
        }
        let retain = publication.retain && keep;
        let payload = publication.payload.clone();
        self.outbox.push(Delivery {
            topic: Arc::clone(topic),
            payload,
            qos,
            retain,
            expires,
        })
    }
}

fn hand_over(
    session: &mut MqttSession,
    attach: AttachRequest,
    inflight: InflightPublishes,
    present: bool,
    serial: u64,
) -> Option<DeviceId> {
    let present = present && !attach.clean;
    let inflight = if present {
        inflight
    } else {
        InflightPublishes::default()
    };
    if !present {
        session.filters.clear();
        session.outbox.clear();
    }
    session.expiry = attach.expiry;
    session.state = SessionState::Connected {
        serial,
        evict: attach.evict,
        asks: attach.asks,
    };
    let (filters, outbox) = (session.filters.clone(), Arc::clone(&session.outbox));
    let forget = !present && std::mem::take(&mut session.stored);
    // A connection that is gone already says so by detaching; if it cannot, the next one evicts it.
    let _ = attach.reply.send(AttachedSession {
        serial,
        present,
        inflight,
        filters,
        outbox,
    });
    forget.then_some(attach.device)
}

fn ends(expiry: u32) -> Option<Instant> {
    (expiry != u32::MAX).then(|| Instant::now() + Duration::from_secs(u64::from(expiry)))
}
