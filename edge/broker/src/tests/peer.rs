//! A client that says exactly what the script says, in bytes, and shows what comes back as text.

use super::TOKEN;
use bytes::BytesMut;
use rumqttc::mqttbytes::{
    QoS,
    v4::{self, Connect, Packet, Publish, Subscribe, SubscribeFilter, Unsubscribe},
};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time,
};

pub(super) trait PeerStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> PeerStream for T {}

pub(super) struct Peer {
    pub(super) stream: Box<dyn PeerStream>,
    buffer: BytesMut,
    welcome: String,
}

impl Peer {
    pub(super) async fn raw(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.expect("connect"))
    }

    pub(super) fn over(stream: impl PeerStream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            buffer: BytesMut::new(),
            welcome: String::new(),
        }
    }

    pub(super) async fn connect(address: SocketAddr, client: &str, alter: impl FnOnce(&mut Connect)) -> Self {
        Self::raw(address).await.sign_in(client, alter).await
    }

    /// Sends a CONNECT and keeps what came back.
    pub(super) async fn sign_in(mut self, client: &str, alter: impl FnOnce(&mut Connect)) -> Self {
        let mut connect = Connect::new(client);
        connect.set_login(client, TOKEN);
        alter(&mut connect);
        self.send(Packet::Connect(connect)).await;
        self.welcome = self.read().await;
        self
    }

    /// `accepted`, `resumed`, or the refusal.
    pub(super) fn connack(&self) -> &str {
        &self.welcome
    }

    pub(super) async fn send(&mut self, packet: Packet) {
        let mut out = BytesMut::new();
        packet.write(&mut out, usize::MAX).expect("encode");
        self.bytes(&out).await;
    }

    pub(super) async fn bytes(&mut self, bytes: &[u8]) {
        // The broker may have closed already; the script sees that when it reads.
        let _ = self.stream.write_all(bytes).await;
        let _ = self.stream.flush().await;
    }

    pub(super) async fn publish(&mut self, topic: &str, qos: u8, pkid: u16, payload: impl Into<Vec<u8>>) {
        self.publish_with(topic, qos, pkid, payload, |_| {}).await;
    }

    pub(super) async fn publish_with(
        &mut self,
        topic: &str,
        qos: u8,
        pkid: u16,
        payload: impl Into<Vec<u8>>,
        alter: impl FnOnce(&mut Publish),
    ) {
        let mut publish = Publish::new(format!("ostona/v1/{topic}"), self::qos(qos), payload);
        publish.pkid = pkid;
        alter(&mut publish);
        self.send(Packet::Publish(publish)).await;
    }

    pub(super) async fn subscribe(&mut self, pkid: u16, filters: &[(&str, u8)]) -> String {
        let filters = filters
            .iter()
            .map(|(path, qos)| SubscribeFilter::new((*path).to_owned(), self::qos(*qos)));
        let mut subscribe = Subscribe::new_many(filters);
        subscribe.pkid = pkid;
        self.send(Packet::Subscribe(subscribe)).await;
        self.read().await
    }

    pub(super) async fn unsubscribe(&mut self, pkid: u16, filters: &[&str]) {
        let topics = filters.iter().map(|filter| (*filter).to_owned()).collect();
        self.send(Packet::Unsubscribe(Unsubscribe { pkid, topics })).await;
    }

    /// The next packet as text; `closed`; or `silent` where nothing comes for five seconds.
    pub(super) async fn read(&mut self) -> String {
        self.read_within(Duration::from_secs(5)).await
    }

    /// The next `count` packets, sorted, where their order is free.
    pub(super) async fn read_some(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        for _ in 0..count {
            texts.push(self.read().await);
        }
        texts.sort();
        texts
    }

    pub(super) async fn read_within(&mut self, within: Duration) -> String {
        match time::timeout(within, self.packet()).await {
            Ok(Some(packet)) => show(packet),
            Ok(None) => "closed".to_owned(),
            Err(_) => "silent".to_owned(),
        }
    }

    /// Whether the broker answers a PINGREQ now, and nothing before it.
    pub(super) async fn ping(&mut self) -> String {
        self.send(Packet::PingReq).await;
        self.read().await
    }

    async fn packet(&mut self) -> Option<Packet> {
        loop {
            match Packet::read(&mut self.buffer, usize::MAX) {
                Ok(packet) => return Some(packet),
                Err(rumqttc::mqttbytes::Error::InsufficientBytes(_)) => {}
                Err(error) => panic!("the broker wrote no MQTT: {error}"),
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// At least `len` raw bytes from the broker, or fewer where it closes.
    pub(super) async fn read_raw(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = self.buffer.split();
        while bytes.len() < len {
            match self.stream.read_buf(&mut bytes).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        bytes.to_vec()
    }

    /// Raw bytes from the broker until it closes.
    pub(super) async fn rest(&mut self) -> Vec<u8> {
        let mut all = self.buffer.split().to_vec();
        let _ = time::timeout(Duration::from_secs(5), self.stream.read_to_end(&mut all)).await;
        all
    }
}

fn qos(qos: u8) -> QoS {
    rumqttc::mqttbytes::qos(qos).expect("qos")
}

fn show(packet: Packet) -> String {
    match packet {
        Packet::ConnAck(ack) => match (ack.code, ack.session_present) {
            (v4::ConnectReturnCode::Success, false) => "accepted".to_owned(),
            (v4::ConnectReturnCode::Success, true) => "resumed".to_owned(),
            (code, _) => format!("refused {code:?}"),
        },
        Packet::Publish(publish) => {
            let topic = publish.topic.trim_start_matches("ostona/v1/");
            let dup = if publish.dup { " dup" } else { "" };
            let retain = if publish.retain { " retain" } else { "" };
            let payload = String::from_utf8_lossy(&publish.payload);
            format!(
                "publish {topic} q{} #{}{dup}{retain} {payload}",
                publish.qos as u8, publish.pkid
            )
        }
        Packet::PubAck(ack) => format!("puback {}", ack.pkid),
        Packet::PubRec(ack) => format!("pubrec {}", ack.pkid),
        Packet::PubRel(ack) => format!("pubrel {}", ack.pkid),
        Packet::PubComp(ack) => format!("pubcomp {}", ack.pkid),
        Packet::SubAck(ack) => {
            let codes: Vec<String> = ack
                .return_codes
                .iter()
                .map(|code| match code {
                    v4::SubscribeReasonCode::Success(qos) => (*qos as u8).to_string(),
                    v4::SubscribeReasonCode::Failure => "no".to_owned(),
                })
                .collect();
            format!("suback {} {}", ack.pkid, codes.join(" "))
        }
        Packet::UnsubAck(ack) => format!("unsuback {}", ack.pkid),
        Packet::PingResp => "pong".to_owned(),
        other @ (Packet::Connect(_)
        | Packet::Subscribe(_)
        | Packet::Unsubscribe(_)
        | Packet::PingReq
        | Packet::Disconnect) => format!("{other:?}"),
    }
}
