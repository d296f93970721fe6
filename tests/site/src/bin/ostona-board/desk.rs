//! The scanner adapter at a line of the edge's own: what it tells.

use adapter_scanner::ADAPTER;
use adapter_sdk::{Ask, Clock, DriverContext, DriverError, DriverReport, Line, Reporter};
use anyhow::{Context as _, Result, bail};
use protocol::{Fact, Timestamp};
use serde_json::Value;
use std::sync::Arc;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

/// A desk with a scanner.
pub(crate) struct Desk {
    told: mpsc::Receiver<DriverReport>,
    driver: JoinHandle<DriverError>,
    _asks: mpsc::Sender<Ask>,
}

/// A board has no battery.
#[derive(Debug)]
pub(crate) struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }
    fn state(&self) -> protocol::ClockState {
        protocol::ClockState::Synced
    }
    fn offset_seconds(&self) -> i32 {
        0
    }
}

impl Desk {
    /// Begins, and waits until the scanner is taken.
    pub(crate) async fn open(settings: &Value, line: Line) -> Result<Self> {
        let plan = ADAPTER.plan(settings)?;
        let (reporter, told) = Reporter::new(8);
        let (asks, asks_in) = mpsc::channel(1);
        let context = DriverContext {
            device: "scanner".parse()?,
            line,
            asks: asks_in,
            reporter,
            clock: Arc::new(NoClock),
            pushes: mpsc::channel(1).1,
            push_url: None,
            calls: mpsc::channel(1).1,
            log_position: None,
        };
        let driver = tokio::spawn(async move { (plan.drive)(context).await });
        let mut desk = Self {
            told,
            driver,
            _asks: asks,
        };
        loop {
            if let DriverReport::State(_) = desk.next().await? {
                return Ok(desk);
            }
        }
    }

    /// The next code's hash.
    pub(crate) async fn scanned(&mut self) -> Result<String> {
        loop {
            let DriverReport::Facts(observation) = self.next().await? else {
                continue;
            };
            // The driver waits for it.
            let _ = observation.done.send(Ok(()));
            match observation.facts.into_iter().next().map(|seen| seen.fact) {
                Some(Fact::DeviceScanned(scanned)) => return Ok(scanned.sha256.into()),
                other => bail!("it tells {other:?}"),
            }
        }
    }

    /// Why its driver ended, in a word.
    pub(crate) async fn ended(mut self) -> Result<&'static str> {
        let ended = timeout(crate::pins::LIMIT, &mut self.driver).await;
        let end = ended.context("the driver goes on")?.context("the driver is lost")?;
        Ok(end.word())
    }

    async fn next(&mut self) -> Result<DriverReport> {
        let told = timeout(crate::pins::LIMIT, self.told.recv()).await;
        told.context("the driver is silent")?.context("the driver ended")
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
