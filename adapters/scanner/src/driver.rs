//! One run of the conversation: codes come, and are told of.
//!
//! Codes are read while others are on their way to the disk: a slow disk never makes one code of two.

mod source;
mod tally;

use crate::{
    settings::Settings,
    wire::code::{Code, Read},
};
use adapter_sdk::{Ask, Asks, Clock, Context, DriverError, ObservedFact, Refused, Reporter, supported_actions};
use protocol::{DeviceId, Fact, fact::Scanned};
use source::Source;
use std::{collections::VecDeque, pin::Pin, sync::Arc, time::Duration};
use tally::Tally;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

supported_actions! {
    /// What a scanner is asked.
    pub(crate) enum ScannerAction {
        DeviceTest {},
    }
}

/// Time to open the line.
const OPEN: Duration = Duration::from_secs(5);
/// Between two signs of life.
const ALIVE: Duration = Duration::from_secs(20);
/// Codes that may wait for the disk.
const WAITING: usize = 32;

/// Reads codes until there is a reason to start anew.
pub(crate) async fn drive(settings: Arc<Settings>, context: Context) -> DriverError {
    let Context {
        device,
        line,
        mut asks,
        reporter,
        clock,
        pushes: _,
        push_url: _,
        calls: _,
        mark: _,
    } = context;
    let mut source = match Source::open(&settings, line, Instant::now() + OPEN).await {
        Ok(source) => source,
        Err(end) => return end,
    };
    let run = Run {
        gap: settings.gap,
        device,
        reporter: &reporter,
        clock,
        tally: Tally::new(settings.repeat),
        waiting: VecDeque::new(),
    };
    match Box::pin(run.read(&mut source, &mut asks)).await {
        Ok(never) => match never {},
        Err(end) => end,
    }
}

/// What one run works with.
struct Run<'a> {
    gap: Duration,
    device: DeviceId,
    reporter: &'a Reporter,
    clock: Arc<dyn Clock>,
    tally: Tally,
    /// Codes that wait for the disk.
    waiting: VecDeque<ObservedFact>,
}

/// There is no good end.
enum Never {}

/// Codes on their way to the disk.
type Report<'a> = Pin<Box<dyn Future<Output = Result<(), Refused>> + Send + 'a>>;

impl Run<'_> {
    async fn read(mut self, source: &mut Source, asks: &mut Asks) -> Result<Never, DriverError> {
        self.tell_state().await?;
        let mut report: Option<Report<'_>> = None;
        let mut patience = Instant::now();
        let mut alive = interval(ALIVE);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if report.is_none() && !self.waiting.is_empty() {
                report = Some(Box::pin(self.reporter.report(self.waiting.drain(..).collect())));
            }
            tokio::select! {
                biased;
                ask = asks.recv() => match ask {
                    Some(ask) => self.answer(ask),
                    None => return Err(DriverError::Unrecorded(Refused::Stopping)),
                },
                told = told(&mut report) => {
                    told.map_err(DriverError::Unrecorded)?;
                    report = None;
                }
                _ = alive.tick() => self.reporter.alive().await.map_err(DriverError::Unrecorded)?,
                reads = source.next() => {
                    patience = Instant::now() + self.gap;
                    reads?.into_iter().for_each(|read| self.take(read));
                }
                () = sleep_until(patience), if source.is_open() => {
                    source.abandon().into_iter().for_each(|why| self.tally.garbage(why));
                }
            }
            if self.tally.changed() {
                self.tell_state().await?;
            }
        }
    }

    fn take(&mut self, read: Read) {
        match read {
            Read::Garbage(why) => self.tally.garbage(why),
            Read::Code(code) => {
                let sha256 = code.sha256();
                if self.tally.is_repeated(&sha256, Instant::now()) {
                    return;
                }
                if self.waiting.len() >= WAITING {
                    return self.tally.lost();
                }
                self.tally.scanned();
                self.waiting.push_back(self.seen(&code, sha256));
            }
        }
    }

    fn seen(&self, code: &Code, sha256: String) -> ObservedFact {
        ObservedFact::now(Fact::DeviceScanned(Scanned {
            device: self.device.clone(),
            sha256,
            len: code.len(),
        }))
    }

    async fn tell_state(&self) -> Result<(), DriverError> {
        let state = self.reporter.state(self.tally.state()).await;
        state.map_err(DriverError::Unrecorded)
    }

    fn answer(&self, ask: Ask) {
        let Some((ScannerAction::DeviceTest {}, ask)) = ask.supported() else {
            return;
        };
        if let Some(running) = ask.begin(&self.clock) {
            running.ok(self.tally.to_string());
        }
    }
}

/// What became of the report, once there is one.
async fn told(report: &mut Option<Report<'_>>) -> Result<(), Refused> {
    match report {
        Some(report) => report.await,
        None => std::future::pending().await,
    }
}
