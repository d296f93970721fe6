//! What the broker writes, either version.
//!
//! Writing fails only where a packet would be longer than MQTT allows, which the limits on payloads and topics rule
//! out; such a packet is left out.

use super::{MqttVersion, QoS, SubscriptionId};
use crate::{outbox::Delivery, topic_access::FilterError};
use bytes::{BufMut, BytesMut};
use rumqttc::{
    mqttbytes::v4,
    v5::mqttbytes::{
        QoS as QoS5,
        v5::{self, ConnAckProperties, ConnectReturnCode, DisconnectReasonCode},
    },
};
use tokio::time::Instant;

/// Why a publication was not taken, or a connection is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReasonCode {
    /// Not this device's to say.
    NotAuthorized,
    /// The disk budget is used up.
    QuotaExceeded,
    /// Not the JSON the topic asks for.
    PayloadFormatInvalid,
    /// The edge cannot take anything now.
    ServerBusy,
    /// The edge is stopping.
    ServerShuttingDown,
    /// Not MQTT.
    Malformed,
    /// MQTT, but not here.
    Protocol,
    /// Nothing was heard for too long.
    KeepAlive,
    /// The device connected again.
    TakenOver,
    /// Its credentials were withdrawn.
    Revoked,
    /// Longer than announced.
    TooLarge,
    /// A topic alias, which was not offered.
    TopicAlias,
}

impl ReasonCode {
    /// The reason code (MQTT 5 §2.4).
    fn code(self) -> u8 {
        let code = match self {
            ReasonCode::NotAuthorized => DisconnectReasonCode::NotAuthorized,
            ReasonCode::QuotaExceeded => DisconnectReasonCode::QuotaExceeded,
            ReasonCode::PayloadFormatInvalid => DisconnectReasonCode::PayloadFormatInvalid,
            ReasonCode::ServerBusy => DisconnectReasonCode::ServerBusy,
            ReasonCode::ServerShuttingDown => DisconnectReasonCode::ServerShuttingDown,
            ReasonCode::Malformed => DisconnectReasonCode::MalformedPacket,
            ReasonCode::Protocol => DisconnectReasonCode::ProtocolError,
            ReasonCode::KeepAlive => DisconnectReasonCode::KeepAliveTimeout,
            ReasonCode::TakenOver => DisconnectReasonCode::SessionTakenOver,
            ReasonCode::Revoked => DisconnectReasonCode::AdministrativeAction,
            ReasonCode::TooLarge => DisconnectReasonCode::PacketTooLarge,
            ReasonCode::TopicAlias => DisconnectReasonCode::TopicAliasInvalid,
        };
        code as u8
    }
}

/// Why a connection is refused (MQTT 3.1.1 §3.2.2.3, MQTT 5 §3.2.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectRefusal {
    /// Neither 3.1.1 nor 5.
    Version,
    /// The client id is no device's.
    ClientId,
    /// Unknown device or wrong token.
    Credentials,
    /// Enhanced authentication is not offered.
    Method,
    /// The will is not the device's to leave.
    Will,
    /// No room.
    Busy,
}

/// The answer to one filter.
pub(crate) type FilterResult = Result<QoS, FilterError>;

/// Writes packets in one connection's version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PacketWriter {
    pub(crate) version: MqttVersion,
    /// Longest packet the device takes, bytes.
    pub(crate) max_packet: usize,
}

/// Whether a connection goes on with a session that was there (MQTT 3.1.1 §3.2.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionPresent {
    Yes,
    No,
}

impl From<bool> for SessionPresent {
    fn from(present: bool) -> Self {
        if present {
            SessionPresent::Yes
        } else {
            SessionPresent::No
        }
    }
}

impl PacketWriter {
    /// The connection stands.
    pub(crate) fn connack(self, out: &mut BytesMut, session: SessionPresent, receive: u16, max_packet: usize) {
        let present = session == SessionPresent::Yes;
        match self.version {
            MqttVersion::V4 => drop(v4::ConnAck::new(v4::ConnectReturnCode::Success, present).write(out)),
            MqttVersion::V5 => {
                let properties = ConnAckProperties {
                    receive_max: Some(receive),
                    max_packet_size: u32::try_from(max_packet).ok(),
                    subscription_identifiers_available: Some(0),
                    shared_subscription_available: Some(0),
                    session_expiry_interval: None,
                    max_qos: None,
                    retain_available: None,
                    assigned_client_identifier: None,
                    topic_alias_max: None,
                    reason_string: None,
                    user_properties: Vec::new(),
                    wildcard_subscription_available: None,
                    server_keep_alive: None,
                    response_information: None,
                    server_reference: None,
                    authentication_method: None,
                    authentication_data: None,
                };
                let code = ConnectReturnCode::Success;
                let ack = v5::ConnAck {
                    session_present: present,
                    code,
                    properties: Some(properties),
                };
                drop(ack.write(out));
            }
        }
    }

    /// The connection is refused.
    pub(crate) fn connack_refused(self, out: &mut BytesMut, why: ConnectRefusal) {
        use v4::ConnectReturnCode as Old;
        let (old, code) = match why {
            ConnectRefusal::Version => (
                Old::RefusedProtocolVersion,
                ConnectReturnCode::UnsupportedProtocolVersion,
            ),
            ConnectRefusal::ClientId => (Old::BadClientId, ConnectReturnCode::ClientIdentifierNotValid),
            ConnectRefusal::Credentials => (Old::BadUserNamePassword, ConnectReturnCode::BadUserNamePassword),
            ConnectRefusal::Method => (Old::NotAuthorized, ConnectReturnCode::BadAuthenticationMethod),
            ConnectRefusal::Will => (Old::NotAuthorized, ConnectReturnCode::NotAuthorized),
            ConnectRefusal::Busy => (Old::ServiceUnavailable, ConnectReturnCode::ServerBusy),
        };
        match self.version {
            MqttVersion::V4 => drop(v4::ConnAck::new(old, false).write(out)),
            MqttVersion::V5 => drop(
                v5::ConnAck {
                    session_present: false,
                    code,
                    properties: None,
                }
                .write(out),
            ),
        }
    }

    /// Says whether a publication was taken. 3.1.1 has no word for "no": its caller ends the connection instead.
    pub(crate) fn publish_ack(self, out: &mut BytesMut, qos: QoS, pkid: u16, refused: Option<ReasonCode>) {
        let first = match qos {
            QoS::AtMostOnce => return,
            QoS::AtLeastOnce => 0x40,
            QoS::ExactlyOnce => 0x50,
        };
        match (refused, self.version) {
            (Some(reason), MqttVersion::V5) => {
                let [high, low] = pkid.to_be_bytes();
                out.put_slice(&[first, 3, high, low, reason.code()]);
            }
            (None, MqttVersion::V5) | (_, MqttVersion::V4) => short(out, first, pkid),
        }
    }

    /// PUBREL.
    pub(crate) fn pubrel(self, out: &mut BytesMut, pkid: u16) {
        short(out, 0x62, pkid);
    }

    /// PUBCOMP.
    pub(crate) fn pubcomp(self, out: &mut BytesMut, pkid: u16) {
        short(out, 0x70, pkid);
    }

    /// SUBACK.
    pub(crate) fn suback(self, out: &mut BytesMut, pkid: u16, granted: &[FilterResult], id: SubscriptionId) {
        match self.version {
            MqttVersion::V4 => {
                let codes = granted.iter().map(|granted| match granted {
                    Ok(qos) => v4::SubscribeReasonCode::Success(*qos),
                    Err(FilterError::Invalid | FilterError::Shared | FilterError::Foreign | FilterError::TooMany) => {
                        v4::SubscribeReasonCode::Failure
                    }
                });
                drop(v4::SubAck::new(pkid, codes.collect()).write(out));
            }
            MqttVersion::V5 => {
                use v5::SubscribeReasonCode as Code;
                let codes = granted.iter().map(|granted| match granted {
                    Err(_) | Ok(_) if id == SubscriptionId::Given => Code::SubscriptionIdNotSupported,
                    Ok(qos) => Code::Success(qos5(*qos)),
                    Err(FilterError::Invalid) => Code::TopicFilterInvalid,
                    Err(FilterError::Shared) => Code::SharedSubscriptionsNotSupported,
                    Err(FilterError::Foreign) => Code::NotAuthorized,
                    Err(FilterError::TooMany) => Code::QuotaExceeded,
                });
                drop(
                    v5::SubAck {
                        pkid,
                        return_codes: codes.collect(),
                        properties: None,
                    }
                    .write(out),
                );
            }
        }
    }

    /// UNSUBACK: one, however many filters, known or not.
    pub(crate) fn unsuback(self, out: &mut BytesMut, pkid: u16, existed: &[bool]) {
        match self.version {
            MqttVersion::V4 => short(out, 0xb0, pkid),
            MqttVersion::V5 => {
                use v5::UnsubAckReason::{NoSubscriptionExisted, Success};
                let reasons = existed
                    .iter()
                    .map(|existed| if *existed { Success } else { NoSubscriptionExisted });
                drop(
                    v5::UnsubAck {
                        pkid,
                        reasons: reasons.collect(),
                        properties: None,
                    }
                    .write(out),
                );
            }
        }
    }

    /// PINGRESP.
    pub(crate) fn pingresp(self, out: &mut BytesMut) {
        out.put_slice(&[0xd0, 0x00]);
    }

    /// DISCONNECT with a reason; 3.1.1 has none, the socket just closes.
    pub(crate) fn disconnect(self, out: &mut BytesMut, reason: ReasonCode) {
        if self.version == MqttVersion::V5 {
            out.put_slice(&[0xe0, 2, reason.code(), 0]);
        }
    }

    /// A publication to the device. `false`: longer than the device takes, left out.
    pub(crate) fn publish(self, out: &mut BytesMut, delivery: &Delivery, pkid: u16, dup: bool) -> bool {
        let (qos, retain) = (delivery.qos, delivery.retain);
        match self.version {
            MqttVersion::V4 => {
                let (topic, payload) = (delivery.topic.to_string(), delivery.payload.clone());
                let publish = v4::Publish {
                    dup,
                    qos,
                    retain,
                    topic,
                    pkid,
                    payload,
                };
                publish.size() <= self.max_packet && publish.write(out).is_ok()
            }
            MqttVersion::V5 => {
                let left = delivery
                    .expires
                    .map(|at| at.saturating_duration_since(Instant::now()).as_secs());
                let properties = left.map(|left| v5::PublishProperties {
                    message_expiry_interval: Some(u32::try_from(left).unwrap_or(u32::MAX).max(1)),
                    ..Default::default()
                });
                let topic = bytes::Bytes::copy_from_slice(delivery.topic.as_bytes());
                let payload = delivery.payload.clone();
                let publish = v5::Publish {
                    dup,
                    qos: qos5(qos),
                    retain,
                    topic,
                    pkid,
                    payload,
                    properties,
                };
                publish.size() <= self.max_packet && publish.write(out).is_ok()
            }
        }
    }
}

/// A packet of type, length two and packet id.
fn short(out: &mut BytesMut, first: u8, pkid: u16) {
    let [high, low] = pkid.to_be_bytes();
    out.put_slice(&[first, 2, high, low]);
}

fn qos5(qos: QoS) -> QoS5 {
    match qos {
        QoS::AtMostOnce => QoS5::AtMostOnce,
        QoS::AtLeastOnce => QoS5::AtLeastOnce,
        QoS::ExactlyOnce => QoS5::ExactlyOnce,
    }
}
