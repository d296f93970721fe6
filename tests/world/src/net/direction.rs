//! One direction of one connection: read, hold back, pass on.
//!
//! Bytes leave in the order in which they came, and unaltered.

use super::{
    conditions::{Forwarding, NetworkConditions},
    link::Traffic,
};
use crate::rng::Rng;
use bytes::BytesMut;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf},
    net::TcpStream,
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

/// Chunks under way; beyond that the sender waits.
const IN_FLIGHT: usize = 64;
/// A piece, and when it is due at the other side.
type Chunk = (Instant, BytesMut);

/// A count, and how bytes of one direction are added to it.
pub(super) type ByteCount = (watch::Sender<Traffic>, fn(&mut Traffic, u64));

/// One direction.
pub(super) struct Direction {
    pub(super) conditions: watch::Receiver<NetworkConditions>,
    pub(super) rng: Rng,
    pub(super) delay: Duration,
    /// Bytes until the connection is cut, shared by both directions.
    pub(super) budget: watch::Sender<Option<u64>>,
    /// Where the bytes that were passed on are counted, and how.
    pub(super) count: ByteCount,
}

impl Direction {
    /// Passes on until `from` ends; `first` was read before.
    pub(super) async fn run(self, from: ReadHalf<TcpStream>, to: WriteHalf<TcpStream>, first: BytesMut) {
        let (sender, receiver) = mpsc::channel(IN_FLIGHT);
        let (conditions, budget, count) = (self.conditions.clone(), self.budget.clone(), self.count.clone());
        tokio::join!(
            self.read(from, sender, first),
            write(receiver, to, conditions, (budget, count))
        );
    }

    async fn read(mut self, mut from: ReadHalf<TcpStream>, sender: mpsc::Sender<Chunk>, mut buffer: BytesMut) {
        loop {
            let moving = self
                .conditions
                .wait_for(|conditions| conditions.forwarding != Forwarding::Stalling);
            if moving.await.is_err() {
                return;
            }
            if buffer.is_empty() && !matches!(from.read_buf(&mut buffer).await, Ok(1..)) {
                return;
            }
            let conditions = self.conditions.borrow().clone();
            if conditions.forwarding == Forwarding::Swallowing {
                buffer.clear();
                continue;
            }
            let largest = conditions.largest_chunk.max(1) as u64;
            let length = usize::try_from(1 + self.rng.below(largest)).unwrap_or(usize::MAX);
            let chunk = buffer.split_to(length.min(buffer.len()));
            if let Some(rate) = conditions.bandwidth {
                sleep(Duration::from_secs_f64(chunk.len() as f64 / rate.max(1) as f64)).await;
            }
            if sender.send((Instant::now() + self.delay, chunk)).await.is_err() {
                return;
            }
        }
    }
}

async fn write(
    mut chunks: mpsc::Receiver<Chunk>,
    mut to: WriteHalf<TcpStream>,
    mut conditions: watch::Receiver<NetworkConditions>,
    (budget, (counter, count)): (watch::Sender<Option<u64>>, ByteCount),
) {
    while let Some((due, mut chunk)) = chunks.recv().await {
        sleep_until(due).await;
        match conditions
            .wait_for(|conditions| conditions.forwarding != Forwarding::Stalling)
            .await
            .map(|conditions| conditions.forwarding)
        {
            Ok(Forwarding::Normal) => {}
            Ok(Forwarding::Swallowing | Forwarding::Refusing | Forwarding::Stalling) => continue,
            Err(_) => return,
        }
        let left = *budget.borrow();
        if let Some(left) = left {
            chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        if to.write_all(&chunk).await.is_err() {
            return;
        }
        counter.send_modify(|traffic| count(traffic, chunk.len() as u64));
        budget.send_modify(|left| *left = left.map(|left| left.saturating_sub(chunk.len() as u64)));
    }
    if to.shutdown().await.is_err() {
        tracing::trace!("the other side was gone already");
    }
}
