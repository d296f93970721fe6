//! Vitals: how the box is, as figures. What cannot be read is left out, never guessed.

use edge_kernel::{FactEntry, Port, Refusal, Roster};
use protocol::{
    Actor, Fact,
    fact::{Heartbeat, Metric},
    text::AgentVersion,
};
use std::{path::PathBuf, time::Duration};
use sysinfo::{Components, Disks, System};
use tokio::{sync::watch, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Between heartbeats (M36).
pub const HEARTBEAT: Duration = Duration::from_secs(protocol::control::HEARTBEAT_SECONDS);
/// Between metrics (M37).
pub const METRICS: Duration = Duration::from_secs(60);

/// What the figures are taken of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Version of the agent.
    pub version: AgentVersion,
    /// A path on the disk whose fill is reported: the journal's.
    pub disk: PathBuf,
}

/// Records heartbeats and metrics until `stop`; each heartbeat goes to `latest` too, for the control channel.
pub async fn run(settings: Settings, port: Port, latest: watch::Sender<Heartbeat>, stop: CancellationToken) {
    let mut heartbeats = tokio::time::interval(HEARTBEAT);
    let mut metrics = tokio::time::interval_at(tokio::time::Instant::now() + METRICS, METRICS);
    for ticks in [&mut heartbeats, &mut metrics] {
        // What was missed while the disk was slow is not made up for.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    let mut gauges = Gauges::new(settings);
    loop {
        let result = tokio::select! {
            () = stop.cancelled() => return,
            _ = heartbeats.tick() => {
                gauges = read(gauges).await;
                gauges.heartbeat(&port, &latest).await
            }
            _ = metrics.tick() => gauges.metric(&port).await,
        };
        match result {
            Ok(()) => {}
            Err(Refusal::Stopping) => return,
            Err(refusal) => tracing::warn!(%refusal, "vitals are not recorded"),
        }
    }
}

/// Reading figures touches many small files: off the runtime.
async fn read(mut gauges: Gauges) -> Gauges {
    let settings = gauges.settings.clone();
    let read = tokio::task::spawn_blocking(move || {
        gauges.refresh();
        gauges
    });
    // A reader that panicked starts anew; the process does not outlive it in release.
    read.await.unwrap_or_else(|_| Gauges::new(settings))
}

/// What this system can be read with; a part that is not to be had leaves its figures out.
struct Gauges {
    settings: Settings,
    readings: u64,
    system: Option<System>,
    components: Option<Components>,
    disks: Option<Disks>,
}

impl Gauges {
    /// Nothing read yet.
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            readings: 0,
            system: None,
            components: None,
            disks: None,
        }
    }

    fn refresh(&mut self) {
        self.readings += 1;
        if self.system.is_none() {
            self.system = System::new().ok();
        }
        if let Some(system) = &mut self.system {
            system.refresh_cpu_usage();
            system.refresh_memory();
        }
        match &mut self.components {
            Some(components) => components.refresh(true),
            None => self.components = Components::new_with_refreshed_list().ok(),
        }
        match &mut self.disks {
            Some(disks) => disks.refresh(true),
            None => self.disks = Disks::new_with_refreshed_list().ok(),
        }
    }

    async fn heartbeat(&self, port: &Port, latest: &watch::Sender<Heartbeat>) -> Result<(), Refusal> {
        let status = port.status().await?;
        let roster = port.read::<Roster>().await?.state;
        let (devices_ok, devices_bad) = roster.tally();
        let agents = roster.devices().filter(|(_, device)| {
            device.adapter.is_none() && matches!(device.presence, edge_kernel::DevicePresence::Online)
        });
        let agents_online = u32::try_from(agents.count()).unwrap_or(u32::MAX);
        let heartbeat = Heartbeat {
            version: self.settings.version.clone(),
            uptime_s: port.clock().up_ms() / 1000,
            journal_depth: status.unsent,
            journal_bytes: status.facts_bytes + status.telemetry_bytes,
            hours_left: status.hours_left,
            oldest_at: None,
            cpu: self.cpu(),
            mem: self.memory(),
            disk: self.disk(),
            temp_c: self.temperature(),
            agents_online,
            devices_ok,
            devices_bad,
            boots: status.boot,
        };
        latest.send_replace(heartbeat.clone());
        port.record(Actor::Edge, vec![FactEntry::from(Fact::SiteHeartbeat(heartbeat))])
            .await
    }

    async fn metric(&self, port: &Port) -> Result<(), Refusal> {
        let metric = Metric {
            device: None,
            cpu: self.cpu(),
            mem: self.memory(),
            temp_c: self.temperature(),
            disk: self.disk(),
            net_ms: None,
            more: Default::default(),
        };
        port.record(Actor::Edge, vec![FactEntry::from(Fact::DeviceMetric(metric))])
            .await
    }

    /// None at the first reading: use is measured between two.
    fn cpu(&self) -> Option<f32> {
        let system = self.system.as_ref().filter(|system| !system.cpus().is_empty())?;
        if self.readings < 2 {
            return None;
        }
        Some(system.global_cpu_usage()).filter(|cpu| cpu.is_finite())
    }

    fn memory(&self) -> Option<f32> {
        let system = self.system.as_ref()?;
        percent(system.used_memory(), system.total_memory())
    }

    /// The hottest sensor.
    fn temperature(&self) -> Option<f32> {
        let readings = self
            .components
            .as_ref()?
            .iter()
            .filter_map(sysinfo::Component::temperature);
        readings.filter(|reading| reading.is_finite()).reduce(f32::max)
    }

    /// The disk mounted closest above the journal.
    fn disk(&self) -> Option<f32> {
        let above = self
            .disks
            .as_ref()?
            .iter()
            .filter(|disk| self.settings.disk.starts_with(disk.mount_point()));
        let disk = above.max_by_key(|disk| disk.mount_point().as_os_str().len())?;
        percent(
            disk.total_space().checked_sub(disk.available_space())?,
            disk.total_space(),
        )
    }
}

fn percent(part: u64, whole: u64) -> Option<f32> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 100.0) as f32)
}

#[cfg(test)]
mod tests;
