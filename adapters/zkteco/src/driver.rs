//! One run of the conversation with one device, from the first frame to the last.
//!
//! One thing at a time goes over the line. However a run ends, a device that we closed to people is opened again.

mod commands;
mod device_clock;
mod log_cursor;
mod people;
mod session;
mod session_setup;
mod store;

use crate::{settings::Settings, terminal_fault::TerminalFault};
use adapter_sdk::{
    Asks, Clock, DeviceCondition, DriftAction, DriverContext, DriverError, FaultPrecedence, LogContinuity, LogPosition,
    ReportError, Reporter, rejecting,
};
use commands::ZkExecutor;
use log_cursor::{NewRecords, ZkLogCursor};
use people::SyncResult;
use protocol::DeviceId;
use session::ZkSession;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, timeout};

/// Why commands are turned away at the beginning of a run.
const CONNECTING: &str = "the device is being connected to";
/// Time to connect.
const CONNECT: Duration = Duration::from_secs(5);
/// Time for the last words.
const FAREWELL: Duration = Duration::from_secs(2);
/// Between two looks at the log, where nothing was announced.
const LOOK: Duration = Duration::from_secs(10);
/// Until the log is looked at again for a record that was announced and is not there yet.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Between two looks at the device's clock.
const UPKEEP: Duration = Duration::from_secs(600);
/// Records that go to disk at once.
const PAGE: usize = 256;

/// Talks to the device until there is a reason to start anew.
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
        log_position: mark,
    } = context;
    let dial = match line.socket() {
        Ok(dial) => dial,
        Err(end) => return end,
    };
    let opening = async {
        let doing = "opening the line";
        let opened = dial.dial(Instant::now() + CONNECT).await;
        opened.map_err(|source| DriverError::Lost { doing, source })
    };
    let mut session = match rejecting(&mut asks, CONNECTING, opening).await {
        Ok(channel) => ZkSession::new(channel, settings.transport),
        Err(end) => return end,
    };
    let run = ZkDriver {
        settings: &settings,
        device: &device,
        reporter: &reporter,
        clock: &clock,
    };
    let end = match Box::pin(run.converse(&mut session, &mut asks, mark)).await {
        Ok(never) => match never {},
        Err(end) => end,
    };
    close_session(&mut session).await;
    end
}

/// Opens the device to people and closes the session, as far as it still listens.
async fn close_session(session: &mut ZkSession) {
    let last_words = async {
        store::open(session).await?;
        session
            .tell("closing the session", crate::wire::frame::code::EXIT, &[])
            .await
    };
    match timeout(FAREWELL, last_words).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(error = &error as &dyn std::error::Error, "no farewell"),
        Err(_) => tracing::debug!("no farewell in time"),
    }
}

/// What one run works with.
struct ZkDriver<'a> {
    settings: &'a Settings,
    device: &'a DeviceId,
    reporter: &'a Reporter,
    clock: &'a Arc<dyn Clock>,
}

impl ZkDriver<'_> {
    async fn converse(
        &self,
        session: &mut ZkSession,
        asks: &mut Asks,
        mark: Option<LogPosition>,
    ) -> Result<Infallible, DriverError> {
        let known = rejecting(asks, CONNECTING, session_setup::connect(session, self.settings)).await?;
        let mut condition = DeviceCondition::new(self.reporter, FaultPrecedence::Oldest, known.firmware.clone());
        condition.report().await?;
        let reported = vec![known.reported(self.device)];
        self.reporter.report(reported).await.map_err(DriverError::Unrecorded)?;
        self.keep_time(session, &mut condition).await?;
        if rejecting(asks, CONNECTING, people::sync(session, self.settings)).await? == SyncResult::Refused {
            condition.raise(TerminalFault::PeopleRefused).await?;
        }

        // Events first: what happens while the log is read is announced, and read after.
        session_setup::subscribe(session).await?;
        let mut log_cursor = ZkLogCursor::new(self.settings, self.device, &known, mark);
        let news = rejecting(asks, CONNECTING, log_cursor.begin(session)).await?;
        self.pass_on(session, asks, &mut log_cursor, news, &mut condition)
            .await?;

        let mut upkeep = tokio::time::interval_at(Instant::now() + UPKEEP, UPKEEP);
        upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let commands = self.commands();
        let mut next_look = Instant::now() + LOOK;
        loop {
            tokio::select! {
                biased;
                ask = asks.recv() => match ask {
                    Some(ask) => commands.carry_out(session, ask).await?,
                    None => return Err(DriverError::Unrecorded(ReportError::Stopping)),
                },
                _ = upkeep.tick() => self.keep_time(session, &mut condition).await?,
                () = tokio::time::sleep_until(next_look) => {}
                frame = session.next_unsolicited() => session.take(frame?).await?,
            }
            session.events().for_each(|event| log_cursor.add_live_event(event));
            if log_cursor.expects() || Instant::now() >= next_look {
                let news = log_cursor.look(session).await?;
                self.pass_on(session, asks, &mut log_cursor, news, &mut condition)
                    .await?;
                self.reporter.renew_lease().await.map_err(DriverError::Unrecorded)?;
                next_look = Instant::now() + if log_cursor.expects() { LOOK_AGAIN } else { LOOK };
            }
        }
    }

    fn commands(&self) -> ZkExecutor<'_> {
        ZkExecutor {
            settings: self.settings,
            clock: self.clock,
        }
    }

    /// Hands what was read to the reporter, page by page; whoever stands at the door meanwhile does not wait for all of it.
    async fn pass_on(
        &self,
        session: &mut ZkSession,
        asks: &mut Asks,
        log_cursor: &mut ZkLogCursor<'_>,
        news: Option<NewRecords>,
        condition: &mut DeviceCondition<TerminalFault>,
    ) -> Result<(), DriverError> {
        let Some(news) = news else { return Ok(()) };
        if news.found == LogContinuity::NewLog {
            condition.report_passing(TerminalFault::LogReset).await?;
        }
        let commands = self.commands();
        for page in news.pages(PAGE) {
            while let Ok(ask) = asks.try_recv() {
                commands.carry_out(session, ask).await?;
            }
            session.events().for_each(|event| log_cursor.add_live_event(event));
            let seen = log_cursor.page(&news, page);
            self.reporter.report(seen).await.map_err(DriverError::Unrecorded)?;
        }
        Ok(())
    }

    async fn keep_time(
        &self,
        session: &mut ZkSession,
        condition: &mut DeviceCondition<TerminalFault>,
    ) -> Result<(), DriverError> {
        let policy = self.settings.clock;
        let Some(off) = device_clock::off(session, &**self.clock, policy).await? else {
            return Ok(());
        };
        if off <= policy.drift {
            return condition.clear(TerminalFault::ClockDrift).await;
        }
        condition.raise(TerminalFault::ClockDrift).await?;
        if policy.drift_action == DriftAction::Leave {
            return Ok(());
        }
        tracing::info!(off_s = off.as_secs(), "setting the device's clock");
        device_clock::set(session, &**self.clock, policy).await?;
        match device_clock::off(session, &**self.clock, policy).await? {
            Some(again) if again <= policy.drift => condition.clear(TerminalFault::ClockDrift).await,
            Some(_) | None => Ok(()),
        }
    }
}
