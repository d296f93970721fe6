//! What all connections share, and what is done for a device that is not there: its will.
//!
//! Nothing here belongs to one connection.

use crate::{
    admission::Admission,
    audit_log::AuditLog,
    credentials::DeviceCredentials,
    kernel_port::{KernelAnswer, KernelPort},
    payload::{Payload, parse_payload},
    retained::{RetainedFull, RetainedMessage},
    router::{Publication, Recipients, RouterSender},
    sessions::{DueWill, MqttSessions, SessionsClosed},
    settings::BrokerLimits,
    topic_access::{PublishTopic, TopicAccess},
    wire::{QoS, Will},
};
use bytes::Bytes;
use protocol::{Actor, DeviceId};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// What all connections share.
pub(crate) struct BrokerContext {
    pub(crate) kernel: Arc<dyn KernelPort>,
    pub(crate) router_sender: RouterSender,
    pub(crate) sessions: MqttSessions,
    pub(crate) audit_log: Arc<AuditLog>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) limits: BrokerLimits,
    pub(crate) credentials: watch::Receiver<Arc<DeviceCredentials>>,
}

impl BrokerContext {
    /// Keeps the latest message of a device's topic; an empty payload forgets it.
    pub(crate) async fn retain(
        &self,
        device: &DeviceId,
        topic: &str,
        payload: &Bytes,
        qos: QoS,
        expiry: Option<u32>,
    ) -> Result<Result<KernelAnswer, RetainedFull>, SessionsClosed> {
        let expires = expiry.map(|seconds| self.kernel.now().plus(Duration::from_secs(u64::from(seconds))));
        // The payload is copied: a slice would keep a whole read buffer alive for as long as it is retained.
        let payload = Bytes::copy_from_slice(payload);
        let kept = (!payload.is_empty()).then_some(RetainedMessage { payload, qos, expires });
        let prefix = format!("{}/{device}/", protocol::topic::ROOT);
        self.sessions.retain(prefix, topic.to_owned(), kept).await
    }

    /// Publishes a device's will as if the device had said it.
    pub(crate) async fn publish_will(&self, due: DueWill) {
        let DueWill { device, will } = due;
        let Some(leaf) = TopicAccess::of(&device).publish(will.topic.as_str()) else {
            return;
        };
        match parse_payload(leaf, &device, &will.payload) {
            Ok(Payload::Entry(_, entry)) => {
                let recording = self
                    .kernel
                    .record_later(Actor::Device { id: device.clone() }, vec![entry])
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
            Ok(Payload::Settled(_)) => return,
            Ok(Payload::Nothing) => {}
            Err(error) => return self.audit_log.audit(&device, "broker.will.refused", error.to_string()),
        }
        if will.retain && matches!(leaf, PublishTopic::Own | PublishTopic::Reported) {
            let kept = self
                .retain(&device, will.topic.as_str(), &will.payload, will.qos, will.expiry)
                .await;
            if let Ok(Err(RetainedFull)) = kept {
                self.audit_log
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
        let _ = self.router_sender.send(&Recipients::Device(device), &publication).await;
    }
}
