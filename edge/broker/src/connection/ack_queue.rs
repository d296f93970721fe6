//! Acknowledgements that wait for the disk, in the order in which they must be given.
//!
//! One kernel answer covers a whole batch of publications, so that load makes the batch bigger, not the work.

use crate::{
    kernel_port::KernelAnswer,
    wire::{FilterResult, QoS, ReasonCode, SubscriptionId},
};
use edge_kernel::{FactEntry, Refusal};
use protocol::Lane;
use std::collections::VecDeque;
use tokio::sync::oneshot::error::TryRecvError;

/// One publication to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) qos: QoS,
    pub(super) pkid: u16,
    /// Already known not to be taken.
    pub(super) refused: Option<ReasonCode>,
}

impl Ack {
    fn is_qos2(&self, pkid: u16) -> bool {
        self.qos == QoS::ExactlyOnce && self.pkid == pkid
    }
}

/// What to answer.
#[derive(Debug)]
pub(super) enum Acks {
    Publications(Vec<Ack>),
    Subscribed {
        pkid: u16,
        granted: Vec<FilterResult>,
        id: SubscriptionId,
    },
    Unsubscribed {
        pkid: u16,
        existed: Vec<bool>,
    },
}

#[derive(Debug)]
struct PendingAck {
    acks: Acks,
    waits: Vec<KernelAnswer>,
    result: Result<(), Refusal>,
}

/// The queue of them.
#[derive(Debug, Default)]
pub(super) struct AckQueue {
    slots: VecDeque<PendingAck>,
    publications: usize,
}

impl AckQueue {
    /// Answers `acks` once all of `waits` have come.
    pub(super) fn push(&mut self, acks: Acks, waits: Vec<KernelAnswer>) {
        self.insert(PendingAck {
            acks,
            waits,
            result: Ok(()),
        });
    }

    /// Answers `acks` with a refusal, in their turn.
    pub(super) fn push_refused(&mut self, acks: Acks, refusal: Refusal) {
        self.insert(PendingAck {
            acks,
            waits: Vec::new(),
            result: Err(refusal),
        });
    }

    fn insert(&mut self, slot: PendingAck) {
        self.publications += slot.acks.len();
        self.slots.push_back(slot);
    }

    /// How many publications wait.
    pub(super) fn publications(&self) -> usize {
        self.publications
    }

    /// How many answers wait.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether a QoS 2 publication of this packet id waits.
    pub(super) fn has(&self, pkid: u16) -> bool {
        self.slots.iter().any(|slot| match &slot.acks {
            Acks::Publications(acks) => acks.iter().any(|ack| ack.is_qos2(pkid)),
            Acks::Subscribed { .. } | Acks::Unsubscribed { .. } => false,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The next one whose fate is known; waits for ever where nothing is pending. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> (Acks, Result<(), Refusal>) {
        loop {
            let Some(slot) = self.slots.front_mut() else {
                return std::future::pending().await;
            };
            if let Some(wait) = slot.waits.last_mut() {
                let answer = wait.await.unwrap_or(Err(Refusal::Stopping));
                slot.answered(answer);
            } else if let Some(settled) = self.pop() {
                return settled;
            }
        }
    }

    /// The next one, if its fate is known already.
    pub(super) fn ready(&mut self) -> Option<(Acks, Result<(), Refusal>)> {
        let slot = self.slots.front_mut()?;
        while let Some(wait) = slot.waits.last_mut() {
            let answer = match wait.try_recv() {
                Ok(answer) => answer,
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Closed) => Err(Refusal::Stopping),
            };
            slot.answered(answer);
        }
        self.pop()
    }

    fn pop(&mut self) -> Option<(Acks, Result<(), Refusal>)> {
        let slot = self.slots.pop_front()?;
        self.publications -= slot.acks.len();
        Some((slot.acks, slot.result))
    }
}

impl PendingAck {
    /// Takes in an answer that has come.
    fn answered(&mut self, answer: Result<(), Refusal>) {
        self.waits.pop();
        if let Err(refusal) = answer {
            self.result = Err(refusal);
        }
    }
}

impl Acks {
    fn len(&self) -> usize {
        match self {
            Acks::Publications(acks) => acks.len(),
            Acks::Subscribed { .. } | Acks::Unsubscribed { .. } => 0,
        }
    }
}

/// Facts of one lane on their way to the kernel together.
#[derive(Debug, Default)]
pub(super) struct FactBatch {
    lane: Option<Lane>,
    entries: Vec<FactEntry>,
    acks: Vec<Ack>,
}

impl FactBatch {
    /// Whether a fact of `lane` must wait for this batch to be sent: a full lane must not refuse the other's facts.
    pub(super) fn is_of_other(&self, lane: Lane) -> bool {
        self.lane.is_some_and(|other| other != lane)
    }

    pub(super) fn push(&mut self, lane: Lane, entry: FactEntry, ack: Ack) {
        self.lane = Some(lane);
        self.entries.push(entry);
        self.acks.push(ack);
    }

    pub(super) fn len(&self) -> usize {
        self.acks.len()
    }

    /// Whether a QoS 2 publication of this packet id is in it.
    pub(super) fn has(&self, pkid: u16) -> bool {
        self.acks.iter().any(|ack| ack.is_qos2(pkid))
    }

    /// What was collected, leaving the batch empty; `None` where nothing was.
    pub(super) fn take(&mut self) -> Option<(Vec<FactEntry>, Vec<Ack>)> {
        self.lane.take()?;
        // The next batch is about as large as this one.
        let (entries, acks) = (Vec::with_capacity(self.len()), Vec::with_capacity(self.len()));
        let entries = std::mem::replace(&mut self.entries, entries);
        Some((entries, std::mem::replace(&mut self.acks, acks)))
    }
}
