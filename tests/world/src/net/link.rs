//! A proxy in front of one address that bends what passes.
//!
//! Within a connection bytes stay in order, as TCP promises; between connections they overtake each other.

use super::{
    conditions::{Forwarding, NetworkConditions, Upgrades},
    direction::Direction,
};
use crate::{
    http::{MAX_HEAD, Reply},
    port::Port,
    rng::Rng,
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

enum LinkCommand {
    Cut,
    NetworkConditions(Box<NetworkConditions>),
    Upstream(SocketAddr),
}

/// A running proxy. Dropping it ends it and every connection.
#[derive(Debug)]
pub struct LossyProxy {
    address: SocketAddr,
    orders: mpsc::Sender<(LinkCommand, oneshot::Sender<()>)>,
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
    /// Bytes handed on to whoever listens.
    pub bytes_up: u64,
    /// Bytes handed back to whoever connected.
    pub bytes_down: u64,
}

impl LossyProxy {
    /// Starts a proxy in front of `upstream`. `seed` decides every random length and delay.
    pub fn start(upstream: SocketAddr, conditions: NetworkConditions, seed: u64) -> anyhow::Result<Self> {
        let port = Port::open()?;
        let address = port.address();
        let (orders, receiver) = mpsc::channel(16);
        let (counter, counts) = watch::channel(Traffic::default());
        let proxy = Proxy {
            port,
            upstream,
            conditions: watch::Sender::new(conditions),
            rng: Rng::new(seed),
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

    /// Changes the conditions.
    pub async fn set(&self, conditions: NetworkConditions) {
        self.order(LinkCommand::NetworkConditions(Box::new(conditions))).await;
    }

    /// Ends every open connection at once.
    pub async fn cut(&self) {
        self.order(LinkCommand::Cut).await;
    }

    /// Connections to come go elsewhere, e.g. to a restarted program.
    pub async fn lead_to(&self, upstream: SocketAddr) {
        self.order(LinkCommand::Upstream(upstream)).await;
    }

    /// What passed so far.
    pub fn traffic(&self) -> Traffic {
        *self.counts.borrow()
    }

    async fn order(&self, order: LinkCommand) {
        let (done, wait) = oneshot::channel();
        if self.orders.send((order, done)).await.is_ok() && wait.await.is_err() {
            tracing::warn!("the lossy network is gone");
        }
    }
}

struct Proxy {
    port: Port,
    upstream: SocketAddr,
    conditions: watch::Sender<NetworkConditions>,
    rng: Rng,
    counter: watch::Sender<Traffic>,
}

impl Proxy {
    async fn run(mut self, mut orders: mpsc::Receiver<(LinkCommand, oneshot::Sender<()>)>) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.port.accept() => if let Ok(stream) = accepted {
                    self.counter.send_modify(|traffic| traffic.connections += 1);
                    let passage = Passage {
                        upstream: self.upstream,
                        conditions: self.conditions.subscribe(),
                        rng: self.rng.fork(),
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

    async fn carry_out(&mut self, order: LinkCommand, connections: &mut JoinSet<()>) {
        match order {
            LinkCommand::Cut => connections.shutdown().await,
            LinkCommand::Upstream(upstream) => self.upstream = upstream,
            LinkCommand::NetworkConditions(conditions) => {
                let moved = match conditions.forwarding {
                    Forwarding::Refusing => {
                        connections.shutdown().await;
                        self.port.close()
                    }
                    Forwarding::Normal | Forwarding::Swallowing | Forwarding::Stalling => self.port.reopen(),
                };
                if let Err(error) = moved {
                    tracing::warn!(%error, "the lossy network lost its port");
                }
                self.conditions.send_replace(*conditions);
            }
        }
    }
}

struct Passage {
    upstream: SocketAddr,
    conditions: watch::Receiver<NetworkConditions>,
    rng: Rng,
    counter: watch::Sender<Traffic>,
}

impl Passage {
    async fn run(mut self, mut near: TcpStream) {
        let conditions = self.conditions.borrow().clone();
        let mut first = BytesMut::new();
        if conditions.upgrades == Upgrades::Forbidden && refused_upgrade(&mut near, &mut first).await {
            self.counter.send_modify(|traffic| traffic.upgrades_forbidden += 1);
            return;
        }
        let delay = conditions.draw_delay(&mut self.rng);
        let budget = conditions
            .cut_after
            .map(|mean| self.rng.below(mean.saturating_mul(2).max(1)));
        let budget = watch::Sender::new(budget);
        let spent = budget.subscribe();
        if conditions.forwarding == Forwarding::Normal {
            sleep(delay).await;
        }
        let Some(far) = self.connect().await else { return };
        let ((near_reader, near_writer), (far_reader, far_writer)) = (tokio::io::split(near), tokio::io::split(far));
        let up = Direction {
            conditions: self.conditions.clone(),
            rng: self.rng.fork(),
            delay,
            budget: budget.clone(),
            count: (self.counter.clone(), |traffic, bytes| traffic.bytes_up += bytes),
        };
        let down = Direction {
            conditions: self.conditions,
            rng: self.rng.fork(),
            delay,
            budget,
            count: (self.counter, |traffic, bytes| traffic.bytes_down += bytes),
        };
        tokio::select! {
            () = async { tokio::join!(up.run(near_reader, far_writer, first), down.run(far_reader, near_writer, BytesMut::new())); } => {}
            () = exhausted(spent) => {}
        }
    }

    /// Connects once the conditions let anything through; gives up where the other side is not there.
    async fn connect(&mut self) -> Option<TcpStream> {
        self.conditions
            .wait_for(|conditions| conditions.forwarding == Forwarding::Normal)
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
