//! The conversation with all readers on one bus: each in turn, every fiftieth of a second at the soonest.
//!
//! One reader's trouble is said once, and does not keep the others from being heard.

use super::{
    exchange,
    reader_slot::{ReaderSlot, Standing},
    relay::{Order, RelayError},
    settings::{Bus, ReaderSettings},
};
use crate::reader::{Counter, Reader, Said, Side};
use adapter_sdk::{Clock, DriverError, Refused, socket::Dial};
use async_trait::async_trait;
use std::{collections::BTreeMap, convert::Infallible, fmt, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval},
};

/// Time to open the port.
const OPEN: Duration = Duration::from_secs(5);
/// Between two turns of one reader.
const RHYTHM: Duration = Duration::from_millis(50);

/// The readers on one bus, from run to run.
pub(super) struct Readers {
    dial: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
    baud: u32,
    seats: Vec<ReaderSlot>,
    orders: mpsc::Receiver<Order>,
}

impl Readers {
    /// Readers that nobody has spoken to yet. The first one at each side of `outputs` has that output for the gate.
    pub(super) fn new(
        bus: &Bus,
        outputs: &BTreeMap<Side, u8>,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
        orders: mpsc::Receiver<Order>,
    ) -> Self {
        let mut outputs = outputs.clone();
        let reader_slot = |reader: &ReaderSettings| ReaderSlot::new(reader.clone(), outputs.remove(&reader.side));
        Self {
            dial,
            clock,
            baud: bus.target.baud,
            seats: bus.readers.iter().map(reader_slot).collect(),
            orders,
        }
    }

    async fn converse(&mut self, counter: &mut Counter) -> Result<Infallible, DriverError> {
        let doing = "opening the bus";
        let opened = self.dial.dial(Instant::now() + OPEN).await;
        let channel = opened.map_err(|source| DriverError::Lost { doing, source })?;
        let mut line = exchange::Line::new(channel, self.baud);
        self.seats.iter_mut().for_each(ReaderSlot::start_over);
        let mut told = Standing::Unknown;
        let mut rounds = interval(RHYTHM);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                verdict = counter.feedback.recv() => {
                    let verdict = verdict.ok_or(DriverError::Unrecorded(Refused::Stopping))?;
                    self.seats.iter_mut().for_each(|reader_slot| reader_slot.show(verdict));
                }
                Some(order) = self.orders.recv() => {
                    let there = self.seats.iter_mut().find(|reader_slot| reader_slot.relays(order.side));
                    match there {
                        Some(reader_slot) => reader_slot.order(order),
                        None => order.settle(Err(RelayError::Absent)),
                    }
                }
                _ = rounds.tick() => {}
            }
            for reader_slot in &mut self.seats {
                if let Some(credential) = reader_slot.turn(&mut line, &*self.clock).await? {
                    say(counter, Said::Shown(credential)).await?;
                }
            }
            let standing = self.standing();
            if standing != told {
                told = standing;
                match standing {
                    Standing::Unknown => {}
                    Standing::Well => say(counter, Said::Well).await?,
                    Standing::Trouble(word) => say(counter, Said::Trouble(word)).await?,
                }
            }
        }
    }

    /// How all are: nothing before each was asked, then as the first one that is not well.
    fn standing(&self) -> Standing {
        let mut all = self.seats.iter().map(ReaderSlot::standing);
        if all.clone().any(|standing| standing == Standing::Unknown) {
            return Standing::Unknown;
        }
        all.find(|standing| *standing != Standing::Well)
            .unwrap_or(Standing::Well)
    }
}

async fn say(counter: &Counter, said: Said) -> Result<(), DriverError> {
    let over = |_| DriverError::Unrecorded(Refused::Stopping);
    counter.said.send(said).await.map_err(over)
}

/// Without the line and the clock.
impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers")
            .field("seats", &self.seats)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Reader for Readers {
    async fn listen(&mut self, counter: &mut Counter) -> DriverError {
        match self.converse(counter).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }
}
