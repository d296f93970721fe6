//! One device: its connection, its packet ids, its delivery log.
//!
//! A number is in the delivery log as `acknowledged` only if its PUBACK was read from the wire.

use super::{DeliveryLog, Load, numbered::report};
use anyhow::{Context as _, bail, ensure};
use bytes::BytesMut;
use protocol::topic::{Leaf, Topic};
use rumqttc::{Connect, ConnectReturnCode, Login, Packet, Publish, QoS, mqttbytes::Error as CodecError};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

/// Largest packet taken or sent, bytes.
const MAX_PACKET: usize = 256 * 1024;
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
const BACKOFF: Duration = Duration::from_millis(50);

/// What the fleet is up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Publishing,
    Draining,
    Stopped,
}

pub(super) struct Client {
    load: Load,
    broker: watch::Receiver<SocketAddr>,
    phase: watch::Receiver<Phase>,
    counter: watch::Sender<u64>,
    delivery_log: DeliveryLog,
    in_flight: BTreeMap<u16, u64>,
    next: u64,
    next_id: u16,
}

enum End {
    Done,
}

impl Client {
    pub(super) fn new(
        load: Load,
        broker: watch::Receiver<SocketAddr>,
        phase: watch::Receiver<Phase>,
        counter: watch::Sender<u64>,
    ) -> Self {
        let delivery_log = DeliveryLog {
            device: load.device.clone(),
            acknowledged: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            reconnects: 0,
            duplicates: 0,
            refusals: BTreeMap::new(),
        };
        let next = load.first;
        Self {
            load,
            broker,
            phase,
            counter,
            delivery_log,
            in_flight: BTreeMap::new(),
            next,
            next_id: 1,
        }
    }

    pub(super) async fn run(mut self) -> DeliveryLog {
        let mut stop = self.phase.clone();
        while !self.is_done() {
            let session = tokio::select! {
                session = self.session() => session,
                _ = stop.wait_for(|phase| *phase == Phase::Stopped) => Ok(End::Done),
            };
            match session {
                Ok(End::Done) => break,
                Err(error) => tracing::debug!(device = %self.load.device, %error, "a session ended"),
            }
            self.delivery_log.reconnects += 1;
            sleep(BACKOFF).await;
        }
        self.delivery_log.doubtful = self.in_flight.values().copied().collect();
        self.delivery_log
    }

    fn is_done(&self) -> bool {
        let limit = self
            .load
            .limit
            .is_some_and(|limit| self.next >= self.load.first.saturating_add(limit));
        let publishes = *self.phase.borrow() == Phase::Publishing && !limit;
        !publishes && self.in_flight.is_empty()
    }

    fn may_publish(&self) -> bool {
        *self.phase.borrow() == Phase::Publishing
            && self.in_flight.len() < self.load.window
            && self
                .load
                .limit
                .is_none_or(|limit| self.next < self.load.first.saturating_add(limit))
    }

    async fn session(&mut self) -> anyhow::Result<End> {
        let broker = *self.broker.borrow();
        let mut wire = Wire::connect(broker).await?;
        wire.send(&[self.hello()]).await?;
        let answer = timeout(CONNECT_PATIENCE, wire.receive())
            .await
            .context("waiting for CONNACK")??;
        let Packet::ConnAck(ack) = answer else {
            bail!("{answer:?} instead of CONNACK")
        };
        if ack.code != ConnectReturnCode::Success {
            *self.delivery_log.refusals.entry(format!("{:?}", ack.code)).or_default() += 1;
            bail!("refused: {:?}", ack.code);
        }
        let again: Vec<Packet> = self
            .in_flight
            .iter()
            .map(|(id, number)| self.publish(*id, *number, PublishState::Again))
            .collect::<Result<_, _>>()?;
        self.delivery_log.duplicates += again.len() as u64;
        wire.send(&again).await?;
        self.converse(&mut wire).await
    }

    async fn converse(&mut self, wire: &mut Wire) -> anyhow::Result<End> {
        let mut due = Instant::now();
        let mut ping = Instant::now() + KEEP_ALIVE / 2;
        loop {
            let mut fresh = Vec::new();
            while self.may_publish() && Instant::now() >= due {
                let id = self.take_id();
                fresh.push(self.publish(id, self.next, PublishState::First)?);
                self.in_flight.insert(id, self.next);
                self.next += 1;
                if let Some(pace) = self.load.pace {
                    due = Instant::now() + pace;
                }
            }
            wire.send(&fresh).await?;
            if self.is_done() {
                wire.send(&[Packet::Disconnect]).await?;
                return Ok(End::Done);
            }
            tokio::select! {
                packet = wire.receive() => self.take(packet?)?,
                () = sleep_until(due), if self.may_publish() => {}
                changed = self.phase.changed() => changed.context("the fleet is gone")?,
                () = sleep_until(ping) => {
                    wire.send(&[Packet::PingReq]).await?;
                    ping = Instant::now() + KEEP_ALIVE / 2;
                }
            }
        }
    }

    fn take(&mut self, packet: Packet) -> anyhow::Result<()> {
        let Packet::PubAck(ack) = packet else {
            ensure!(packet == Packet::PingResp, "{packet:?} to a device that only publishes");
            return Ok(());
        };
        if let Some(number) = self.in_flight.remove(&ack.pkid) {
            self.delivery_log.acknowledged.insert(number);
            self.counter.send_modify(|count| *count += 1);
        }
        Ok(())
    }

    fn hello(&self) -> Packet {
        let mut connect = Connect::new(self.load.device.as_str());
        connect.clean_session = false;
        connect.keep_alive = u16::try_from(KEEP_ALIVE.as_secs()).unwrap_or(u16::MAX);
        connect.login = Some(Login {
            username: self.load.device.as_str().to_owned(),
            password: self.load.password.clone(),
        });
        Packet::Connect(connect)
    }

    fn publish(&self, id: u16, number: u64, sending: PublishState) -> anyhow::Result<Packet> {
        let topic = Topic::of(&self.load.device, Leaf::Fact).to_string();
        let payload = report(&self.load.device, number, self.load.payload).context("writing a report")?;
        let mut publish = Publish::new(topic, QoS::AtLeastOnce, payload);
        publish.pkid = id;
        publish.dup = sending == PublishState::Again;
        Ok(Packet::Publish(publish))
    }

    /// A packet id that is not in flight.
    fn take_id(&mut self) -> u16 {
        loop {
            let id = self.next_id;
            self.next_id = self.next_id.checked_add(1).unwrap_or(1);
            if !self.in_flight.contains_key(&id) {
                return id;
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PublishState {
    First,
    Again,
}

/// A connection that carries packets.
struct Wire {
    stream: TcpStream,
    unread: BytesMut,
}

impl Wire {
    async fn connect(broker: SocketAddr) -> anyhow::Result<Self> {
        let stream = timeout(CONNECT_PATIENCE, TcpStream::connect(broker))
            .await
            .context("connecting")?
            .context("connecting")?;
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        Ok(Self {
            stream,
            unread: BytesMut::new(),
        })
    }

    async fn send(&mut self, packets: &[Packet]) -> anyhow::Result<()> {
        let mut bytes = BytesMut::new();
        for packet in packets {
            packet.write(&mut bytes, MAX_PACKET).context("encoding a packet")?;
        }
        self.stream.write_all(&bytes).await.context("sending")
    }

    /// The next packet. May be dropped while it waits: what was read stays.
    async fn receive(&mut self) -> anyhow::Result<Packet> {
        loop {
            match Packet::read(&mut self.unread, MAX_PACKET) {
                Ok(packet) => return Ok(packet),
                Err(CodecError::InsufficientBytes(_)) => {}
                Err(error) => return Err(error).context("reading a packet"),
            }
            if self.stream.read_buf(&mut self.unread).await.context("receiving")? == 0 {
                bail!("the broker closed the connection");
            }
        }
    }
}
