//! A proxy in front of one address that bends what passes.
//!
//! Within a connection bytes stay in order, as TCP promises; between connections they overtake each other.

use super::{
    direction::Direction,
    weather::{Mood, Upgrades, Weather},
};
use crate::{
    dice::Dice,
    http::{MAX_HEAD, Reply},
    port::Port,
};
use bytes::BytesMut;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::sleep,
};

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
        let delay = weather.draw_delay(&mut self.dice);
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
