//! MQTT 3.1.1 and 5 as bytes and packets: rumqttc's codecs behind one shape for both versions.
//!
//! No time, no state, never a panic, whatever the bytes. What a codec gets wrong or leaves unchecked (reserved flags,
//! short MQTT 5 DISCONNECT, errors that look like "more bytes needed") is put right here.

mod connect;
mod reply;
mod v4;
mod v5;

pub(crate) use connect::{Connect, Will, read_connect};
pub(crate) use reply::{ConnectRefusal, FilterResult, PacketWriter, ReasonCode};
pub(crate) use rumqttc::mqttbytes::QoS;

use bytes::{Bytes, BytesMut};
use rumqttc::mqttbytes::{self, Error as Codec};
use serde::{Deserialize, Serialize};

/// Which MQTT a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MqttVersion {
    /// 3.1.1.
    V4,
    /// 5.
    V5,
}

/// A packet from a device after its CONNECT.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum InboundPacket {
    Publish(Publish),
    PubAck(u16),
    PubRec {
        pkid: u16,
        accepted: bool,
    },
    PubRel(u16),
    PubComp(u16),
    Subscribe {
        pkid: u16,
        filters: Vec<TopicFilter>,
        id: SubscriptionId,
    },
    Unsubscribe {
        pkid: u16,
        filters: Vec<String>,
    },
    Ping,
    Disconnect(Disconnect),
}

/// A publication of a device.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Publish {
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    pub(crate) topic: TopicName,
    /// Zero with QoS 0.
    pub(crate) pkid: u16,
    pub(crate) payload: Bytes,
    /// Seconds.
    pub(crate) expiry: Option<u32>,
    /// It uses a topic alias, which nobody was offered.
    pub(crate) aliased: bool,
}

/// Where a publication goes: a piece of the packet it came in, known to be text.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TopicName(Bytes);

impl TopicName {
    /// `None`: not UTF-8.
    fn of(bytes: Bytes) -> Option<Self> {
        std::str::from_utf8(&bytes).is_ok().then_some(Self(bytes))
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for TopicName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_str().fmt(f)
    }
}

/// One filter of a SUBSCRIBE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TopicFilter {
    pub(crate) path: String,
    /// Highest QoS wanted, 0 to 2.
    pub(crate) qos: u8,
    /// Not to hear its own publications.
    pub(crate) no_local: bool,
    /// Keep the retain flag on what is published live.
    pub(crate) keep_retain: bool,
    /// Whether retained publications are wanted.
    pub(crate) retained: RetainHandling,
}

/// Whether a SUBSCRIBE has a subscription identifier (MQTT 5 §3.8.2.1.2), which nobody was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubscriptionId {
    Given,
    None,
}

/// When retained publications are sent to a new subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RetainHandling {
    Always,
    IfNew,
    Never,
}

/// How a device says good-bye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Disconnect {
    /// It wants its will published all the same (MQTT 5).
    pub(crate) with_will: bool,
    /// It changes how long its session lives, seconds (MQTT 5).
    pub(crate) expiry: Option<u32>,
}

/// Why bytes are no packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    /// Longer than allowed.
    #[error("a packet of {0} bytes is too long")]
    TooLong(usize),
    /// Not MQTT.
    #[error("malformed packet")]
    Malformed,
    /// A packet only a server sends, a second CONNECT, or an AUTH.
    #[error("a packet that has no place here")]
    Misplaced,
    /// Neither 3.1.1 nor 5.
    #[error("protocol level {0}")]
    Level(u8),
}

/// The next whole packet, taken off the front of `buffer`; `None`: more bytes are needed.
pub(crate) fn read(
    buffer: &mut BytesMut,
    version: MqttVersion,
    max: usize,
) -> Result<Option<InboundPacket>, WireError> {
    let Some(len) = frame(buffer, max)? else {
        return Ok(None);
    };
    let kind = checked_kind(buffer)?;
    match version {
        MqttVersion::V4 => v4::read(buffer, kind, len, max).map(Some),
        MqttVersion::V5 => v5::read(buffer, kind, len, max).map(Some),
    }
}

/// Length of the packet at the front of `buffer`; `None`: not all of it is there yet.
fn frame(buffer: &BytesMut, max: usize) -> Result<Option<usize>, WireError> {
    match mqttbytes::check(buffer.iter(), max) {
        Ok(header) => Ok(Some(header.frame_length())),
        Err(Codec::InsufficientBytes(_)) => Ok(None),
        Err(Codec::PayloadSizeLimitExceeded(len)) => Err(WireError::TooLong(len)),
        Err(_) => Err(WireError::Malformed),
    }
}

/// The packet's type with its reserved flags checked (MQTT 3.1.1 §2.2.2).
fn checked_kind(buffer: &BytesMut) -> Result<u8, WireError> {
    let first = buffer.first().copied().ok_or(WireError::Malformed)?;
    let (kind, flags) = (first >> 4, first & 0x0f);
    match kind {
        3 => Ok(kind),
        6 | 8 | 10 if flags == 2 => Ok(kind),
        1 | 4 | 5 | 7 | 12 | 14 if flags == 0 => Ok(kind),
        2 | 9 | 11 | 13 | 15 => Err(WireError::Misplaced),
        _ => Err(WireError::Malformed),
    }
}

impl TopicFilter {
    /// The highest QoS wanted.
    pub(crate) fn granted(&self) -> QoS {
        mqttbytes::qos(self.qos).unwrap_or(QoS::AtMostOnce)
    }
}

fn sound_topic(topic: &str) -> bool {
    !topic.is_empty() && !topic.contains(['+', '#', '\0'])
}
