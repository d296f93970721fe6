//! MQTT 5 packets from rumqttc's codec.
//!
//! Properties this broker does not use are read and forgotten: user properties, content type, response topic,
//! correlation data, payload format.

use super::{
    Disconnect, InboundPacket, Publish, QoS, RetainHandling, SubscriptionId, TopicFilter, TopicName, WireError,
    sound_topic,
};
use bytes::BytesMut;
use rumqttc::v5::mqttbytes::{
    QoS as QoS5,
    v5::{self, DisconnectReasonCode, PubRecReason, RetainForwardRule},
};

pub(super) fn read(buffer: &mut BytesMut, kind: u8, len: usize, max: usize) -> Result<InboundPacket, WireError> {
    match (kind, len) {
        // The codec wants a reason and properties, both of which may be left out (MQTT 5 §3.14.2.1, §3.14.2.2.1).
        (14, 2 | 3) => return short_disconnect(buffer, len),
        (12, len) if len != 2 => return Err(WireError::Malformed),
        _ => {}
    }
    let max = u32::try_from(max).unwrap_or(u32::MAX);
    match v5::Packet::read(buffer, Some(max)).map_err(|_| WireError::Malformed)? {
        v5::Packet::Publish(publish) => published(publish),
        v5::Packet::PubAck(ack) => Ok(InboundPacket::PubAck(ack.pkid)),
        v5::Packet::PubRec(ack) => {
            let accepted = matches!(ack.reason, PubRecReason::Success | PubRecReason::NoMatchingSubscribers);
            Ok(InboundPacket::PubRec {
                pkid: ack.pkid,
                accepted,
            })
        }
        v5::Packet::PubRel(ack) => Ok(InboundPacket::PubRel(ack.pkid)),
        v5::Packet::PubComp(ack) => Ok(InboundPacket::PubComp(ack.pkid)),
        v5::Packet::Subscribe(subscribe) if subscribe.pkid != 0 => {
            let id = match subscribe.properties.and_then(|properties| properties.id) {
                Some(_) => SubscriptionId::Given,
                None => SubscriptionId::None,
            };
            let filters = subscribe.filters.into_iter().map(filter).collect();
            Ok(InboundPacket::Subscribe {
                pkid: subscribe.pkid,
                filters,
                id,
            })
        }
        v5::Packet::Unsubscribe(unsubscribe) if unsubscribe.pkid != 0 && !unsubscribe.filters.is_empty() => {
            Ok(InboundPacket::Unsubscribe {
                pkid: unsubscribe.pkid,
                filters: unsubscribe.filters,
            })
        }
        v5::Packet::PingReq(_) => Ok(InboundPacket::Ping),
        v5::Packet::Disconnect(disconnect) => {
            let with_will = disconnect.reason_code != DisconnectReasonCode::NormalDisconnection;
            let expiry = disconnect
                .properties
                .and_then(|properties| properties.session_expiry_interval);
            Ok(InboundPacket::Disconnect(Disconnect { with_will, expiry }))
        }
        v5::Packet::Subscribe(_) | v5::Packet::Unsubscribe(_) => Err(WireError::Malformed),
        v5::Packet::Auth(_)
        | v5::Packet::Connect(..)
        | v5::Packet::ConnAck(_)
        | v5::Packet::SubAck(_)
        | v5::Packet::UnsubAck(_)
        | v5::Packet::PingResp(_) => Err(WireError::Misplaced),
    }
}

fn short_disconnect(buffer: &mut BytesMut, len: usize) -> Result<InboundPacket, WireError> {
    let frame = buffer.split_to(len);
    let with_will = match frame.get(2) {
        None | Some(0) => false,
        Some(4 | 0x80..) => true,
        Some(_) => return Err(WireError::Malformed),
    };
    Ok(InboundPacket::Disconnect(Disconnect {
        with_will,
        expiry: None,
    }))
}

fn published(publish: v5::Publish) -> Result<InboundPacket, WireError> {
    let properties = publish.properties.unwrap_or_default();
    let aliased = properties.topic_alias.is_some();
    let topic = TopicName::of(publish.topic).ok_or(WireError::Malformed)?;
    let named = sound_topic(topic.as_str()) || (aliased && topic.as_str().is_empty());
    let numbered = !properties.subscription_identifiers.is_empty();
    if !named || numbered || (publish.dup && publish.qos == QoS5::AtMostOnce) {
        return Err(WireError::Malformed);
    }
    let (retain, pkid, payload) = (publish.retain, publish.pkid, publish.payload);
    let expiry = properties.message_expiry_interval;
    Ok(InboundPacket::Publish(Publish {
        qos: qos(publish.qos),
        retain,
        topic,
        pkid,
        payload,
        expiry,
        aliased,
    }))
}

fn filter(filter: v5::Filter) -> TopicFilter {
    let retained = match filter.retain_forward_rule {
        RetainForwardRule::OnEverySubscribe => RetainHandling::Always,
        RetainForwardRule::OnNewSubscribe => RetainHandling::IfNew,
        RetainForwardRule::Never => RetainHandling::Never,
    };
    let (no_local, keep_retain) = (filter.nolocal, filter.preserve_retain);
    TopicFilter {
        path: filter.path,
        qos: filter.qos as u8,
        no_local,
        keep_retain,
        retained,
    }
}

pub(super) fn qos(qos: QoS5) -> QoS {
    match qos {
        QoS5::AtMostOnce => QoS::AtMostOnce,
        QoS5::AtLeastOnce => QoS::AtLeastOnce,
        QoS5::ExactlyOnce => QoS::ExactlyOnce,
    }
}
