//! MQTT 3.1.1 packets from rumqttc's codec.
//!
//! The caller has checked that a whole packet is there and that its flags are sound.

use super::{Disconnect, Filter, Inbound, Publish, Retained, WireError, sound_topic};
use bytes::BytesMut;
use rumqttc::mqttbytes::{QoS, v4};

pub(super) fn read(buffer: &mut BytesMut, kind: u8, max: usize) -> Result<Inbound, WireError> {
    // 3.1.1 §3.12, §3.14: PINGREQ and DISCONNECT are empty; the codec does not look.
    if matches!(kind, 12 | 14) && buffer.get(1) != Some(&0) {
        return Err(WireError::Malformed);
    }
    match v4::Packet::read(buffer, max).map_err(|_| WireError::Malformed)? {
        v4::Packet::Publish(publish) => published(publish),
        v4::Packet::PubAck(ack) => Ok(Inbound::PubAck(ack.pkid)),
        v4::Packet::PubRec(ack) => Ok(Inbound::PubRec {
            pkid: ack.pkid,
            accepted: true,
        }),
        v4::Packet::PubRel(ack) => Ok(Inbound::PubRel(ack.pkid)),
        v4::Packet::PubComp(ack) => Ok(Inbound::PubComp(ack.pkid)),
        v4::Packet::Subscribe(subscribe) if subscribe.pkid != 0 => {
            let filters = subscribe.filters.into_iter().map(filter).collect();
            Ok(Inbound::Subscribe {
                pkid: subscribe.pkid,
                filters,
                numbered: false,
            })
        }
        v4::Packet::Unsubscribe(unsubscribe) if unsubscribe.pkid != 0 && !unsubscribe.topics.is_empty() => {
            Ok(Inbound::Unsubscribe {
                pkid: unsubscribe.pkid,
                filters: unsubscribe.topics,
            })
        }
        v4::Packet::PingReq => Ok(Inbound::Ping),
        v4::Packet::Disconnect => Ok(Inbound::Disconnect(Disconnect {
            with_will: false,
            expiry: None,
        })),
        v4::Packet::Subscribe(_) | v4::Packet::Unsubscribe(_) => Err(WireError::Malformed),
        v4::Packet::Connect(_)
        | v4::Packet::ConnAck(_)
        | v4::Packet::SubAck(_)
        | v4::Packet::UnsubAck(_)
        | v4::Packet::PingResp => Err(WireError::Misplaced),
    }
}

fn published(publish: v4::Publish) -> Result<Inbound, WireError> {
    if !sound_topic(&publish.topic) || (publish.dup && publish.qos == QoS::AtMostOnce) {
        return Err(WireError::Malformed);
    }
    let v4::Publish {
        qos,
        retain,
        topic,
        pkid,
        payload,
        ..
    } = publish;
    Ok(Inbound::Publish(Publish {
        qos,
        retain,
        topic,
        pkid,
        payload,
        expiry: None,
        aliased: false,
    }))
}

fn filter(filter: v4::SubscribeFilter) -> Filter {
    let qos = filter.qos as u8;
    Filter {
        path: filter.path,
        qos,
        no_local: false,
        keep_retain: false,
        retained: Retained::Always,
    }
}
