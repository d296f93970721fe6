//! Retained publications: the latest message of each topic, kept over restarts.
//!
//! Each device has its own budget, so that one cannot take another's room.

use crate::wire::QoS;
use bytes::{Buf, BufMut, Bytes};
use protocol::Timestamp;
use std::{collections::BTreeMap, time::Duration};

/// One retained publication.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RetainedMessage {
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    /// Not to be delivered from then on.
    pub(crate) expires: Option<Timestamp>,
}

/// All of them, by topic.
#[derive(Debug, Default)]
pub(crate) struct RetainedStore {
    topics: BTreeMap<String, RetainedMessage>,
}

/// A device's budget does not hold one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetainedFull;

impl RetainedMessage {
    /// As bytes in the kernel's table: version, QoS, expiry in milliseconds since 1970 or zero, payload.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(10 + self.payload.len());
        bytes.put_u8(1);
        bytes.put_u8(self.qos as u8);
        bytes.put_i64(self.expires.map_or(0, Timestamp::as_millis));
        bytes.put_slice(&self.payload);
        bytes
    }

    /// The same back; `None`: not ours, or damaged.
    pub(crate) fn decode(bytes: Vec<u8>) -> Option<Self> {
        let mut bytes = Bytes::from(bytes);
        let version = bytes.try_get_u8().ok()?;
        let qos = rumqttc::mqttbytes::qos(bytes.try_get_u8().ok()?).ok()?;
        let expires = bytes.try_get_i64().ok()?;
        let expires = (expires != 0).then(|| Timestamp::from_millis(expires));
        (version == 1).then_some(Self {
            payload: bytes,
            qos,
            expires,
        })
    }

    /// Time left; `None`: too late.
    pub(crate) fn left(&self, now: Timestamp) -> Option<Option<Duration>> {
        match self.expires {
            None => Some(None),
            Some(expires) if expires > now => Some(Some(expires.since(now))),
            Some(_) => None,
        }
    }
}

impl RetainedStore {
    /// Puts back what was kept; no budget applies.
    pub(crate) fn restore(&mut self, topic: String, kept: RetainedMessage) {
        self.topics.insert(topic, kept);
    }

    /// Keeps the latest message of a topic. `prefix` names the device's part of the tree, which the budget is for.
    pub(crate) fn keep(
        &mut self,
        prefix: &str,
        topic: &str,
        kept: RetainedMessage,
        len: usize,
        bytes: usize,
    ) -> Result<(), RetainedFull> {
        let others = self.below(prefix).filter(|(other, _)| *other != topic);
        let (count, used) = others.fold((0, 0), |(count, used), (_, kept)| {
            (count + 1, used + kept.payload.len())
        });
        if count >= len || used + kept.payload.len() > bytes {
            return Err(RetainedFull);
        }
        self.topics.insert(topic.to_owned(), kept);
        Ok(())
    }

    /// Forgets a topic; says whether there was something.
    pub(crate) fn forget(&mut self, topic: &str) -> bool {
        self.topics.remove(topic).is_some()
    }

    /// Everything whose topic begins with `prefix`, in order.
    pub(crate) fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a RetainedMessage)> {
        let from = self
            .topics
            .range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded));
        from.take_while(move |(topic, _)| topic.starts_with(prefix))
            .map(|(topic, kept)| (topic.as_str(), kept))
    }
}
