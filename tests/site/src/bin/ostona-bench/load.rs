//! MQTT 3.1.1 clients that publish with QoS 1 as fast as a window of unacknowledged publications lets them.
//!
//! Frames are made once and only their packet ids change: the clients must never be what is measured.

use anyhow::{Context as _, Result, bail, ensure};
use bytes::BytesMut;
use protocol::{
    DeviceId,
    topic::{Leaf, Topic},
};
use rumqttc::{Connect, Login, Packet, Publish, QoS};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tests_site::edge::token_of;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

/// A PUBACK (MQTT 3.1.1 §3.4): type, length 2, packet id.
pub(crate) const PUBACK: usize = 4;
const LARGEST: usize = 64 << 10;
const PATIENCE: Duration = Duration::from_secs(20);

/// How many clients, and how much each may have in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Clients.
    pub(crate) clients: usize,
    /// Unacknowledged publications of each.
    pub(crate) in_flight: u16,
}

/// Clients at work. Dropping them ends them.
#[derive(Debug)]
pub(crate) struct LoadClients {
    acknowledged: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    clients: JoinSet<Result<()>>,
}

impl LoadClients {
    /// Connects one client for each device of the shape and lets them publish `payload` of their device on `leaf`.
    pub(crate) async fn begin(
        broker: SocketAddr,
        devices: &[DeviceId],
        shape: Shape,
        leaf: Leaf,
        payload: impl Fn(&DeviceId) -> Result<Vec<u8>>,
    ) -> Result<Self> {
        let mut volley = Self {
            acknowledged: Arc::default(),
            over: Arc::default(),
            clients: JoinSet::new(),
        };
        ensure!(devices.len() >= shape.clients, "{} devices are too few", devices.len());
        let mut streams = Vec::new();
        for device in devices.iter().take(shape.clients) {
            let frame = Frame::new(device, leaf, payload(device)?)?;
            streams.push((connect(broker, device).await?, frame));
        }
        for (stream, frame) in streams {
            let (acknowledged, over) = (Arc::clone(&volley.acknowledged), Arc::clone(&volley.over));
            volley
                .clients
                .spawn(publish(stream, frame, shape.in_flight, acknowledged, over));
        }
        Ok(volley)
    }

    /// Acknowledgements so far.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Relaxed)
    }

    /// Acknowledgements per second over the next `length`.
    pub(crate) async fn rate(&mut self, length: Duration) -> Result<f64> {
        let (before, began) = (self.acknowledged(), Instant::now());
        tokio::select! {
            () = sleep(length) => {}
            Some(ended) = self.clients.join_next() => {
                ended.context("a client broke down")??;
                bail!("a client ended by itself");
            }
        }
        Ok((self.acknowledged() - before) as f64 / began.elapsed().as_secs_f64())
    }

    /// Waits until so many were acknowledged.
    pub(crate) async fn reaches(&mut self, count: u64) -> Result<()> {
        while self.acknowledged() < count {
            self.rate(Duration::from_millis(50)).await?;
        }
        Ok(())
    }

    /// Publishes nothing more and waits for what is in flight.
    pub(crate) async fn end(mut self) -> Result<u64> {
        self.over.store(true, Relaxed);
        while let Some(ended) = self.clients.join_next().await {
            ended.context("a client broke down")??;
        }
        Ok(self.acknowledged())
    }
}

/// A PUBLISH, ready but for its packet id.
#[derive(Debug)]
pub(crate) struct Frame {
    bytes: Vec<u8>,
    id_at: usize,
}

impl Frame {
    /// A publication of `payload` on the device's own topic.
    pub(crate) fn new(device: &DeviceId, leaf: Leaf, payload: Vec<u8>) -> Result<Self> {
        let mut bytes = BytesMut::new();
        let len = payload.len();
        let mut publish = Publish::new(Topic::of(device, leaf).to_string(), QoS::AtLeastOnce, payload);
        publish.pkid = 1;
        publish.write(&mut bytes).context("encoding a publication")?;
        let id_at = bytes
            .len()
            .checked_sub(len + 2)
            .context("a publication without a packet id")?;
        Ok(Self {
            bytes: bytes.to_vec(),
            id_at,
        })
    }

    /// Appends it under a packet id.
    pub(crate) fn write(&self, out: &mut Vec<u8>, id: [u8; 2]) {
        let at = out.len() + self.id_at;
        out.extend_from_slice(&self.bytes);
        if let Some(place) = out.get_mut(at..at + 2) {
            place.copy_from_slice(&id);
        }
    }
}

/// A client that is signed in.
pub(crate) async fn connect(broker: SocketAddr, device: &DeviceId) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(broker).await.context("connecting")?;
    stream.set_nodelay(true).context("setting TCP_NODELAY")?;
    let mut connect = Connect::new(device.as_str());
    connect.clean_session = true;
    connect.keep_alive = 0;
    connect.login = Some(Login {
        username: device.as_str().to_owned(),
        password: token_of(device),
    });
    let mut bytes = BytesMut::new();
    Packet::Connect(connect)
        .write(&mut bytes, LARGEST)
        .context("encoding CONNECT")?;
    stream.write_all(&bytes).await.context("sending CONNECT")?;
    let mut answer = [0; 4];
    timeout(PATIENCE, stream.read_exact(&mut answer))
        .await
        .context("waiting for CONNACK")??;
    let [kind, _, _, code] = answer;
    ensure!(kind == 0x20 && code == 0, "{device} was not welcomed: {answer:02x?}");
    Ok(stream)
}

async fn publish(
    mut stream: TcpStream,
    frame: Frame,
    in_flight: u16,
    acknowledged: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
) -> Result<()> {
    let mut out = Vec::new();
    (1..=in_flight).for_each(|id| frame.write(&mut out, id.to_be_bytes()));
    let mut waiting = usize::from(in_flight);
    let mut read = BytesMut::with_capacity(LARGEST);
    loop {
        stream.write_all(&out).await.context("publishing")?;
        if waiting == 0 {
            return Ok(());
        }
        out.clear();
        ensure!(
            stream.read_buf(&mut read).await.context("reading")? > 0,
            "the broker closed the connection"
        );
        let done = over.load(Relaxed);
        let acks = read.len() / PUBACK;
        for ack in read.split_to(acks * PUBACK).chunks_exact(PUBACK) {
            let &[0x40, 2, high, low] = ack else {
                bail!("{ack:02x?} instead of PUBACK")
            };
            if done {
                waiting -= 1;
            } else {
                frame.write(&mut out, [high, low]);
            }
        }
        acknowledged.fetch_add(acks as u64, Relaxed);
    }
}
