//! A device that speaks MQTT 5 byte by byte, for the reasons in its acknowledgements (MQTT 5 §3).
//!
//! It knows just enough to publish with QoS 1 and to send what nobody should.

use crate::{edge::token_of, wait::SOON};
use anyhow::{Context as _, Result, bail, ensure};
use protocol::{
    DeviceId,
    topic::{Leaf, Topic},
};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Reason code "Success" (§2.4).
pub const SUCCESS: u8 = 0;
/// Reason code "Quota exceeded" (§2.4).
pub const QUOTA_EXCEEDED: u8 = 0x97;

const CONNACK: u8 = 0x20;
const PUBACK: u8 = 0x40;
const PACKET_ID: u16 = 7;

/// A connected device.
#[derive(Debug)]
pub struct Mqtt5Client {
    device: DeviceId,
    stream: TcpStream,
}

impl Mqtt5Client {
    /// Connects with its own token.
    pub async fn connect(broker: SocketAddr, device: &DeviceId) -> Result<Self> {
        let mut stream = TcpStream::connect(broker).await.context("connecting")?;
        let mut body = Vec::new();
        text(&mut body, "MQTT")?;
        // Version 5; user name, password, clean start; keep alive 60 s; no properties.
        body.extend_from_slice(&[5, 0xC2, 0, 60, 0]);
        text(&mut body, device.as_str())?;
        text(&mut body, device.as_str())?;
        text(&mut body, &token_of(device))?;
        stream
            .write_all(&packet(0x10, &body))
            .await
            .context("sending CONNECT")?;
        let mut client = Self {
            device: device.clone(),
            stream,
        };
        let (kind, body) = client.receive().await.context("waiting for CONNACK")?;
        ensure!(
            kind == CONNACK && body.get(1) == Some(&SUCCESS),
            "{kind:#x} {body:02x?}"
        );
        Ok(client)
    }

    /// Publishes a fact's payload with QoS 1, and gives the reason in its acknowledgement.
    pub async fn publish(&mut self, payload: &[u8]) -> Result<u8> {
        let own = self.device.clone();
        self.publish_as(&own, payload).await
    }

    /// Publishes under any device's name.
    pub async fn publish_as(&mut self, device: &DeviceId, payload: &[u8]) -> Result<u8> {
        let mut body = Vec::new();
        text(&mut body, &Topic::of(device, Leaf::Fact).to_string())?;
        body.extend_from_slice(&PACKET_ID.to_be_bytes());
        body.push(0);
        body.extend_from_slice(payload);
        self.stream
            .write_all(&packet(0x32, &body))
            .await
            .context("sending PUBLISH")?;
        let (kind, body) = self.receive().await.context("waiting for PUBACK")?;
        ensure!(
            kind == PUBACK && body.get(..2) == Some(PACKET_ID.to_be_bytes().as_slice()),
            "{kind:#x} {body:02x?}"
        );
        Ok(body.get(2).copied().unwrap_or(SUCCESS))
    }

    async fn receive(&mut self) -> Result<(u8, Vec<u8>)> {
        match timeout(SOON, self.read()).await {
            Ok(read) => read,
            Err(_) => bail!("no answer within {SOON:?}"),
        }
    }

    async fn read(&mut self) -> Result<(u8, Vec<u8>)> {
        let kind = self.stream.read_u8().await?;
        let (mut length, mut shift) = (0usize, 0);
        loop {
            let byte = self.stream.read_u8().await?;
            length |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
            ensure!(shift < 28, "a length without an end");
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok((kind & 0xF0, body))
    }
}

/// A whole packet (§2.1).
pub fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut left = body.len();
    loop {
        let low = u8::try_from(left % 128).unwrap_or_default();
        left /= 128;
        bytes.push(if left > 0 { low | 0x80 } else { low });
        if left == 0 {
            break;
        }
    }
    bytes.extend_from_slice(body);
    bytes
}

fn text(body: &mut Vec<u8>, text: &str) -> Result<()> {
    let length = u16::try_from(text.len()).context("a text of MQTT is short")?;
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(text.as_bytes());
    Ok(())
}
