//! One device's conversation, again and again until it is taken off the fleet.

use crate::{
    backoff::Backoff,
    fleet::{Config, ConfigError, Given, Happened},
    http::HttpLine,
};
use adapter_sdk::{Ask, Context, DriverError, Outlet, Plan, Push, Told, Wants, http::Http};
use protocol::DeviceId;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Asks that may wait for one driver.
const ASKS: usize = 8;
/// Things a driver may have said that nobody took yet.
const OUTLET: usize = 64;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A run that lasted this long was a success: the next failure starts the backoff over.
const SUCCESS: Duration = Duration::from_secs(60);

/// A device's plan with its line open.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    http: Arc<dyn Http>,
}

pub(crate) fn plan(given: &Given, config: &Config) -> Result<Planned, ConfigError> {
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
    let Wants::Http(target) = &plan.wants;
    match HttpLine::open(target, &given.roots) {
        Ok(line) => Ok(Planned {
            plan,
            http: Arc::new(line),
        }),
        Err(source) => Err(ConfigError::Line { device, source }),
    }
}

/// The conversation of one device.
pub(crate) struct Run {
    given: Given,
    device: DeviceId,
    planned: Planned,
    asks: watch::Sender<Option<mpsc::Sender<Ask>>>,
    pushes: mpsc::Receiver<Push>,
    backoff: Backoff,
}

impl Run {
    pub(crate) fn new(
        given: Given,
        device: DeviceId,
        planned: Planned,
        asks: watch::Sender<Option<mpsc::Sender<Ask>>>,
        pushes: mpsc::Receiver<Push>,
    ) -> Self {
        let seed = device
            .as_str()
            .bytes()
            .fold(given.seed, |seed, byte| seed.rotate_left(7) ^ u64::from(byte));
        Self {
            given,
            device,
            planned,
            asks,
            pushes,
            backoff: Backoff::new(FIRST_WAIT, LONGEST_WAIT, seed),
        }
    }

    /// Converses until `stop`, however often the conversation ends by itself.
    pub(crate) async fn until(mut self, stop: CancellationToken) {
        loop {
            let began = Instant::now();
            let error = tokio::select! {
                () = stop.cancelled() => return,
                error = self.once() => error,
            };
            if began.elapsed() >= SUCCESS {
                self.backoff.reset();
            }
            let own = self.backoff.next_wait();
            let wait = error.wait().map_or(own, |asked| asked.max(own));
            let (device, reason) = (self.device.clone(), error.word());
            tracing::info!(%device, reason, wait_s = wait.as_secs(), error = &error as &dyn std::error::Error, "device down");
            if self
                .given
                .happened
                .send(Happened::Down { device, reason, wait })
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

    /// One run of the driver. What it says is passed on while it runs; asks that it has not begun die with it.
    async fn once(&mut self) -> DriverError {
        let mark = (self.given.resume)(self.device.clone()).await;
        let (asks_in, asks) = mpsc::channel(ASKS);
        let (outlet, mut told) = Outlet::new(OUTLET);
        let (push_in, pushes) = mpsc::channel(1);
        let context = Context {
            device: self.device.clone(),
            http: self.planned.http.clone(),
            asks,
            outlet,
            clock: self.given.clock.clone(),
            pushes,
            push_url: (self.given.push_url)(&self.device),
            mark,
        };
        let mut driver = (self.planned.plan.drive)(context);
        self.asks.send_replace(Some(asks_in));
        let error = loop {
            tokio::select! {
                error = &mut driver => break error,
                Some(told) = told.recv() => self.pass_on(told).await,
                Some(push) = self.pushes.recv() => {
                    // A driver that does not take pushes drops them: the device is told to try again.
                    let _ = push_in.try_send(push);
                }
            }
        };
        self.asks.send_replace(None);
        // What it said with its last breath counts too.
        while let Ok(told) = told.try_recv() {
            self.pass_on(told).await;
        }
        error
    }

    async fn pass_on(&self, told: Told) {
        // Nobody takes it only while the edge stops; the driver then hears `Stopping`.
        let _ = self
            .given
            .happened
            .send(Happened::Told(self.device.clone(), told))
            .await;
    }

    /// Waits, refusing pushes meanwhile.
    async fn idle(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                Some(push) = self.pushes.recv() => drop(push),
            }
        }
    }
}
