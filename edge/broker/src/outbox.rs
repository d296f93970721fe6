//! What waits for one session, online or not: bounded in number and bytes, the oldest goes first.
//!
//! Nothing is dropped silently: who puts something in is told how much had to go.

use crate::wire::QoS;
use bytes::Bytes;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{sync::Notify, time::Instant};

/// One publication on its way to one session.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Delivery {
    pub(crate) topic: Arc<str>,
    pub(crate) payload: Bytes,
    /// The lower of what was published and what was granted.
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    /// Not to be delivered from then on (MQTT 5 message expiry).
    pub(crate) expires: Option<Instant>,
}

/// The queue of one session; its two ends may be in two tasks.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<OutboxQueue>,
    filled: Notify,
    len: usize,
    bytes: usize,
}

#[derive(Debug, Default)]
struct OutboxQueue {
    items: VecDeque<Delivery>,
    bytes: usize,
    dropped: u64,
}

/// What happened to what was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PushResult {
    /// Everything is still there.
    Enough,
    /// Something had to go for the first time since the queue was last empty.
    FirstLoss,
    /// Something had to go again.
    Loss,
}

impl Outbox {
    pub(crate) fn new(len: usize, bytes: usize) -> Self {
        Self {
            queue: Mutex::default(),
            filled: Notify::new(),
            len,
            bytes,
        }
    }

    pub(crate) fn push(&self, delivery: Delivery) -> PushResult {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.bytes += delivery.payload.len() + delivery.topic.len();
        queue.items.push_back(delivery);
        let mut room = PushResult::Enough;
        while queue.items.len() > self.len || queue.bytes > self.bytes {
            let Some(oldest) = queue.items.pop_front() else { break };
            queue.bytes -= oldest.payload.len() + oldest.topic.len();
            room = if queue.dropped == 0 {
                PushResult::FirstLoss
            } else {
                room.max_loss()
            };
            queue.dropped += 1;
        }
        drop(queue);
        self.filled.notify_one();
        room
    }

    pub(crate) fn pop(&self) -> Option<Delivery> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(delivery) = queue.items.pop_front() else {
            queue.dropped = 0;
            return None;
        };
        queue.bytes -= delivery.payload.len() + delivery.topic.len();
        Some(delivery)
    }

    pub(crate) fn clear(&self) {
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = OutboxQueue::default();
    }

    /// Waits until something may be there.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }
}

impl PushResult {
    fn max_loss(self) -> Self {
        match self {
            PushResult::FirstLoss => PushResult::FirstLoss,
            PushResult::Enough | PushResult::Loss => PushResult::Loss,
        }
    }
}
