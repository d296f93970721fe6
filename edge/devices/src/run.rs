//! One device's conversation, again and again until it is taken off the fleet.
//!
//! A driver that says nothing for three leases hangs, and is ended: dropping its future ends it wherever it waits. One that
//! never waits, a loop without an await, cannot be ended; it holds one of the runtime's threads, and is a bug.

use crate::{
    config::{Config, ConfigError},
    context::{DriverEvent, FleetContext},
    lines::LineOpener,
};
use adapter_sdk::{
    Ask, CallTarget, DriverContext, DriverError, DriverReport, InboundCall, InboundPush, Line, LineSpec, Plan, Reporter,
};
use edge_backoff::{Backoff, Jitter};
use protocol::{DeviceId, command::ActionName};
use std::{future::Future, pin::Pin, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Asks that may wait for one driver.
const ASKS: usize = 8;
/// Things a driver may have said that nobody took yet.
const REPORTS: usize = 64;
/// Calls that may wait for one run: a device fetches commands while what it sent is on its way to the disk.
const CALLS: usize = 4;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A run that lasted this long was a success: the next failure starts the backoff over.
const SUCCESS: Duration = Duration::from_secs(60);
/// Time a driver has to leave its device in order once its asks are closed.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);
/// Leases without a fact, a state or a sign of life after which a driver hangs.
const LEASES: u32 = 3;
/// What is said of it.
const HANGS: &str = "its driver said nothing for three leases";

/// A device's plan with its line open.
pub(crate) struct PlannedDevice {
    pub(crate) plan: Plan,
    /// What its adapter carries out.
    pub(crate) actions: &'static [ActionName],
    line: Line,
}

impl PlannedDevice {
    /// What the device is known by where it calls the LAN port.
    pub(crate) fn caller(&self) -> Option<&CallTarget> {
        if let LineSpec::Calls(target) = &self.plan.wants {
            Some(target)
        } else {
            None
        }
    }
}

pub(crate) fn plan(given: &FleetContext, lines: &LineOpener, config: &Config) -> Result<PlannedDevice, ConfigError> {
    let device = config.device.clone();
    let named = given
        .catalog
        .iter()
        .find(|adapter| adapter.manifest().id == config.adapter.as_str());
    let adapter = match named {
        Some(adapter) => adapter,
        None => {
            return Err(ConfigError::NoAdapter {
                device,
                adapter: config.adapter.clone(),
            });
        }
    };
    let plan = match adapter.plan(&config.settings) {
        Ok(plan) => plan,
        Err(source) => return Err(ConfigError::Settings { device, source }),
    };
    match lines.open(&plan.wants) {
        Ok(line) => Ok(PlannedDevice {
            plan,
            actions: adapter.manifest().actions,
            line,
        }),
        Err(source) => Err(ConfigError::Line { device, source }),
    }
}

/// The conversation of one device.
pub(crate) struct DriverTask {
    fleet_context: FleetContext,
    device: DeviceId,
    planned: PlannedDevice,
    asks: watch::Sender<Option<mpsc::Sender<Ask>>>,
    pushes: mpsc::Receiver<InboundPush>,
    calls: mpsc::Receiver<InboundCall>,
    /// What the driver said last, where the house has no room for it yet.
    unsent_report: Option<DriverReport>,
    backoff: Backoff,
    jitter: Jitter,
}

impl DriverTask {
    pub(crate) fn new(
        given: FleetContext,
        device: DeviceId,
        planned: PlannedDevice,
        asks: watch::Sender<Option<mpsc::Sender<Ask>>>,
        (pushes, calls): (mpsc::Receiver<InboundPush>, mpsc::Receiver<InboundCall>),
    ) -> Self {
        let seed = device
            .as_str()
            .bytes()
            .fold(given.seed, |seed, byte| seed.rotate_left(7) ^ u64::from(byte));
        Self {
            fleet_context: given,
            device,
            planned,
            asks,
            pushes,
            calls,
            unsent_report: None,
            backoff: Backoff::new(FIRST_WAIT, LONGEST_WAIT),
            // Devices that fail together are spread.
            jitter: Jitter::new(seed),
        }
    }

    /// Converses until `stop`, however often the conversation ends by itself; begins once `before` has left the device.
    pub(crate) async fn run_until(mut self, before: Option<JoinHandle<()>>, stop: CancellationToken) {
        if let Some(before) = before {
            // However it ended, it is gone.
            let _ = before.await;
        }
        loop {
            let began = Instant::now();
            let Some(error) = self.run_once(&stop).await else {
                return;
            };
            if began.elapsed() >= SUCCESS {
                self.backoff.reset();
            }
            let own = self.backoff.after_failure(self.jitter.bits());
            let wait = error.wait().map_or(own, |asked| asked.max(own));
            let (device, reason) = (self.device.clone(), error.word());
            tracing::info!(%device, reason, wait_s = wait.as_secs(), error = &error as &dyn std::error::Error, "device down");
            if self
                .fleet_context
                .happened
                .send(DriverEvent::Down { device, reason, wait })
                .await
                .is_err()
            {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.idle(wait) => {}
            }
        }
    }

    /// One run of the driver. What it says is passed on while it runs; asks that it has not begun die with it. On `stop`
    /// its asks close and it has a moment to leave the device in order: then there is no reason to give. One that hangs has
    /// that moment as well.
    async fn run_once(&mut self, stop: &CancellationToken) -> Option<DriverError> {
        let mark = (self.fleet_context.resume)(self.device.clone()).await;
        let (asks_in, asks) = mpsc::channel(ASKS);
        let (reporter, mut told) = Reporter::new(REPORTS);
        let (push_in, pushes) = mpsc::channel(1);
        let (call_in, calls) = mpsc::channel(CALLS);
        let context = DriverContext {
            device: self.device.clone(),
            line: self.planned.line.clone(),
            asks,
            reporter,
            clock: self.fleet_context.clock.clone(),
            pushes,
            push_url: (self.fleet_context.push_url)(&self.device),
            calls,
            log_position: mark,
        };
        let mut driver = (self.planned.plan.drive)(context);
        self.asks.send_replace(Some(asks_in));
        let end = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            error = self.attend(&mut driver, &mut told, (&push_in, &call_in)) => Some(error),
        };
        self.asks.send_replace(None);
        if let None | Some(DriverError::Silent(HANGS)) = end {
            // One that does not end by itself is dropped.
            let _ = tokio::time::timeout(STOP_TIMEOUT, self.attend(&mut driver, &mut told, (&push_in, &call_in))).await;
        }
        // What it said with its last breath counts too.
        let last = self.unsent_report.take();
        let last_words = async {
            if let Some(last) = last {
                self.pass_on(last).await;
            }
            while let Ok(told) = told.try_recv() {
                self.pass_on(told).await;
            }
        };
        let _ = tokio::time::timeout(STOP_TIMEOUT, last_words).await;
        end
    }

    /// Passes on what the driver says and what the device pushes, until the driver ends or hangs. The driver goes on while
    /// the house has no room for what it said: it may have an output to switch off.
    async fn attend(
        &mut self,
        driver: &mut Pin<Box<dyn Future<Output = DriverError> + Send>>,
        told: &mut mpsc::Receiver<DriverReport>,
        (push_in, call_in): (&mpsc::Sender<InboundPush>, &mpsc::Sender<InboundCall>),
    ) -> DriverError {
        let patience = LEASES * self.planned.plan.lease;
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                error = &mut *driver => return error,
                Some(told) = told.recv(), if self.unsent_report.is_none() => self.unsent_report = Some(told),
                room = self.fleet_context.happened.reserve(), if self.unsent_report.is_some() => {
                    if let (Ok(room), Some(told)) = (room, self.unsent_report.take()) {
                        room.send(DriverEvent::DriverReport(self.device.clone(), told));
                    }
                    heard = Instant::now();
                }
                () = tokio::time::sleep_until(heard + patience), if self.unsent_report.is_none() => return DriverError::Silent(HANGS),
                Some(push) = self.pushes.recv() => {
                    // A driver that does not take pushes drops them: the device is told to try again.
                    let _ = push_in.try_send(push);
                }
                Some(call) = self.calls.recv() => {
                    // The same with calls.
                    let _ = call_in.try_send(call);
                }
            }
        }
    }

    async fn pass_on(&self, told: DriverReport) {
        // Nobody takes it only while the edge stops; the driver then hears `Stopping`.
        let _ = self
            .fleet_context
            .happened
            .send(DriverEvent::DriverReport(self.device.clone(), told))
            .await;
    }

    /// Waits, refusing pushes and calls meanwhile.
    async fn idle(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                Some(push) = self.pushes.recv() => drop(push),
                Some(call) = self.calls.recv() => drop(call),
            }
        }
    }
}
