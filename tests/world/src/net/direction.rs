//! One direction of one connection: read, hold back, pass on.
//!
//! Bytes leave in the order in which they came, and unaltered.

use super::weather::{Mood, Weather};
use crate::dice::Dice;
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

/// One direction.
pub(super) struct Direction {
    pub(super) weather: watch::Receiver<Weather>,
    pub(super) dice: Dice,
    pub(super) delay: Duration,
    /// Bytes until the connection is cut, shared by both directions.
    pub(super) budget: watch::Sender<Option<u64>>,
}

impl Direction {
    /// Passes on until `from` ends; `first` was read before.
    pub(super) async fn run(self, from: ReadHalf<TcpStream>, to: WriteHalf<TcpStream>, first: BytesMut) {
        let (sender, receiver) = mpsc::channel(IN_FLIGHT);
        let (weather, budget) = (self.weather.clone(), self.budget.clone());
        tokio::join!(self.read(from, sender, first), write(receiver, to, weather, budget));
    }

    async fn read(mut self, mut from: ReadHalf<TcpStream>, sender: mpsc::Sender<Chunk>, mut buffer: BytesMut) {
        loop {
            let moving = self.weather.wait_for(|weather| weather.mood != Mood::Stalling);
            if moving.await.is_err() {
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
            let length = usize::try_from(1 + self.dice.below(largest)).unwrap_or(usize::MAX);
            let chunk = buffer.split_to(length.min(buffer.len()));
            if let Some(rate) = weather.bandwidth {
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
