//! The first packet of a connection, either version.
//!
//! Whether the device may come in is decided elsewhere.

use super::{MqttVersion, QoS, WireError, frame, v5::qos};
use bytes::{Bytes, BytesMut};
use rumqttc::{mqttbytes::v4, v5::mqttbytes::v5};

/// A CONNECT.
#[derive(Clone, PartialEq)]
pub(crate) struct Connect {
    pub(crate) version: MqttVersion,
    pub(crate) client: String,
    /// Begin without the former session.
    pub(crate) clean: bool,
    /// Seconds; zero: none.
    pub(crate) keep_alive: u16,
    /// How long the session outlives the connection, seconds; `u32::MAX`: for ever.
    pub(crate) expiry: u32,
    /// How many publications may be unacknowledged towards the device.
    pub(crate) window: u16,
    /// Longest packet the device takes, bytes.
    pub(crate) max_packet: Option<u32>,
    pub(crate) will: Option<Will>,
    pub(crate) user: String,
    pub(crate) password: String,
    /// It asks for enhanced authentication, which is not offered.
    pub(crate) enhanced: bool,
}

/// What to publish for a device that left without a word.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Will {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    /// Seconds the device has to come back (MQTT 5).
    pub(crate) delay: u32,
    /// Seconds it is worth delivering (MQTT 5).
    pub(crate) expiry: Option<u32>,
}

/// Takes the CONNECT off the front of `buffer`; `None`: more bytes are needed.
pub(crate) fn read_connect(buffer: &mut BytesMut, max: usize) -> Result<Option<Connect>, WireError> {
    // A socket that speaks something else is told from one that speaks slowly by its first byte.
    if buffer.first().is_some_and(|first| *first != 0x10) {
        return Err(WireError::Malformed);
    }
    let Some(len) = frame(buffer, max)? else {
        return Ok(None);
    };
    let packet = buffer.split_to(len);
    match level(&packet)? {
        4 => read_v4(packet, max).map(Some),
        5 => read_v5(packet, max).map(Some),
        other => Err(WireError::Level(other)),
    }
}

/// The protocol level of a whole CONNECT.
fn level(packet: &[u8]) -> Result<u8, WireError> {
    let length_bytes = packet.iter().skip(1).take_while(|byte| **byte & 0x80 != 0).count() + 1;
    let variable = packet.get(1 + length_bytes..).ok_or(WireError::Malformed)?;
    match variable {
        [0, 4, b'M', b'Q', b'T', b'T', level, flags, ..] if flags & 1 == 0 => Ok(*level),
        [0, 6, b'M', b'Q', b'I', b's', b'd', b'p', level, ..] => Err(WireError::Level(*level)),
        _ => Err(WireError::Malformed),
    }
}

fn read_v4(mut packet: BytesMut, max: usize) -> Result<Connect, WireError> {
    let v4::Packet::Connect(connect) = v4::Packet::read(&mut packet, max).map_err(|_| WireError::Malformed)? else {
        return Err(WireError::Malformed);
    };
    let login = connect.login.unwrap_or(v4::Login {
        username: String::new(),
        password: String::new(),
    });
    let will = connect.last_will.map(|will| Will {
        topic: will.topic,
        payload: will.message,
        qos: will.qos,
        retain: will.retain,
        delay: 0,
        expiry: None,
    });
    Ok(Connect {
        version: MqttVersion::V4,
        client: connect.client_id,
        clean: connect.clean_session,
        keep_alive: connect.keep_alive,
        expiry: if connect.clean_session { 0 } else { u32::MAX },
        window: u16::MAX,
        max_packet: None,
        will,
        user: login.username,
        password: login.password,
        enhanced: false,
    })
}

fn read_v5(mut packet: BytesMut, max: usize) -> Result<Connect, WireError> {
    let max = u32::try_from(max).unwrap_or(u32::MAX);
    let read = v5::Packet::read(&mut packet, Some(max)).map_err(|_| WireError::Malformed)?;
    let v5::Packet::Connect(connect, will, login) = read else {
        return Err(WireError::Malformed);
    };
    let login = login.unwrap_or(v5::Login {
        username: String::new(),
        password: String::new(),
    });
    let properties = connect.properties.unwrap_or_default();
    if properties.receive_maximum == Some(0) || properties.max_packet_size == Some(0) {
        return Err(WireError::Malformed);
    }
    Ok(Connect {
        version: MqttVersion::V5,
        client: connect.client_id,
        clean: connect.clean_start,
        keep_alive: connect.keep_alive,
        expiry: properties.session_expiry_interval.unwrap_or(0),
        window: properties.receive_maximum.unwrap_or(u16::MAX),
        max_packet: properties.max_packet_size,
        will: will.map(will_of_v5).transpose()?,
        user: login.username,
        password: login.password,
        enhanced: properties.authentication_method.is_some(),
    })
}

fn will_of_v5(will: v5::LastWill) -> Result<Will, WireError> {
    let topic = String::from_utf8(will.topic.into()).map_err(|_| WireError::Malformed)?;
    let delay = will
        .properties
        .as_ref()
        .and_then(|properties| properties.delay_interval)
        .unwrap_or(0);
    let expiry = will
        .properties
        .and_then(|properties| properties.message_expiry_interval);
    Ok(Will {
        topic,
        payload: will.message,
        qos: qos(will.qos),
        retain: will.retain,
        delay,
        expiry,
    })
}
