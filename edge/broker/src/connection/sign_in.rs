//! The CONNECT of a connection: who is it, and may it come in?
//!
//! The client id is the device id; the password is the device's token. Nothing else is believed.

use crate::{
    context::BrokerContext,
    credentials::DeviceTokenHash,
    topic_access::TopicAccess,
    wire::{Connect, ConnectRefusal, MqttVersion, PacketWriter, WireError, read_connect},
};
use bytes::BytesMut;
use protocol::DeviceId;
use std::net::IpAddr;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time,
};

/// A device that may come in.
pub(super) struct AuthenticatedDevice {
    pub(super) device: DeviceId,
    /// What let it in: once this is no longer its token, it must leave.
    pub(super) hash: DeviceTokenHash,
    pub(super) connect: Connect,
}

/// Reads the CONNECT and checks it. `None`: the device was told no, or was no MQTT client, or too slow.
pub(super) async fn sign_in<S>(
    stream: &mut S,
    buffer: &mut BytesMut,
    context: &BrokerContext,
    ip: IpAddr,
) -> Option<AuthenticatedDevice>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let read = time::timeout(
        context.limits.connect,
        first_packet(stream, buffer, context.limits.connect_bytes),
    )
    .await;
    let connect = match read {
        Ok(Ok(connect)) => connect?,
        Ok(Err(WireError::Level(level))) => {
            tracing::debug!(%ip, level, "a client speaks another MQTT");
            refuse(stream, MqttVersion::V4, ConnectRefusal::Version).await;
            return None;
        }
        Ok(Err(error)) => {
            let reason = match error {
                WireError::TooLong(_) => "too_long",
                WireError::Malformed | WireError::Misplaced | WireError::Level(_) => "malformed",
            };
            context.audit_log.sign_in_failed(ip, None, reason);
            tracing::debug!(%ip, %error, "no CONNECT");
            return None;
        }
        Err(_) => {
            tracing::debug!(%ip, "no CONNECT in time");
            return None;
        }
    };
    match admit(&connect, context) {
        Ok((device, hash)) => Some(AuthenticatedDevice { device, hash, connect }),
        Err((why, device)) => {
            let reason = match why {
                ConnectRefusal::ClientId => "client_id",
                ConnectRefusal::Credentials => "wrong_password",
                ConnectRefusal::Method => "method",
                ConnectRefusal::Will => "will",
                ConnectRefusal::Version | ConnectRefusal::Busy => "refused",
            };
            context.audit_log.sign_in_failed(ip, device.as_ref(), reason);
            time::sleep(context.admission.failed(ip)).await;
            refuse(stream, connect.version, why).await;
            None
        }
    }
}

/// Whom it may come in as, and by which token; or why not, and which known device it claims to be.
fn admit(
    connect: &Connect,
    context: &BrokerContext,
) -> Result<(DeviceId, DeviceTokenHash), (ConnectRefusal, Option<DeviceId>)> {
    let device: DeviceId = connect
        .client
        .as_str()
        .parse()
        .map_err(|_| (ConnectRefusal::ClientId, None))?;
    let credentials = context.credentials.borrow().clone();
    let known = credentials.hash_of(&device).map(|_| device.clone());
    if connect.enhanced {
        return Err((ConnectRefusal::Method, known));
    }
    let user = connect.user.as_str();
    let named = user.is_empty() || user == device.as_str();
    let Some(hash) = credentials.admit(&device, connect.password.as_str()).filter(|_| named) else {
        return Err((ConnectRefusal::Credentials, known));
    };
    if let Some(will) = &connect.will {
        let allowed = TopicAccess::of(&device).publish(will.topic.as_str()).is_some();
        if !allowed || will.payload.len() > context.limits.payload_bytes {
            return Err((ConnectRefusal::Will, known));
        }
    }
    Ok((device, hash))
}

async fn first_packet<S>(stream: &mut S, buffer: &mut BytesMut, max: usize) -> Result<Option<Connect>, WireError>
where
    S: AsyncRead + Unpin,
{
    loop {
        if let Some(connect) = read_connect(buffer, max)? {
            return Ok(Some(connect));
        }
        match stream.read_buf(buffer).await {
            Ok(0) | Err(_) => return Ok(None),
            Ok(_) => {}
        }
    }
}

pub(super) async fn refuse<S: AsyncWrite + Unpin>(stream: &mut S, version: MqttVersion, why: ConnectRefusal) {
    let mut out = BytesMut::new();
    PacketWriter {
        version,
        max_packet: usize::MAX,
    }
    .connack_refused(&mut out, why);
    let _ = stream.write_all(&out).await;
    let _ = stream.shutdown().await;
}
