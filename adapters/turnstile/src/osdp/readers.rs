//! The conversation with all readers on one bus: each in turn, every fiftieth of a second at the soonest.
//!
//! One reader's trouble is said once, and does not keep the others from being heard.

use super::{
    exchange,
    reader_outputs::{OutputError, OutputOrder, ReaderOutputs, relay},
    reader_slot::{ReaderHealth, ReaderSlot},
    settings::{OsdpBusSettings, ReaderSettings},
};
use crate::reader::{CardReader, ReaderChannel, ReaderEvent, Side};
use adapter_sdk::{Clock, DriverError, Line, ReportError, socket::Connector};
use async_trait::async_trait;
use std::{collections::BTreeMap, convert::Infallible, fmt, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval},
};

/// Time to open the port.
const OPEN: Duration = Duration::from_secs(5);
/// Between two turns of one reader.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The readers on one bus, from run to run.
pub(crate) struct OsdpReaders {
    dial: Arc<dyn Connector>,
    clock: Arc<dyn Clock>,
    baud: u32,
    slots: Vec<ReaderSlot>,
    orders: mpsc::Receiver<OutputOrder>,
}

impl OsdpReaders {
    /// The readers of a bus, on the line given, and the way to their own outputs: those of the first reader at each side
    /// of `outputs`. Nobody has spoken to them yet.
    pub(crate) fn new(
        bus: &OsdpBusSettings,
        line: Line,
        clock: Arc<dyn Clock>,
        outputs: &BTreeMap<Side, u8>,
    ) -> Result<(Self, ReaderOutputs), DriverError> {
        let dial = line.socket()?;
        let sides = bus.sides().into_iter().filter(|side| outputs.contains_key(side));
        let (relay, orders) = relay(sides.collect());
        let mut outputs = outputs.clone();
        let reader_slot = |reader: &ReaderSettings| ReaderSlot::new(reader.clone(), outputs.remove(&reader.side));
        let readers = Self {
            dial,
            clock,
            baud: bus.target.baud,
            slots: bus.readers.iter().map(reader_slot).collect(),
            orders,
        };
        Ok((readers, relay))
    }

    async fn converse(&mut self, counter: &mut ReaderChannel) -> Result<Infallible, DriverError> {
        let doing = "opening the bus";
        let opened = self.dial.dial(Instant::now() + OPEN).await;
        let channel = opened.map_err(|source| DriverError::Lost { doing, source })?;
        let mut line = exchange::OsdpBus::new(channel, self.baud);
        self.slots.iter_mut().for_each(ReaderSlot::start_over);
        let mut told = ReaderHealth::Unknown;
        let mut rounds = interval(POLL_INTERVAL);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                verdict = counter.feedback.recv() => {
                    let verdict = verdict.ok_or(DriverError::Unrecorded(ReportError::Stopping))?;
                    self.slots.iter_mut().for_each(|reader_slot| reader_slot.show(verdict));
                }
                Some(order) = self.orders.recv() => {
                    let there = self.slots.iter_mut().find(|reader_slot| reader_slot.relays(order.side));
                    match there {
                        Some(reader_slot) => reader_slot.order(order),
                        None => order.settle(Err(OutputError::Absent)),
                    }
                }
                _ = rounds.tick() => {}
            }
            for reader_slot in &mut self.slots {
                if let Some(credential) = reader_slot.turn(&mut line, &*self.clock).await? {
                    say(counter, ReaderEvent::Shown(credential)).await?;
                }
            }
            let standing = self.health();
            if standing != told {
                told = standing;
                match standing {
                    ReaderHealth::Unknown => {}
                    ReaderHealth::Well => say(counter, ReaderEvent::Well).await?,
                    ReaderHealth::Trouble(word) => say(counter, ReaderEvent::Trouble(word)).await?,
                }
            }
        }
    }

    /// How all are: nothing before each was asked, then as the first one that is not well.
    fn health(&self) -> ReaderHealth {
        let mut all = self.slots.iter().map(ReaderSlot::health);
        if all.clone().any(|standing| standing == ReaderHealth::Unknown) {
            return ReaderHealth::Unknown;
        }
        all.find(|standing| *standing != ReaderHealth::Well)
            .unwrap_or(ReaderHealth::Well)
    }
}

async fn say(counter: &ReaderChannel, said: ReaderEvent) -> Result<(), DriverError> {
    let over = |_| DriverError::Unrecorded(ReportError::Stopping);
    counter.events.send(said).await.map_err(over)
}

/// Without the line and the clock.
impl fmt::Debug for OsdpReaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OsdpReaders")
            .field("slots", &self.slots)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl CardReader for OsdpReaders {
    async fn listen(&mut self, counter: &mut ReaderChannel) -> DriverError {
        match self.converse(counter).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }
}
