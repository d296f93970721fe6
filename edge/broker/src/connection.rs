//! One device's connection, from its CONNECT to the handing back of its session.
//!
//! Nothing is acknowledged before the kernel has it on disk, and acknowledgements keep the order of the publications.

mod ack_queue;
mod disconnect;
mod publish;
mod rate_limit;
mod serve;
mod sign_in;
mod subscribe;
mod timer;

pub(crate) use serve::serve;

use crate::{
    context::BrokerContext,
    credentials::DeviceTokenHash,
    inflight::{InflightPublishes, PublishStage},
    outbox::Outbox,
    sessions::DeliveryRequest,
    topic_access::TopicAccess,
    wire::{Disconnect, PacketWriter, ReasonCode, TopicFilter, Transmission, WireError},
};
use ack_queue::{AckQueue, Acks, FactBatch};
use bytes::BytesMut;
use protocol::{Actor, DeviceId, topic::Leaf};
use rate_limit::RateLimit;
use std::sync::Arc;
use tokio::time::Instant;

/// Bytes waiting for the socket beyond which nothing more is read or delivered.
const MAX_UNSENT: usize = 256 * 1024;
/// Traffic renews the lease no more often than this.
const LEASE_EVERY: std::time::Duration = std::time::Duration::from_secs(5);

/// What a connection knows and does; the socket is with whoever drives it.
struct MqttConnection {
    context: Arc<BrokerContext>,
    device: DeviceId,
    /// The token it came in with.
    hash: DeviceTokenHash,
    actor: Actor,
    topic_access: TopicAccess,
    writer: PacketWriter,
    out: BytesMut,
    /// Acknowledgements of publications, in order.
    pending: AckQueue,
    /// What may take a second and holds no acknowledgement up: subscriptions, and what is retained with QoS 0.
    slow: AckQueue,
    batch: FactBatch,
    inflight: InflightPublishes,
    /// How many publications may be unsettled towards the device.
    window: usize,
    filters: Vec<TopicFilter>,
    outbox: Arc<Outbox>,
    rate_limit: RateLimit,
    lease: Option<Instant>,
    unsent_request: Option<UnsentRequest>,
}

/// A request among the bytes for the socket: on the wire by its deadline, or never.
#[derive(Debug, Clone, Copy)]
struct UnsentRequest {
    deadline: Instant,
    /// Bytes up to its end.
    ahead: usize,
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CloseReason {
    /// The device said good-bye.
    Disconnect(Disconnect),
    /// The socket closed or failed.
    Lost,
    /// The bytes were no MQTT.
    Wire(WireError),
    /// For a reason of ours, which an MQTT 5 device is told.
    Server(ReasonCode),
}

impl MqttConnection {
    /// Sends again what was unacknowledged when the former connection ended.
    fn resume(&mut self) {
        for sent in self.inflight.unsettled() {
            match &sent.stage {
                PublishStage::Published(delivery) => {
                    _ = self
                        .writer
                        .publish(&mut self.out, delivery, sent.pkid, Transmission::Repeated);
                }
                PublishStage::Released => self.writer.pubrel(&mut self.out, sent.pkid),
            }
        }
    }

    /// Writes what waits in the outbox, as far as the window and the socket allow.
    fn deliver_queued(&mut self) {
        while self.has_room() {
            let Some(delivery) = self.outbox.pop() else { return };
            if delivery.expires.is_some_and(|at| at <= Instant::now()) {
                continue;
            }
            if delivery.qos == crate::wire::QoS::AtMostOnce {
                self.writer.publish(&mut self.out, &delivery, 0, Transmission::First);
                continue;
            }
            let pkid = self.inflight.begin(delivery.clone());
            if !self.writer.publish(&mut self.out, &delivery, pkid, Transmission::First) {
                // Longer than the device takes: it is left out (MQTT 5 §3.1.2.11.4).
                self.inflight.acknowledged(pkid, delivery.qos);
            }
        }
    }

    /// More may be delivered.
    fn has_room(&self) -> bool {
        self.out.len() < MAX_UNSENT && self.inflight.len() < self.window
    }

    /// More may be read.
    fn is_open(&self) -> bool {
        let waiting = self.pending.publications() + self.slow.len() + self.batch.len();
        self.out.len() < MAX_UNSENT && waiting < usize::from(self.context.limits.incoming) && self.rate_limit.is_open()
    }

    /// Answers publications or subscriptions whose fate is known.
    fn acknowledge(&mut self, acks: Acks, result: Result<(), edge_kernel::Refusal>) -> Result<(), CloseReason> {
        match acks {
            Acks::Publications(acks) => {
                let refused = result.err().map(|refusal| publish::refused(&refusal));
                // All are answered before the connection ends, so that none of their packet ids stays taken.
                let mut answered = Ok(());
                for ack in acks {
                    answered = answered.and(self.answer(ack.qos, ack.pkid, ack.refused.or(refused)));
                }
                answered
            }
            Acks::Subscribed { pkid, granted, id } => match result {
                Ok(()) => {
                    self.writer.suback(&mut self.out, pkid, &granted, id);
                    Ok(())
                }
                Err(_) => Err(CloseReason::Server(ReasonCode::ServerBusy)),
            },
            Acks::Unsubscribed { pkid, existed } => {
                self.writer.unsuback(&mut self.out, pkid, &existed);
                Ok(())
            }
        }
    }

    /// Answers what is settled, and whatever behind it is settled as well.
    fn acknowledge_ready(&mut self, acks: Acks, result: Result<(), edge_kernel::Refusal>) -> Result<(), CloseReason> {
        let mut answered = self.acknowledge(acks, result);
        while answered.is_ok()
            && let Some((acks, result)) = self.pending.ready()
        {
            answered = self.acknowledge(acks, result);
        }
        answered
    }

    /// Sends a request now, if it is not too late by either clock: the wall's may have jumped since the deadline was
    /// reckoned. QoS 0: it is never sent twice.
    fn ask(&mut self, ask: DeliveryRequest) {
        let DeliveryRequest {
            mut request,
            deadline,
            done,
        } = ask;
        if done.is_closed() {
            return; // Whoever asked has told the asker that it did not go out.
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || self.context.kernel.now() >= request.expires {
            let _ = done.send(Err(crate::sessions::DeliveryError::Expired));
            return;
        }
        request.within_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        let Ok(payload) = serde_json::to_vec(&request) else {
            return;
        };
        let delivery = crate::outbox::Delivery {
            topic: Arc::from(self.topic_access.topic(Leaf::Command)),
            payload: payload.into(),
            qos: crate::wire::QoS::AtMostOnce,
            retain: false,
            expires: None,
        };
        self.writer.publish(&mut self.out, &delivery, 0, Transmission::First);
        let ahead = self.out.len();
        self.unsent_request = Some(UnsentRequest { deadline, ahead });
        self.inflight.ask(request.command);
        let _ = done.send(Ok(()));
    }

    /// So many bytes went out.
    fn written(&mut self, bytes: usize) {
        if let Some(asked) = &mut self.unsent_request {
            asked.ahead = asked.ahead.saturating_sub(bytes);
        }
    }

    /// The deadline of a request that is still on its way to the wire. Bytes behind it push it through the TLS layer.
    fn request_deadline(&mut self, unflushed: bool) -> Option<Instant> {
        let under_way = |asked: &UnsentRequest| asked.ahead > 0 || (self.out.is_empty() && unflushed);
        self.unsent_request = self.unsent_request.filter(under_way);
        self.unsent_request.map(|asked| asked.deadline)
    }

    /// The device was heard.
    fn renew_lease(&mut self) {
        let now = Instant::now();
        if self.lease.is_none_or(|at| now.duration_since(at) >= LEASE_EVERY) {
            self.lease = Some(now);
            self.context.kernel.renew_lease(self.device.clone());
        }
    }
}
