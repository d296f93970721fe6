//! One run of the conversation: codes come, and are told of.
//!
//! Codes are read while others are on their way to the disk: a slow disk never makes one code of two.

mod scan_counts;
mod source;

use crate::{
    settings::Settings,
    wire::code::{ScanResult, ScannedCode},
};
use adapter_sdk::{
    Ask, Asks, Clock, DeviceCondition, DriverContext, DriverError, FaultPrecedence, ObservedFact, ReportError,
    Reporter, supported_actions,
};
use protocol::{DeviceId, Fact, fact::CodeScan};
use scan_counts::ScanCounts;
use source::CodeSource;
use std::{collections::VecDeque, convert::Infallible, pin::Pin, sync::Arc, time::Duration};
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
pub(crate) async fn drive(settings: Arc<Settings>, context: DriverContext) -> DriverError {
    let DriverContext {
        device,
        line,
        mut asks,
        reporter,
        clock,
        pushes: _,
        push_url: _,
        calls: _,
        log_position: _,
    } = context;
    let mut source = match CodeSource::open(&settings, line, Instant::now() + OPEN).await {
        Ok(source) => source,
        Err(end) => return end,
    };
    let run = ScannerDriver {
        gap: settings.gap,
        device,
        reporter: &reporter,
        clock,
        counts: ScanCounts::new(settings.repeat),
        condition: DeviceCondition::new(&reporter, FaultPrecedence::Oldest, None),
        waiting: VecDeque::new(),
    };
    match Box::pin(run.read(&mut source, &mut asks)).await {
        Ok(never) => match never {},
        Err(end) => end,
    }
}

/// What one run works with.
struct ScannerDriver<'a> {
    gap: Duration,
    device: DeviceId,
    reporter: &'a Reporter,
    clock: Arc<dyn Clock>,
    counts: ScanCounts,
    condition: DeviceCondition<&'static str>,
    /// Codes that wait for the disk.
    waiting: VecDeque<ObservedFact>,
}

/// Codes on their way to the disk.
type PendingReport<'a> = Pin<Box<dyn Future<Output = Result<(), ReportError>> + Send + 'a>>;

impl ScannerDriver<'_> {
    async fn read(mut self, source: &mut CodeSource, asks: &mut Asks) -> Result<Infallible, DriverError> {
        self.condition.report().await?;
        let mut report: Option<PendingReport<'_>> = None;
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
                    None => return Err(DriverError::Unrecorded(ReportError::Stopping)),
                },
                told = told(&mut report) => {
                    told.map_err(DriverError::Unrecorded)?;
                    report = None;
                }
                _ = alive.tick() => self.reporter.renew_lease().await.map_err(DriverError::Unrecorded)?,
                reads = source.next() => {
                    patience = Instant::now() + self.gap;
                    reads?.into_iter().for_each(|read| self.take(read));
                }
                () = sleep_until(patience), if source.is_open() => {
                    source.abandon().into_iter().for_each(|why| self.counts.garbage(why));
                }
            }
            self.condition.replace(|_| true, self.counts.fault());
            self.condition.report().await?;
        }
    }

    fn take(&mut self, read: ScanResult) {
        match read {
            ScanResult::Garbage(why) => self.counts.garbage(why),
            ScanResult::Code(code) => {
                let sha256 = code.sha256();
                if self.counts.is_repeated(&sha256, Instant::now()) {
                    return;
                }
                if self.waiting.len() >= WAITING {
                    return self.counts.lost();
                }
                self.counts.scanned();
                self.waiting.push_back(self.seen(&code, sha256));
            }
        }
    }

    fn seen(&self, code: &ScannedCode, sha256: String) -> ObservedFact {
        ObservedFact::now(Fact::DeviceScanned(CodeScan {
            device: self.device.clone(),
            sha256: sha256.into(),
            len: code.len(),
        }))
    }

    fn answer(&self, ask: Ask) {
        let Some((ScannerAction::DeviceTest {}, ask)) = ask.supported() else {
            return;
        };
        if let Some(running) = ask.begin(&self.clock) {
            running.ok(self.counts.to_string());
        }
    }
}

/// What became of the report, once there is one.
async fn told(report: &mut Option<PendingReport<'_>>) -> Result<(), ReportError> {
    match report {
        Some(report) => report.await,
        None => std::future::pending().await,
    }
}
