//! MQTT 3.1.1 packets from rumqttc's codec.
//!
//! The caller has checked that a whole packet is there and that its flags are sound.

use super::{
    Disconnect, InboundPacket, Publish, RetainHandling, SubscriptionId, TopicFilter, TopicName, WireError, sound_topic,
};
use bytes::{Buf as _, BytesMut};
use rumqttc::mqttbytes::{self, QoS, v4};

pub(super) fn read(buffer: &mut BytesMut, kind: u8, len: usize, max: usize) -> Result<InboundPacket, WireError> {
    if kind == 3 {
        return publish(buffer, len);
    }
    // 3.1.1 §3.12, §3.14: PINGREQ and DISCONNECT are empty; the codec does not look.
    if matches!(kind, 12 | 14) && buffer.get(1) != Some(&0) {
        return Err(WireError::Malformed);
    }
    match v4::Packet::read(buffer, max).map_err(|_| WireError::Malformed)? {
        v4::Packet::PubAck(ack) => Ok(InboundPacket::PubAck(ack.pkid)),
        v4::Packet::PubRec(ack) => Ok(InboundPacket::PubRec {
            pkid: ack.pkid,
            accepted: true,
        }),
        v4::Packet::PubRel(ack) => Ok(InboundPacket::PubRel(ack.pkid)),
        v4::Packet::PubComp(ack) => Ok(InboundPacket::PubComp(ack.pkid)),
        v4::Packet::Subscribe(subscribe) if subscribe.pkid != 0 => {
            let filters = subscribe.filters.into_iter().map(filter).collect();
            Ok(InboundPacket::Subscribe {
                pkid: subscribe.pkid,
                filters,
                id: SubscriptionId::None,
            })
        }
        v4::Packet::Unsubscribe(unsubscribe) if unsubscribe.pkid != 0 && !unsubscribe.topics.is_empty() => {
            Ok(InboundPacket::Unsubscribe {
                pkid: unsubscribe.pkid,
                filters: unsubscribe.topics,
            })
        }
        v4::Packet::PingReq => Ok(InboundPacket::Ping),
        v4::Packet::Disconnect => Ok(InboundPacket::Disconnect(Disconnect {
            with_will: false,
            expiry: None,
        })),
        v4::Packet::Subscribe(_) | v4::Packet::Unsubscribe(_) => Err(WireError::Malformed),
        // PUBLISH is read above.
        v4::Packet::Publish(_)
        | v4::Packet::Connect(_)
        | v4::Packet::ConnAck(_)
        | v4::Packet::SubAck(_)
        | v4::Packet::UnsubAck(_)
        | v4::Packet::PingResp => Err(WireError::Misplaced),
    }
}

/// A PUBLISH (§3.3), which is what devices send most: read here, for the codec copies its topic.
fn publish(buffer: &mut BytesMut, len: usize) -> Result<InboundPacket, WireError> {
    let mut packet = buffer.split_to(len).freeze();
    let first = packet.try_get_u8().map_err(|_| WireError::Malformed)?;
    // The remaining length was read when the packet was found to be whole.
    while packet.try_get_u8().map_err(|_| WireError::Malformed)? & 0x80 != 0 {}
    let qos = mqttbytes::qos(first >> 1 & 3).map_err(|_| WireError::Malformed)?;
    let (dup, retain) = (first & 8 != 0, first & 1 != 0);
    let topic_len = usize::from(packet.try_get_u16().map_err(|_| WireError::Malformed)?);
    if topic_len > packet.len() {
        return Err(WireError::Malformed);
    }
    let topic = TopicName::of(packet.split_to(topic_len)).ok_or(WireError::Malformed)?;
    let pkid = match qos {
        QoS::AtMostOnce => 0,
        QoS::AtLeastOnce | QoS::ExactlyOnce => packet.try_get_u16().map_err(|_| WireError::Malformed)?,
    };
    let numbered = (pkid != 0) == (qos != QoS::AtMostOnce);
    if !sound_topic(topic.as_str()) || !numbered || (dup && qos == QoS::AtMostOnce) {
        return Err(WireError::Malformed);
    }
    Ok(InboundPacket::Publish(Publish {
        qos,
        retain,
        topic,
        pkid,
        payload: packet,
        expiry: None,
        aliased: false,
    }))
}

fn filter(filter: v4::SubscribeFilter) -> TopicFilter {
    let qos = filter.qos as u8;
    TopicFilter {
        path: filter.path,
        qos,
        no_local: false,
        keep_retain: false,
        retained: RetainHandling::Always,
    }
}
