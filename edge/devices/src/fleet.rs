//! The fleet: which devices are configured, and the way to each one's driver.
//!
//! Replacing one device's settings restarts that device's driver and no other.

use crate::{
    config::{Config, ConfigError},
    context::FleetContext,
    lines::LineOpener,
    run::{self, DriverTask},
};
use adapter_sdk::{Ask, CallTarget, InboundCall, InboundPush};
use protocol::{DeviceId, Reason, command::ActionName};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Pushes that may wait for one driver.
const PUSHES: usize = 16;
/// Calls that may wait for one driver.
const CALLS: usize = 8;

/// The drivers at work.
#[derive(Debug)]
pub struct Fleet {
    context: FleetContext,
    lines: LineOpener,
    members: BTreeMap<DeviceId, FleetMember>,
    /// Runs that were told to end: the next one with the same device waits for it.
    leaving: BTreeMap<DeviceId, JoinHandle<()>>,
    tasks: TaskTracker,
}

/// What a device's settings ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceDemands {
    /// How long it may be silent.
    pub lease: Duration,
    /// What it is known by where it calls.
    pub caller: Option<CallTarget>,
}

#[derive(Debug)]
struct FleetMember {
    config: Config,
    /// What its adapter carries out.
    actions: &'static [ActionName],
    asks: watch::Receiver<Option<mpsc::Sender<Ask>>>,
    pushes: mpsc::Sender<InboundPush>,
    calls: mpsc::Sender<InboundCall>,
    /// What it is known by where it calls.
    caller: Option<CallTarget>,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Fleet {
    /// No devices yet.
    pub fn new(given: FleetContext) -> Self {
        Self {
            lines: LineOpener::new(Arc::clone(&given.roots)),
            context: given,
            members: BTreeMap::new(),
            leaving: BTreeMap::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Checks a device's settings without starting anything; tells what they ask for.
    pub fn check(&self, config: &Config) -> Result<DeviceDemands, ConfigError> {
        let planned = run::plan(&self.context, &self.lines, config)?;
        self.only_caller(&config.device, planned.caller())?;
        Ok(DeviceDemands {
            lease: planned.plan.lease,
            caller: planned.caller().cloned(),
        })
    }

    /// Starts driving a device, or drives it anew where its settings changed. Unchanged settings disturb nothing.
    pub fn put(&mut self, config: Config) -> Result<(), ConfigError> {
        if self
            .members
            .get(&config.device)
            .is_some_and(|member| member.config == config)
        {
            return Ok(());
        }
        let planned = run::plan(&self.context, &self.lines, &config)?;
        let caller = planned.caller().cloned();
        let actions = planned.actions;
        self.only_caller(&config.device, caller.as_ref())?;
        self.remove(&config.device);
        let (asks_in, asks) = watch::channel(None);
        let (pushes, pushes_out) = mpsc::channel(PUSHES);
        let (calls, calls_out) = mpsc::channel(CALLS);
        let stop = CancellationToken::new();
        let run = DriverTask::new(
            self.context.clone(),
            config.device.clone(),
            planned,
            asks_in,
            (pushes_out, calls_out),
        );
        let before = self.leaving.remove(&config.device);
        let running = self.tasks.spawn(run.run_until(before, stop.clone()));
        self.members.insert(
            config.device.clone(),
            FleetMember {
                config,
                actions,
                asks,
                pushes,
                calls,
                caller,
                stop,
                running,
            },
        );
        Ok(())
    }

    /// Stops driving a device.
    pub fn remove(&mut self, device: &DeviceId) {
        if let Some(member) = self.members.remove(device) {
            member.stop.cancel();
            self.leaving.retain(|_, running| !running.is_finished());
            self.leaving.insert(device.clone(), member.running);
        }
    }

    /// Whether the fleet drives this device.
    pub fn has(&self, device: &DeviceId) -> bool {
        self.members.contains_key(device)
    }

    /// The devices it drives.
    pub fn devices(&self) -> impl Iterator<Item = &DeviceId> {
        self.members.keys()
    }

    /// Hands an ask to the device's driver, where its adapter's manifest has the action. Nothing waits for a device that is not there: such asks are refused.
    pub fn ask(&self, device: &DeviceId, ask: Ask) {
        let Some(member) = self.members.get(device) else {
            return ask.reject(Reason::UnknownTarget, None);
        };
        if !member.actions.contains(&ask.action().which()) {
            let detail = format!("the adapter {} does not do that", member.config.adapter);
            return ask.reject(Reason::Unsupported, detail);
        }
        let Some(asks) = member.asks.borrow().clone() else {
            return ask.reject(Reason::Offline, "the device is not connected".to_owned());
        };
        if let Err(error) = asks.try_send(ask) {
            match error {
                mpsc::error::TrySendError::Full(ask) => {
                    ask.reject(Reason::Busy, "too much waits for the device".to_owned())
                }
                mpsc::error::TrySendError::Closed(ask) => ask.reject(Reason::Offline, None),
            }
        }
    }

    /// The way to push to a device's driver.
    pub fn pushes(&self, device: &DeviceId) -> Option<mpsc::Sender<InboundPush>> {
        self.members.get(device).map(|member| member.pushes.clone())
    }

    /// The way for a call to a device's driver.
    pub fn calls(&self, device: &DeviceId) -> Option<mpsc::Sender<InboundCall>> {
        self.members.get(device).map(|member| member.calls.clone())
    }

    /// The devices that call the LAN port, and what each is known by.
    pub fn callers(&self) -> impl Iterator<Item = (&CallTarget, &DeviceId)> {
        self.members
            .iter()
            .filter_map(|(device, member)| Some((member.caller.as_ref()?, device)))
    }

    fn only_caller(&self, device: &DeviceId, caller: Option<&CallTarget>) -> Result<(), ConfigError> {
        let Some(caller) = caller else { return Ok(()) };
        let taken = |(known, other): &(&CallTarget, &DeviceId)| *known == caller && *other != device;
        match self.callers().find(taken) {
            Some((_, other)) => Err(ConfigError::SameCaller {
                device: device.clone(),
                other: other.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Ends every conversation and waits for that.
    pub async fn stop(mut self) {
        for member in std::mem::take(&mut self.members).into_values() {
            member.stop.cancel();
        }
        self.tasks.close();
        self.tasks.wait().await;
    }
}
