//! The end of a connection: what is under way is finished, the will is published, the session is handed back.
//!
//! The will belongs to this connection: it is published before the next one of the same device is welcomed, and
//! never later.

use super::ack_queue::Acks;
use super::{CloseReason, MqttConnection};
use crate::{
    sessions::{DetachRequest, DueWill},
    wire::{QoS, ReasonCode, Will, WireError},
};

impl MqttConnection {
    /// What an MQTT 5 device is told at the end.
    pub(super) fn write_disconnect(&mut self, end: CloseReason) {
        let reason = match end {
            CloseReason::Disconnect(_) | CloseReason::Lost => return,
            CloseReason::Server(reason) => reason,
            CloseReason::Wire(WireError::TooLong(_)) => ReasonCode::TooLarge,
            CloseReason::Wire(WireError::Malformed | WireError::Level(_)) => ReasonCode::Malformed,
            CloseReason::Wire(WireError::Misplaced) => ReasonCode::Protocol,
        };
        self.writer.disconnect(&mut self.out, reason);
    }

    /// Waits for the fate of what was published, so that the session knows which QoS 2 packet ids were taken.
    async fn finish(&mut self) {
        self.flush().await;
        while !self.pending.is_empty() {
            let (acks, result) = self.pending.next().await;
            let Acks::Publications(acks) = acks else { continue };
            for ack in acks {
                if ack.qos == QoS::ExactlyOnce && (result.is_err() || ack.refused.is_some()) {
                    self.inflight.release(ack.pkid);
                }
            }
        }
    }

    /// Hands everything back.
    pub(super) async fn leave(mut self, end: CloseReason, serial: u64, mut expiry: u32, will: Option<Will>) {
        self.finish().await;
        if let CloseReason::Wire(error) = end {
            self.context
                .audit_log
                .audit(&self.device, "broker.packet.refused", error.to_string());
        }
        if let CloseReason::Disconnect(farewell) = end {
            // A session that was to end with its connection cannot be prolonged (MQTT 5 §3.14.2.2.2).
            expiry = farewell.expiry.filter(|_| expiry > 0).unwrap_or(expiry);
        }
        let mut will = will.filter(|_| match end {
            CloseReason::Disconnect(farewell) => farewell.with_will,
            CloseReason::Server(ReasonCode::ServerShuttingDown) => false,
            CloseReason::Server(_) | CloseReason::Lost | CloseReason::Wire(_) => true,
        });
        if end == CloseReason::Server(ReasonCode::TakenOver) {
            // Whoever may take its time to come back has come back (MQTT 5 §3.1.3.2.2).
            will = will.filter(|will| will.delay == 0);
        }
        if let Some(will) = will.take_if(|will| will.delay == 0 || expiry == 0) {
            self.context
                .publish_will(DueWill {
                    device: self.device.clone(),
                    will,
                })
                .await;
        }
        let leaving = DetachRequest {
            device: self.device,
            serial,
            inflight: self.inflight,
            expiry,
            will,
        };
        let _ = self.context.sessions.detach(leaving).await;
    }
}
