//! A device publishes: access, meaning, the way to the kernel, and what happens to what is not taken.
//!
//! MQTT 5 devices are told why. 3.1.1 has no word for "no" (§3.3.5): the connection is closed instead and the refusal
//! recorded; a payload that can never be taken is swallowed, with a record, the third time it comes.

use super::{
    CloseReason, MqttConnection,
    ack_queue::{Ack, Acks},
};
use crate::{
    kernel_port::KernelAnswer,
    payload::{Payload, PayloadError, parse_payload},
    router::{Publication, Recipients},
    topic_access::PublishTopic,
    wire::{MqttVersion, Publish, QoS, ReasonCode},
};
use edge_kernel::Refusal;
use protocol::lan::CommandReply;
use tokio::sync::oneshot;

/// What a device is told of the kernel's refusal.
pub(super) fn refused(refusal: &Refusal) -> ReasonCode {
    match refusal {
        Refusal::Full { .. } | Refusal::Quota { .. } | Refusal::TooLong { .. } => ReasonCode::QuotaExceeded,
        Refusal::UnknownDevice(_) | Refusal::NotYours { .. } | Refusal::Untrusted(_) => ReasonCode::NotAuthorized,
        Refusal::TooLate | Refusal::Busy | Refusal::Storage(_) => ReasonCode::ServerBusy,
        Refusal::Stopping => ReasonCode::ServerShuttingDown,
    }
}

impl MqttConnection {
    /// Takes a publication on. Its answer comes in its turn.
    pub(super) async fn publish(&mut self, publish: Publish) -> Result<(), CloseReason> {
        self.rate_limit.take_publication();
        if publish.aliased {
            return Err(CloseReason::Server(ReasonCode::TopicAlias));
        }
        let ack = Ack {
            qos: publish.qos,
            pkid: publish.pkid,
            refused: None,
        };
        let Some(leaf) = self.topic_access.publish(publish.topic.as_str()) else {
            self.context.audit_log.audit(
                &self.device,
                "broker.publish.refused",
                "not this device's topic".to_owned(),
            );
            return self.refuse(ack, ReasonCode::NotAuthorized).await;
        };
        if publish.payload.len() > self.context.limits.payload_bytes {
            let detail = format!("a payload of {} bytes", publish.payload.len());
            self.context
                .audit_log
                .audit(&self.device, "broker.publish.too_long", detail);
            return Err(CloseReason::Server(ReasonCode::TooLarge));
        }
        if publish.qos != QoS::ExactlyOnce {
            return self.handle_publish(leaf, ack, &publish).await;
        }
        if !self.inflight.take(publish.pkid) {
            // A repetition. Where the first one's fate is still open, its answer is the answer to both.
            let open = self.batch.has(publish.pkid) || self.pending.has(publish.pkid);
            return if open {
                Ok(())
            } else {
                self.queue_ack(ack, Vec::new()).await
            };
        }
        let taken = self.handle_publish(leaf, ack, &publish).await;
        if taken.is_err() {
            // It comes again on the next connection, and is no repetition then.
            self.inflight.release(publish.pkid);
        }
        taken
    }

    async fn handle_publish(&mut self, leaf: PublishTopic, ack: Ack, publish: &Publish) -> Result<(), CloseReason> {
        match parse_payload(leaf, &self.device, &publish.payload) {
            Ok(Payload::Entry(lane, entry)) => {
                if self.batch.is_of_other(lane) {
                    self.flush().await;
                }
                self.fan_out(publish).await?;
                if publish.retain && leaf == PublishTopic::Reported {
                    let kept = self.retain(publish).await?;
                    return self.record_and_retain(entry, ack, kept).await;
                }
                self.batch.push(lane, entry, ack);
                Ok(())
            }
            Ok(Payload::Settled(settled)) => {
                let waits = self.settle(*settled);
                self.fan_out(publish).await?;
                self.queue_ack(ack, waits).await
            }
            Ok(Payload::Nothing) => {
                self.fan_out(publish).await?;
                let retained = publish.retain && matches!(leaf, PublishTopic::Own | PublishTopic::Reported);
                let waits = if retained {
                    self.retain(publish).await?
                } else {
                    Ok(Vec::new())
                };
                match waits {
                    Ok(waits) => self.queue_ack(ack, waits).await,
                    Err(reason) => self.refuse(ack, reason).await,
                }
            }
            Err(misfit) => self.refuse_payload(ack, misfit, &publish.payload).await,
        }
    }

    /// Sends what was collected to the kernel.
    pub(super) async fn flush(&mut self) {
        let Some((entries, acks)) = self.batch.take() else {
            return;
        };
        match self.context.kernel.record_later(self.actor.clone(), entries).await {
            Ok(answer) => self.pending.push(Acks::Publications(acks), vec![answer]),
            Err(refusal) => self.pending.push_refused(Acks::Publications(acks), refusal),
        }
    }

    /// Says to the device whether a publication was taken.
    pub(super) fn answer(&mut self, qos: QoS, pkid: u16, refused: Option<ReasonCode>) -> Result<(), CloseReason> {
        match refused {
            None => self.writer.publish_ack(&mut self.out, qos, pkid, None),
            Some(reason) => {
                if qos == QoS::ExactlyOnce {
                    self.inflight.release(pkid);
                }
                let ending = matches!(reason, ReasonCode::ServerBusy | ReasonCode::ServerShuttingDown);
                if ending || (self.writer.version == MqttVersion::V4 && qos != QoS::AtMostOnce) {
                    return Err(CloseReason::Server(reason));
                }
                self.writer.publish_ack(&mut self.out, qos, pkid, Some(reason));
            }
        }
        Ok(())
    }

    async fn record_and_retain(
        &mut self,
        entry: edge_kernel::FactEntry,
        ack: Ack,
        kept: Result<Vec<KernelAnswer>, ReasonCode>,
    ) -> Result<(), CloseReason> {
        let mut waits = match kept {
            Ok(waits) => waits,
            Err(reason) => return self.refuse(ack, reason).await,
        };
        self.flush().await;
        match self.context.kernel.record_later(self.actor.clone(), vec![entry]).await {
            Ok(answer) => waits.push(answer),
            Err(refusal) => {
                self.pending.push_refused(Acks::Publications(vec![ack]), refusal);
                return Ok(());
            }
        }
        self.pending.push(Acks::Publications(vec![ack]), waits);
        Ok(())
    }

    /// Answers a publication in its turn, once `waits` have come. With QoS 0 there is no answer to give, and nobody
    /// waits for the disk behind it.
    async fn queue_ack(&mut self, ack: Ack, waits: Vec<KernelAnswer>) -> Result<(), CloseReason> {
        if ack.qos == QoS::AtMostOnce {
            self.slow.push(Acks::Publications(vec![ack]), waits);
        } else {
            self.flush().await;
            self.pending.push(Acks::Publications(vec![ack]), waits);
        }
        Ok(())
    }

    async fn refuse(&mut self, ack: Ack, reason: ReasonCode) -> Result<(), CloseReason> {
        if self.writer.version == MqttVersion::V4 {
            self.flush().await;
            return Err(CloseReason::Server(reason));
        }
        self.queue_ack(
            Ack {
                refused: Some(reason),
                ..ack
            },
            Vec::new(),
        )
        .await
    }

    async fn refuse_payload(&mut self, ack: Ack, misfit: PayloadError, payload: &[u8]) -> Result<(), CloseReason> {
        let reason = match misfit {
            PayloadError::Format | PayloadError::Lane(_) => ReasonCode::PayloadFormatInvalid,
            PayloadError::NotYours(_) => ReasonCode::NotAuthorized,
        };
        self.context
            .audit_log
            .audit(&self.device, "broker.payload.refused", misfit.to_string());
        let swallow = ack.qos == QoS::AtMostOnce || self.context.audit_log.was_refused_often(&self.device, payload);
        if self.writer.version == MqttVersion::V4 && swallow {
            self.context
                .audit_log
                .audit(&self.device, "broker.payload.dropped", misfit.to_string());
            return self.queue_ack(ack, Vec::new()).await;
        }
        self.refuse(ack, reason).await
    }

    /// Lets the device's own session hear it, where it asked to.
    async fn fan_out(&self, publish: &Publish) -> Result<(), CloseReason> {
        let heard = |filter: &crate::wire::TopicFilter| {
            rumqttc::matches(publish.topic.as_str(), filter.path.as_str()) && !filter.no_local
        };
        if !self.filters.iter().any(heard) {
            return Ok(());
        }
        let Publish {
            qos, retain, expiry, ..
        } = *publish;
        let (topic, payload) = (publish.topic.clone(), publish.payload.clone());
        let publication = Publication {
            topic,
            payload,
            qos,
            retain,
            local: true,
            expiry,
        };
        let recipients = Recipients::Device(self.device.clone());
        self.context
            .router_sender
            .send(&recipients, &publication)
            .await
            .map_err(|_| CloseReason::Server(ReasonCode::ServerBusy))
    }

    async fn retain(&self, publish: &Publish) -> Result<Result<Vec<KernelAnswer>, ReasonCode>, CloseReason> {
        let Publish {
            topic,
            payload,
            qos,
            expiry,
            ..
        } = publish;
        let kept = self
            .context
            .retain(&self.device, topic.as_str(), payload, *qos, *expiry)
            .await;
        match kept.map_err(|_| CloseReason::Server(ReasonCode::ServerShuttingDown))? {
            Ok(answer) => Ok(Ok(vec![answer])),
            Err(crate::retained::RetainedFull) => {
                self.context
                    .audit_log
                    .audit(&self.device, "broker.retained.refused", "no room".to_owned());
                Ok(Err(ReasonCode::QuotaExceeded))
            }
        }
    }

    /// Passes on how a command ended. A command this device was not asked for is acknowledged and not believed.
    fn settle(&self, settled: CommandReply) -> Vec<KernelAnswer> {
        if !self.inflight.was_asked(settled.command) {
            let detail = format!("command {} was not asked of this device in this run", settled.command);
            self.context
                .audit_log
                .audit(&self.device, "broker.outcome.ignored", detail);
            return Vec::new();
        }
        let (done, answer) = oneshot::channel();
        let settling = self.context.kernel.settle(settled.command, settled.outcome);
        tokio::spawn(async move { done.send(settling.await) });
        vec![answer]
    }
}
