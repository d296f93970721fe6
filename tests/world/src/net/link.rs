//! A proxy in front of one address that bends what passes.
//!
//! Within a connection bytes stay in order, as TCP promises; between connections they overtake each other.

use crate::{
    dice::Dice,
    http::{MAX_HEAD, Reply},
    port::Port,
};
use bytes::BytesMut;
use std::{net::SocketAddr, ops::Range, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf},
    net::TcpStream,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

/// Chunks under way per direction; beyond that the sender waits.
const IN_FLIGHT: usize = 64;

/// What happens to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// They are forwarded.
    Forwarding,
    /// New ones are refused, open ones ended.
    Refusing,
    /// They are accepted and read, nothing is forwarded or answered: half open.
    Swallowing,
    /// Nothing more is read or written, nothing is closed.
    Stalling,
}

/// Whether an HTTP connection may become a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upgrades {
    /// As it wishes.
    Passed,
    /// A connection whose first request asks for an upgrade is answered with 403. Plain HTTP only.
    Forbidden,
}

/// How the network is at the moment. It may change at any time and holds for open connections too, but for `upgrades`.
#[derive(Debug, Clone)]
pub struct Weather {
    /// See [`Mood`].
    pub mood: Mood,
    /// One-way delay of a connection's bytes; drawn once per connection, so that connections overtake each other.
    pub delay: Range<Duration>,
    /// Bytes per second in each direction of each connection; none: as fast as it goes.
    pub bandwidth: Option<u64>,
    /// Largest piece that is passed on at once; pieces are of random length up to it.
    pub largest_chunk: usize,
    /// Each connection is cut after a random number of bytes, both directions counted, up to twice this; none: never.
    pub cut_after: Option<u64>,
    /// See [`Upgrades`].
    pub upgrades: Upgrades,
}

impl Default for Weather {
    /// A fair day: everything passes at once.
    fn default() -> Self {
        Self {
            mood: Mood::Forwarding,
            delay: Duration::ZERO..Duration::ZERO,
            bandwidth: None,
            largest_chunk: 64 * 1024,
            cut_after: None,
            upgrades: Upgrades::Passed,
        }
    }
}

enum Order {
    Cut,
    Weather(Box<Weather>),
    Upstream(SocketAddr),
}

/// A running proxy. Dropping it ends it and every connection.
#[derive(Debug)]
pub struct Lossy {
    address: SocketAddr,
    orders: mpsc::Sender<(Order, oneshot::Sender<()>)>,
    counts: watch::Receiver<Traffic>,
    _task: JoinSet<()>,
}

/// What passed so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Connections accepted.
    pub connections: u64,
    /// Upgrades that were answered with 403.
    pub upgrades_forbidden: u64,
}

impl Lossy {
    /// Starts a proxy in front of `upstream`. `seed` decides every random length and delay.
    pub fn start(upstream: SocketAddr, weather: Weather, seed: u64) -> anyhow::Result<Self> {
        let port = Port::open()?;
        let address = port.address();
        let (orders, receiver) = mpsc::channel(16);
        let (counter, counts) = watch::channel(Traffic::default());
        let proxy = Proxy {
            port,
            upstream,
            weather: watch::Sender::new(weather),
            dice: Dice::new(seed),
            counter,
        };
        let mut task = JoinSet::new();
        task.spawn(proxy.run(receiver));
        Ok(Self {
            address,
            orders,
            counts,
            _task: task,
        })
    }

    /// Where to connect to instead.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather.
    pub async fn set(&self, weather: Weather) {
        self.order(Order::Weather(Box::new(weather))).await;
    }

    /// Ends every open connection at once.
    pub async fn cut(&self) {
        self.order(Order::Cut).await;
    }

    /// Connections to come go elsewhere, e.g. to a restarted program.
    pub async fn lead_to(&self, upstream: SocketAddr) {
        self.order(Order::Upstream(upstream)).await;
    }

    /// What passed so far.
    pub fn traffic(&self) -> Traffic {
        *self.counts.borrow()
    }

    async fn order(&self, order: Order) {
        let (done, wait) = oneshot::channel();
        if self.orders.send((order, done)).await.is_ok() && wait.await.is_err() {
            tracing::warn!("the lossy network is gone");
        }
    }
}

struct Proxy {
    port: Port,
    upstream: SocketAddr,
    weather: watch::Sender<Weather>,
    dice: Dice,
    counter: watch::Sender<Traffic>,
}

impl Proxy {
    async fn run(mut self, mut orders: mpsc::Receiver<(Order, oneshot::Sender<()>)>) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.port.accept() => if let Ok(stream) = accepted {
                    self.counter.send_modify(|traffic| traffic.connections += 1);
                    let passage = Passage {
                        upstream: self.upstream,
                        weather: self.weather.subscribe(),
                        dice: self.dice.fork(),
                        counter: self.counter.clone(),
                    };
                    connections.spawn(passage.run(stream));
                },
                order = orders.recv() => {
                    let Some((order, done)) = order else { return };
                    self.carry_out(order, &mut connections).await;
                    let _ = done.send(());
                }
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
            }
        }
    }

    async fn carry_out(&mut self, order: Order, connections: &mut JoinSet<()>) {
        match order {
            Order::Cut => connections.shutdown().await,
            Order::Upstream(upstream) => self.upstream = upstream,
            Order::Weather(weather) => {
                let moved = match weather.mood {
                    Mood::Refusing => {
                        connections.shutdown().await;
                        self.port.close()
                    }
                    Mood::Forwarding | Mood::Swallowing | Mood::Stalling => self.port.reopen(),
                };
                if let Err(error) = moved {
                    tracing::warn!(%error, "the lossy network lost its port");
                }
                self.weather.send_replace(*weather);
            }
        }
    }
}

struct Passage {
    upstream: SocketAddr,
    weather: watch::Receiver<Weather>,
    dice: Dice,
    counter: watch::Sender<Traffic>,
}

impl Passage {
    async fn run(mut self, mut near: TcpStream) {
        let weather = self.weather.borrow().clone();
        let mut first = BytesMut::new();
        if weather.upgrades == Upgrades::Forbidden && refused_upgrade(&mut near, &mut first).await {
            self.counter.send_modify(|traffic| traffic.upgrades_forbidden += 1);
            return;
        }
        let delay = between(&weather.delay, &mut self.dice);
        let budget = weather
            .cut_after
            .map(|mean| self.dice.below(mean.saturating_mul(2).max(1)));
        let budget = watch::Sender::new(budget);
        let spent = budget.subscribe();
        if weather.mood == Mood::Forwarding {
            sleep(delay).await;
        }
        let Some(far) = self.connect().await else { return };
        let ((near_reader, near_writer), (far_reader, far_writer)) = (tokio::io::split(near), tokio::io::split(far));
        let up = Direction {
            weather: self.weather.clone(),
            dice: self.dice.fork(),
            delay,
            budget: budget.clone(),
        };
        let down = Direction {
            weather: self.weather,
            dice: self.dice.fork(),
            delay,
            budget,
        };
        tokio::select! {
            () = async { tokio::join!(up.run(near_reader, far_writer, first), down.run(far_reader, near_writer, BytesMut::new())); } => {}
            () = exhausted(spent) => {}
        }
    }

    /// Connects once the weather lets anything through; gives up where the other side is not there.
    async fn connect(&mut self) -> Option<TcpStream> {
        self.weather
            .wait_for(|weather| weather.mood == Mood::Forwarding)
            .await
            .ok()?;
        let stream = TcpStream::connect(self.upstream).await.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(stream)
    }
}

/// Ends when a connection has had its bytes; never where it has no limit.
async fn exhausted(mut spent: watch::Receiver<Option<u64>>) {
    if spent.wait_for(|budget| *budget == Some(0)).await.is_err() {
        std::future::pending().await
    }
}

fn between(range: &Range<Duration>, dice: &mut Dice) -> Duration {
    let span = u64::try_from(range.end.saturating_sub(range.start).as_micros()).unwrap_or(u64::MAX);
    range.start.saturating_add(Duration::from_micros(dice.below(span)))
}

/// One direction of one connection.
struct Direction {
    weather: watch::Receiver<Weather>,
    dice: Dice,
    delay: Duration,
    budget: watch::Sender<Option<u64>>,
}

impl Direction {
    async fn run(mut self, mut from: ReadHalf<TcpStream>, to: WriteHalf<TcpStream>, first: BytesMut) {
        let (sender, receiver) = mpsc::channel(IN_FLIGHT);
        let weather = self.weather.clone();
        let reading = async move {
            let mut buffer = first;
            loop {
                if self
                    .weather
                    .wait_for(|weather| weather.mood != Mood::Stalling)
                    .await
                    .is_err()
                {
                    return;
                }
                if buffer.is_empty() && !matches!(from.read_buf(&mut buffer).await, Ok(1..)) {
                    return;
                }
                let weather = self.weather.borrow().clone();
                if weather.mood == Mood::Swallowing {
                    buffer.clear();
                    continue;
                }
                let largest = weather.largest_chunk.max(1) as u64;
                let length = usize::try_from(1 + self.dice.below(largest))
                    .unwrap_or(usize::MAX)
                    .min(buffer.len());
                let chunk = buffer.split_to(length);
                if let Some(rate) = weather.bandwidth {
                    sleep(Duration::from_secs_f64(length as f64 / rate.max(1) as f64)).await;
                }
                if sender.send((Instant::now() + self.delay, chunk)).await.is_err() {
                    return;
                }
            }
        };
        tokio::join!(reading, write(receiver, to, weather, self.budget));
    }
}

async fn write(
    mut chunks: mpsc::Receiver<(Instant, BytesMut)>,
    mut to: WriteHalf<TcpStream>,
    mut weather: watch::Receiver<Weather>,
    budget: watch::Sender<Option<u64>>,
) {
    while let Some((due, mut chunk)) = chunks.recv().await {
        sleep_until(due).await;
        match weather
            .wait_for(|weather| weather.mood != Mood::Stalling)
            .await
            .map(|weather| weather.mood)
        {
            Ok(Mood::Forwarding) => {}
            Ok(Mood::Swallowing | Mood::Refusing | Mood::Stalling) => continue,
            Err(_) => return,
        }
        let left = *budget.borrow();
        if let Some(left) = left {
            chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        if to.write_all(&chunk).await.is_err() {
            return;
        }
        budget.send_modify(|left| *left = left.map(|left| left.saturating_sub(chunk.len() as u64)));
    }
    if to.shutdown().await.is_err() {
        tracing::trace!("the other side was gone already");
    }
}

/// Reads a first head; answers it with 403 and says so where it asks for an upgrade.
async fn refused_upgrade(stream: &mut TcpStream, first: &mut BytesMut) -> bool {
    loop {
        if stream.read_buf(first).await.unwrap_or(0) == 0 {
            return false;
        }
        let text = String::from_utf8_lossy(first).to_ascii_lowercase();
        match text.split_once("\r\n\r\n") {
            Some((head, _)) if head.contains("\r\nupgrade: websocket") => {
                let reply =
                    Reply::new(403, "text/plain", "WebSockets are not allowed here\n").with("Connection", "close");
                return stream.write_all(&reply.encode()).await.is_ok();
            }
            Some(_) => return false,
            None if first.len() > MAX_HEAD => return false,
            None => {}
        }
    }
}
