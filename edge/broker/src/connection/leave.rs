//! The end of a connection: what is under way is finished, the will is published, the session is handed back.
//!
//! The will belongs to this connection: it is published before the next one of the same device is welcomed, and
//! never later.

use super::pending::Acks;
use super::{End, Talk};
use crate::{
    exchange::{DueWill, Leaving},
    wire::{QoS, Reason, Will, WireError},
};

impl Talk {
    /// What an MQTT 5 device is told at the end.
    pub(super) fn last_word(&mut self, end: End) {
        let reason = match end {
            End::Farewell(_) | End::Lost => return,
            End::Ours(reason) => reason,
            End::Wire(WireError::TooLong(_)) => Reason::TooLarge,
            End::Wire(WireError::Malformed | WireError::Level(_)) => Reason::Malformed,
            End::Wire(WireError::Misplaced) => Reason::Protocol,
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
    pub(super) async fn leave(mut self, end: End, serial: u64, mut expiry: u32, will: Option<Will>) {
        self.finish().await;
        if let End::Wire(error) = end {
            self.core
                .notes
                .audit(&self.device, "broker.packet.refused", error.to_string());
        }
        if let End::Farewell(farewell) = end {
            // A session that was to end with its connection cannot be prolonged (MQTT 5 §3.14.2.2.2).
            expiry = farewell.expiry.filter(|_| expiry > 0).unwrap_or(expiry);
        }
        let mut will = will.filter(|_| match end {
            End::Farewell(farewell) => farewell.with_will,
            End::Ours(Reason::ServerShuttingDown) => false,
            End::Ours(_) | End::Lost | End::Wire(_) => true,
        });
        if end == End::Ours(Reason::TakenOver) {
            // Whoever may take its time to come back has come back (MQTT 5 §3.1.3.2.2).
            will = will.filter(|will| will.delay == 0);
        }
        if let Some(will) = will.take_if(|will| will.delay == 0 || expiry == 0) {
            self.core
                .testament(DueWill {
                    device: self.device.clone(),
                    will,
                })
                .await;
        }
        let leaving = Leaving {
            device: self.device,
            serial,
            inflight: self.inflight,
            expiry,
            will,
        };
        let _ = self.core.exchange.detach(leaving).await;
    }
}
