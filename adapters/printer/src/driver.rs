//! One run of the conversation with one printer: how it is, and one sheet at a time.
//!
//! A sheet goes over the line once. Whatever comes back, it is never sent again from here: it is printed, known not to
//! be, or doubtful.

mod escpos;
mod ipp;
mod orders;
mod printer_session;
mod zpl;

use crate::{
    faces::Faces,
    printer_status::PrinterStatus,
    settings::{PrinterLanguage, Settings},
};
use adapter_sdk::{
    Ask, Asks, Clock, DeviceCondition, DriverContext, DriverError, FaultPrecedence, ObservedFact, ReportError,
    Reporter, RunningCommand, rejecting,
};
pub(crate) use orders::PrinterAction;
use orders::PrinterTask;
use printer_session::{IdentifyResult, LineState, PrintResult, PrinterSession, Refusal, SheetResult};
use protocol::{DeviceId, Outcome, Reason};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior};

/// Why sheets are turned away at the beginning of a run.
const CONNECTING: &str = "offline";
/// Between two looks while nothing is printed.
const LOOK: Duration = Duration::from_secs(10);

/// So often a printer is said to be alive during one sheet; one that takes longer hangs.
const MAX_RENEWALS: u32 = 60;

/// Talks to the printer until there is a reason to start anew.
pub(crate) async fn drive(settings: Arc<Settings>, faces: Arc<Faces>, context: DriverContext) -> DriverError {
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
    let opening = async {
        let press: Box<dyn PrinterSession> = match &settings.language {
            PrinterLanguage::EscPos { cut, text, drawer } => {
                let terms = escpos::EscPosOptions {
                    cut: *cut,
                    text: *text,
                    drawer: *drawer,
                };
                Box::new(escpos::EscPos::open(line.socket()?, &settings, terms, faces).await?)
            }
            PrinterLanguage::Zpl => Box::new(zpl::Zpl::open(line.socket()?, &settings, faces).await?),
            PrinterLanguage::Ipp { path, uri, page } => {
                let name = ipp::IppAddress {
                    path: path.clone(),
                    uri: uri.clone(),
                };
                Box::new(ipp::Ipp::new(line.http()?, name, *page, settings.paper, faces))
            }
        };
        Ok(press)
    };
    let press = match rejecting(&mut asks, CONNECTING, opening).await {
        Ok(press) => press,
        Err(end) => return end,
    };
    let mut run = PrinterDriver {
        session: press,
        device,
        condition: DeviceCondition::new(&reporter, FaultPrecedence::Oldest, None),
        reporter,
        clock,
        reported_status: None,
    };
    let end = match Box::pin(run.converse(&mut asks)).await {
        Ok(never) => match never {},
        Err(end) => end,
    };
    run.lost().await;
    end
}

/// One run.
struct PrinterDriver {
    session: Box<dyn PrinterSession>,
    device: DeviceId,
    reporter: Reporter,
    clock: Arc<dyn Clock>,
    /// The look that is on disk.
    reported_status: Option<PrinterStatus>,
    /// What it complains about: one thing at a time.
    condition: DeviceCondition<&'static str>,
}

impl PrinterDriver {
    async fn converse(&mut self, asks: &mut Asks) -> Result<Infallible, DriverError> {
        let look = rejecting(asks, CONNECTING, self.session.read_status()).await?;
        self.note(look).await?;
        let mut ticks = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let look = tokio::select! {
                biased;
                ask = asks.recv() => match ask {
                    Some(ask) => self.carry_out(ask).await?,
                    None => return Err(DriverError::Unrecorded(ReportError::Stopping)),
                },
                _ = ticks.tick() => Some(self.session.read_status().await?),
                look = self.session.next_status() => Some(look?),
            };
            if let Some(look) = look {
                self.note(look).await?;
                self.reporter.renew_lease().await.map_err(DriverError::Unrecorded)?;
            }
        }
    }

    /// Carries one command out; tells how the printer is after it, where it was looked at.
    async fn carry_out(&mut self, ask: Ask) -> Result<Option<PrinterStatus>, DriverError> {
        let Some((action, ask)) = ask.supported() else {
            return Ok(None);
        };
        let order = match PrinterTask::of(action, ask.command(), &self.device) {
            Ok(order) => order,
            Err(refusal) => {
                ask.reject(refusal.reason, refusal.word.to_owned());
                return Ok(None);
            }
        };
        let look = match self.session.read_status().await {
            Ok(look) => look,
            Err(end) => {
                ask.reject(Reason::Offline, end.word().to_owned());
                return Err(end);
            }
        };
        match order {
            PrinterTask::Sheet(sheet) => self.print(ask, &sheet, look).await,
            PrinterTask::Test => {
                if let Some(running) = ask.begin(&self.clock) {
                    running.ok(look.in_words());
                }
                Ok(Some(look))
            }
            PrinterTask::Identify => {
                let Some(running) = ask.begin(&self.clock) else {
                    return Ok(Some(look));
                };
                match self.session.identify().await? {
                    IdentifyResult::Shown => running.ok(None),
                    IdentifyResult::Unable => running.settle(rejected(Refusal::unsupported("nothing_to_show"))),
                }
                Ok(Some(look))
            }
        }
    }

    async fn print(
        &mut self,
        ask: Ask,
        sheet: &orders::MarkedSheet,
        look: PrinterStatus,
    ) -> Result<Option<PrinterStatus>, DriverError> {
        if let Some(word) = look.obstacle() {
            let reason = if look == PrinterStatus::GONE || word == "offline" {
                Reason::Offline
            } else {
                Reason::Hardware
            };
            ask.reject(reason, word.to_owned());
            return Ok(Some(look));
        }
        let ready = match self.session.prepare(&sheet.imprint()) {
            Ok(ready) => ready,
            Err(refusal) => {
                ask.reject(refusal.reason, refusal.word.to_owned());
                return Ok(Some(look));
            }
        };
        let Some(running) = ask.begin(&self.clock) else {
            return Ok(Some(look));
        };
        let printing = self.session.print(ready, running.deadline());
        let PrintResult { verdict, line } = renew_lease_during(&self.reporter, printing).await;
        tracing::debug!(print = %sheet.print, ?verdict, "a sheet");
        let look = settle(running, verdict);
        match line {
            LineState::Fine => {}
            LineState::Reconnect => self.session.begin_anew().await?,
            LineState::Failed(end) => return Err(end),
        }
        Ok(look)
    }

    /// Says how the printer is, where that is news.
    async fn note(&mut self, look: PrinterStatus) -> Result<(), DriverError> {
        if self.reported_status != Some(look) {
            match self
                .reporter
                .report(vec![ObservedFact::now(look.fact(&self.device))])
                .await
            {
                Ok(()) => self.reported_status = Some(look),
                Err(ReportError::Stopping) => return Err(DriverError::Unrecorded(ReportError::Stopping)),
                // Said again at the next look; sheets come out meanwhile.
                Err(refused @ ReportError::NotNow(_)) => tracing::warn!(%refused, "the printer's state is not on disk"),
            }
        }
        self.condition.replace(|_| true, look.complaint());
        self.condition.report().await
    }

    /// The printer cannot be reached any more: what was known of it is not known any longer.
    async fn lost(&mut self) {
        if self.reported_status.is_none() {
            return;
        }
        let gone = ObservedFact::now(PrinterStatus::GONE.fact(&self.device));
        if let Err(refused) = self.reporter.report(vec![gone]).await {
            tracing::debug!(%refused, "that the printer is gone is not on disk");
        }
    }
}

/// Prints, and says meanwhile that the printer is there: a long sheet over a slow line takes minutes.
async fn renew_lease_during<T>(reporter: &Reporter, printing: impl Future<Output = T>) -> T {
    let saying = async {
        let mut ticks = tokio::time::interval(LOOK);
        for _ in 0..MAX_RENEWALS {
            ticks.tick().await;
            // Where nobody listens any more the sheet is not given up half-way for that.
            if reporter.renew_lease().await.is_err() {
                break;
            }
        }
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        biased;
        done = Box::pin(printing) => done,
        never = saying => match never {},
    }
}

/// Answers with what became of a sheet, and gives the look that came with it.
fn settle(running: RunningCommand, verdict: SheetResult) -> Option<PrinterStatus> {
    match verdict {
        SheetResult::Printed(look) => {
            running.ok(None);
            Some(look)
        }
        SheetResult::HandedOver => {
            running.ok("unconfirmed".to_owned());
            None
        }
        SheetResult::Spoilt(look, word) => {
            running.failed(Reason::Hardware, word.to_owned());
            Some(look)
        }
        SheetResult::Doubtful => {
            running.failed(Reason::TimedOut, "no_answer".to_owned());
            None
        }
        SheetResult::Untouched(refusal) => {
            running.settle(rejected(refusal));
            None
        }
    }
}

fn rejected(refusal: Refusal) -> Outcome {
    Outcome::Rejected {
        reason: refusal.reason,
        detail: Some(refusal.word.to_owned()),
    }
}
