//! A device publishes: access, meaning, the way to the kernel, and what happens to what is not taken.
//!
//! MQTT 5 devices are told why. 3.1.1 has no word for "no" (§3.3.5): the connection is closed instead and the refusal
//! recorded; a payload that can never be taken is swallowed, with a record, the third time it comes.

use super::{
    End, Talk,
    pending::{Ack, Acks},
};
use crate::{
    ground::Upward,
    ledger::Answer,
    router::{Audience, Publication},
    speak::{Misfit, Said, understand},
    wire::{Publish, QoS, Reason, Version},
};
use edge_kernel::Refusal;
use protocol::lan::Settled;
use tokio::sync::oneshot;

/// What a device is told of the kernel's refusal.
pub(super) fn refused(refusal: &Refusal) -> Reason {
    match refusal {
        Refusal::Full { .. } | Refusal::TooLong { .. } => Reason::QuotaExceeded,
        Refusal::UnknownDevice(_) | Refusal::NotYours { .. } | Refusal::Untrusted(_) => Reason::NotAuthorized,
        Refusal::TooLate | Refusal::Busy | Refusal::Storage(_) => Reason::ServerBusy,
        Refusal::Stopping => Reason::ServerShuttingDown,
    }
}

impl Talk {
    /// Takes a publication on. Its answer comes in its turn.
    pub(super) async fn publish(&mut self, publish: Publish) -> Result<(), End> {
        self.bucket.take_publication();
        if publish.aliased {
            return Err(End::Ours(Reason::TopicAlias));
        }
        let ack = Ack {
            qos: publish.qos,
            pkid: publish.pkid,
            refused: None,
        };
        let Some(upward) = self.ground.publish(&publish.topic) else {
            self.core.notes.audit(
                &self.device,
                "broker.publish.refused",
                "not this device's topic".to_owned(),
            );
            return self.refuse(ack, Reason::NotAuthorized).await;
        };
        if publish.payload.len() > self.core.limits.payload_bytes {
            let detail = format!("a payload of {} bytes", publish.payload.len());
            self.core.notes.audit(&self.device, "broker.publish.too_long", detail);
            return Err(End::Ours(Reason::TooLarge));
        }
        if publish.qos != QoS::ExactlyOnce {
            return self.take_on(upward, ack, &publish).await;
        }
        if !self.inflight.take(publish.pkid) {
            // A repetition. Where the first one's fate is still open, its answer is the answer to both.
            let open = self.batch.has(publish.pkid) || self.pending.has(publish.pkid);
            return if open {
                Ok(())
            } else {
                self.settle_now(ack, Vec::new()).await
            };
        }
        let taken = self.take_on(upward, ack, &publish).await;
        if taken.is_err() {
            // It comes again on the next connection, and is no repetition then.
            self.inflight.release(publish.pkid);
        }
        taken
    }

    async fn take_on(&mut self, upward: Upward, ack: Ack, publish: &Publish) -> Result<(), End> {
        match understand(upward, &self.device, &publish.payload) {
            Ok(Said::Entry(lane, entry)) => {
                if self.batch.is_of_other(lane) {
                    self.flush().await;
                }
                self.fan_out(publish).await?;
                if publish.retain && upward == Upward::Reported {
                    let kept = self.keep(publish).await?;
                    return self.record_and_keep(*entry, ack, kept).await;
                }
                self.batch.push(lane, *entry, ack);
                Ok(())
            }
            Ok(Said::Settled(settled)) => {
                let waits = self.settle(*settled);
                self.fan_out(publish).await?;
                self.settle_now(ack, waits).await
            }
            Ok(Said::Nothing) => {
                self.fan_out(publish).await?;
                let retained = publish.retain && matches!(upward, Upward::Own | Upward::Reported);
                let waits = if retained {
                    self.keep(publish).await?
                } else {
                    Ok(Vec::new())
                };
                match waits {
                    Ok(waits) => self.settle_now(ack, waits).await,
                    Err(reason) => self.refuse(ack, reason).await,
                }
            }
            Err(misfit) => self.misfit(ack, misfit, &publish.payload).await,
        }
    }

    /// Sends what was collected to the kernel.
    pub(super) async fn flush(&mut self) {
        let Some((entries, acks)) = self.batch.take() else {
            return;
        };
        match self.core.ledger.record_later(self.actor.clone(), entries).await {
            Ok(answer) => self.pending.push(Acks::Publications(acks), vec![answer]),
            Err(refusal) => self.pending.push_refused(Acks::Publications(acks), refusal),
        }
    }

    /// Says to the device whether a publication was taken.
    pub(super) fn answer(&mut self, qos: QoS, pkid: u16, refused: Option<Reason>) -> Result<(), End> {
        match refused {
            None => self.writer.taken(&mut self.out, qos, pkid, None),
            Some(reason) => {
                if qos == QoS::ExactlyOnce {
                    self.inflight.release(pkid);
                }
                let ending = matches!(reason, Reason::ServerBusy | Reason::ServerShuttingDown);
                if ending || (self.writer.version == Version::V4 && qos != QoS::AtMostOnce) {
                    return Err(End::Ours(reason));
                }
                self.writer.taken(&mut self.out, qos, pkid, Some(reason));
            }
        }
        Ok(())
    }

    async fn record_and_keep(
        &mut self,
        entry: edge_kernel::Entry,
        ack: Ack,
        kept: Result<Vec<Answer>, Reason>,
    ) -> Result<(), End> {
        let mut waits = match kept {
            Ok(waits) => waits,
            Err(reason) => return self.refuse(ack, reason).await,
        };
        self.flush().await;
        match self.core.ledger.record_later(self.actor.clone(), vec![entry]).await {
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
    async fn settle_now(&mut self, ack: Ack, waits: Vec<Answer>) -> Result<(), End> {
        if ack.qos == QoS::AtMostOnce {
            self.slow.push(Acks::Publications(vec![ack]), waits);
        } else {
            self.flush().await;
            self.pending.push(Acks::Publications(vec![ack]), waits);
        }
        Ok(())
    }

    async fn refuse(&mut self, ack: Ack, reason: Reason) -> Result<(), End> {
        if self.writer.version == Version::V4 {
            self.flush().await;
            return Err(End::Ours(reason));
        }
        self.settle_now(
            Ack {
                refused: Some(reason),
                ..ack
            },
            Vec::new(),
        )
        .await
    }

    async fn misfit(&mut self, ack: Ack, misfit: Misfit, payload: &[u8]) -> Result<(), End> {
        let reason = match misfit {
            Misfit::Format | Misfit::Lane(_) => Reason::PayloadFormatInvalid,
            Misfit::NotYours(_) => Reason::NotAuthorized,
        };
        self.core
            .notes
            .audit(&self.device, "broker.payload.refused", misfit.to_string());
        let swallow = ack.qos == QoS::AtMostOnce || self.core.notes.is_stuck(&self.device, payload);
        if self.writer.version == Version::V4 && swallow {
            self.core
                .notes
                .audit(&self.device, "broker.payload.dropped", misfit.to_string());
            return self.settle_now(ack, Vec::new()).await;
        }
        self.refuse(ack, reason).await
    }

    /// Lets the device's own session hear it, where it asked to.
    async fn fan_out(&self, publish: &Publish) -> Result<(), End> {
        let heard = |filter: &crate::wire::Filter| rumqttc::matches(&publish.topic, &filter.path) && !filter.no_local;
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
        let audience = Audience::Device(self.device.clone());
        self.core
            .inlet
            .send(&audience, &publication)
            .await
            .map_err(|_| End::Ours(Reason::ServerBusy))
    }

    async fn keep(&self, publish: &Publish) -> Result<Result<Vec<Answer>, Reason>, End> {
        let Publish {
            topic,
            payload,
            qos,
            expiry,
            ..
        } = publish;
        let kept = self.core.retain(&self.device, topic, payload, *qos, *expiry).await;
        match kept.map_err(|_| End::Ours(Reason::ServerShuttingDown))? {
            Ok(answer) => Ok(Ok(vec![answer])),
            Err(crate::retained::NoRoom) => {
                self.core
                    .notes
                    .audit(&self.device, "broker.retained.refused", "no room".to_owned());
                Ok(Err(Reason::QuotaExceeded))
            }
        }
    }

    /// Passes on how a command ended. A command this device was not asked for is acknowledged and not believed.
    fn settle(&self, settled: Settled) -> Vec<Answer> {
        if !self.inflight.was_asked(settled.command) {
            let detail = format!("command {} was not asked of this device in this run", settled.command);
            self.core.notes.audit(&self.device, "broker.outcome.ignored", detail);
            return Vec::new();
        }
        let (done, answer) = oneshot::channel();
        let settling = self.core.ledger.settle(settled.command, settled.outcome);
        tokio::spawn(async move { done.send(settling.await) });
        vec![answer]
    }
}
