//! What all connections share, and what is done for a device that is not there: its will.
//!
//! Nothing here belongs to one connection.

use crate::{
    credentials::Credentials,
    exchange::{DueWill, Exchange, Gone},
    gate::Gate,
    ground::{Ground, Upward},
    ledger::{Answer, Ledger},
    notes::Notes,
    retained::{Kept, NoRoom},
    router::{Audience, Inlet, Publication},
    settings::Limits,
    speak::{Said, understand},
    wire::{QoS, Will},
};
use bytes::Bytes;
use protocol::{Actor, DeviceId};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// What all connections share.
pub(crate) struct Core {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) inlet: Inlet,
    pub(crate) exchange: Exchange,
    pub(crate) notes: Arc<Notes>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) limits: Limits,
    pub(crate) credentials: watch::Receiver<Arc<Credentials>>,
}

impl Core {
    /// Keeps the last word on a device's topic; an empty payload forgets it.
    pub(crate) async fn retain(
        &self,
        device: &DeviceId,
        topic: &str,
        payload: &Bytes,
        qos: QoS,
        expiry: Option<u32>,
    ) -> Result<Result<Answer, NoRoom>, Gone> {
        let expires = expiry.map(|seconds| self.ledger.now().plus(Duration::from_secs(u64::from(seconds))));
        // The payload is copied: a slice would keep a whole read buffer alive for as long as it is retained.
        let payload = Bytes::copy_from_slice(payload);
        let kept = (!payload.is_empty()).then_some(Kept { payload, qos, expires });
        let prefix = format!("{}/{device}/", protocol::topic::ROOT);
        self.exchange.keep(prefix, topic.to_owned(), kept).await
    }

    /// Publishes a device's will as if the device had said it.
    pub(crate) async fn testament(&self, due: DueWill) {
        let DueWill { device, will } = due;
        let Some(upward) = Ground::of(&device).publish(&will.topic) else {
            return;
        };
        match understand(upward, &device, &will.payload) {
            Ok(Said::Entry(_, entry)) => {
                let recording = self
                    .ledger
                    .record_later(Actor::Device { id: device.clone() }, vec![*entry])
                    .await;
                let recorded = match recording {
                    Ok(answer) => answer.await.unwrap_or(Err(edge_kernel::Refusal::Stopping)),
                    Err(refusal) => Err(refusal),
                };
                if let Err(refusal) = recorded {
                    tracing::warn!(%device, %refusal, "cannot record a will");
                }
            }
            // A will cannot say how a command ended: nobody knows better than the deadline.
            Ok(Said::Settled(_)) => return,
            Ok(Said::Nothing) => {}
            Err(misfit) => return self.notes.audit(&device, "broker.will.refused", misfit.to_string()),
        }
        if will.retain && matches!(upward, Upward::Own | Upward::Reported) {
            let kept = self
                .retain(&device, &will.topic, &will.payload, will.qos, will.expiry)
                .await;
            if let Ok(Err(NoRoom)) = kept {
                self.notes
                    .audit(&device, "broker.retained.refused", "no room for the will".to_owned());
            }
        }
        let Will {
            topic,
            payload,
            qos,
            retain,
            expiry,
            ..
        } = will;
        let publication = Publication {
            topic,
            payload,
            qos,
            retain,
            local: true,
            expiry,
        };
        let _ = self.inlet.send(&Audience::Device(device), &publication).await;
    }
}
