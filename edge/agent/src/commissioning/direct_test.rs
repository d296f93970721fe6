//! A device's driver run without an agent: what it says is printed and kept nowhere.
//!
//! Only while no agent runs, or with settings that are to be tried: two conversations with one device disturb each other.

use super::{ended, text};
use crate::{
    app::document,
    catalog::catalog,
    clock::WallClock,
    seal,
    settings::{DeviceSpec, Settings},
};
use adapter_sdk::{Ask, DriverReport, LineSpec, State};
use anyhow::{Context as _, bail};
use edge_devices::{Config, DriverEvent, Fleet, FleetContext};
use edge_journal::{Journal, JournalError, JournalOptions, Table};
use edge_uplink::{EdgeIdentity, EdgeIdentityError};
use protocol::{CommandId, DeviceId, Epoch, Outcome, Reason, command::Action};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// Time for all of it.
const TEST_TIMEOUT: Duration = Duration::from_secs(15);
/// Between two attempts at the device's test while it is being connected to.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// What the stored documents, else the settings file, say of a device.
pub(super) fn spec(settings: &Settings, device: &DeviceId) -> anyhow::Result<Option<DeviceSpec>> {
    let filed = settings.devices.iter().find(|(known, _)| known == device);
    let filed = filed.map(|(_, spec)| spec.clone());
    let dir = settings.journal_dir();
    if !dir.exists() || edge_journal::is_blank(&dir).with_context(|| format!("cannot look into {}", dir.display()))? {
        return Ok(filed);
    }
    let seal = seal::key(settings)?;
    let epoch = match EdgeIdentity::load(&settings.identity(), seal.as_ref()) {
        Ok(identity) => identity.journal_epoch(),
        Err(EdgeIdentityError::Absent { .. }) => Epoch(1),
        Err(error) => return Err(error).context("this edge does not know who it is"),
    };
    let options = JournalOptions {
        seal,
        ..JournalOptions::new(dir, epoch)
    };
    let (journal, _) = match Journal::open(options) {
        Err(JournalError::Locked { .. }) => bail!("an agent runs and does not answer; stop it first"),
        other => other.context("cannot open the journal")?,
    };
    let table = journal.scan(Table::Documents).context("cannot read the documents")?;
    let documents = table.iter().filter_map(|(_, bytes)| document(bytes));
    let mut ours = documents.filter(|document| document.id.kind() == "device" && document.id.name() == device.as_str());
    // One this build cannot read leaves the settings file in force, as in the agent.
    let stored = ours.find_map(|document| serde_json::from_value(document.body).ok());
    Ok(stored.or(filed))
}

/// Speaks to the device and prints what comes of it.
pub(super) async fn test(settings: &Settings, device: DeviceId, spec: DeviceSpec) -> anyhow::Result<()> {
    let adapter = spec
        .adapter
        .context("the device has no adapter: it speaks MQTT or HTTP to the box")?;
    let named = catalog()
        .into_iter()
        .find(|known| known.manifest().id == adapter.as_str());
    let calls = named
        .and_then(|adapter| adapter.plan(&spec.settings).ok())
        .is_some_and(|plan| matches!(plan.wants, LineSpec::Calls(_)));
    if calls {
        bail!("{device} calls the box by itself: start the agent, and test it then");
    }
    let (happened_in, happened) = mpsc::channel(64);
    let clock = Arc::new(WallClock::new(settings.zone.clone(), settings.clock));
    let mut fleet = Fleet::new(FleetContext {
        catalog: catalog(),
        clock: clock.clone(),
        roots: Arc::new(rustls::RootCertStore::empty()),
        happened: happened_in,
        resume: Arc::new(|_| Box::pin(async { None })),
        push_url: Arc::new(|_| None),
        seed: 0,
    });
    let config = Config {
        device: device.clone(),
        adapter,
        settings: spec.settings,
    };
    fleet.put(config)?;
    let mut alone = DirectTest {
        device,
        fleet,
        clock,
        until: Instant::now() + TEST_TIMEOUT,
        fact_counts: BTreeMap::new(),
    };
    let outcome = alone.listen(happened).await;
    for (name, count) in &alone.fact_counts {
        crate::say(&format!("{count} × {name}"));
    }
    // However far it got, the device is left in order.
    alone.fleet.stop().await;
    ended(&alone.device, &outcome?)
}

struct DirectTest {
    device: DeviceId,
    fleet: Fleet,
    clock: Arc<WallClock>,
    until: Instant,
    /// How often which fact was told: their names only.
    fact_counts: BTreeMap<&'static str, u64>,
}

impl DirectTest {
    /// Until the test has an end, or the driver, or the time.
    async fn listen(&mut self, mut happened: mpsc::Receiver<DriverEvent>) -> anyhow::Result<Outcome> {
        let mut attempt = Instant::now() + RETRY_INTERVAL;
        let (outcomes_in, mut outcomes) = mpsc::channel(1);
        loop {
            tokio::select! {
                happened = happened.recv() => match happened {
                    Some(happened) => self.hear(happened)?,
                    None => bail!("the driver is gone"),
                },
                Some(outcome) = outcomes.recv() => {
                    if !matches!(outcome, Outcome::Rejected { reason: Reason::Offline, .. }) {
                        return Ok(outcome);
                    }
                    // It is being connected to.
                    attempt = Instant::now() + RETRY_INTERVAL;
                }
                () = sleep_until(attempt) => {
                    attempt = self.until + RETRY_INTERVAL;
                    let outcome = self.ask()?;
                    let outcomes_in = outcomes_in.clone();
                    tokio::spawn(async move {
                        if let Ok(outcome) = outcome.await {
                            // Nobody waits any more once the time is over.
                            let _ = outcomes_in.send(outcome).await;
                        }
                    });
                }
                () = sleep_until(self.until) => bail!("{}: not within {} s", self.device, TEST_TIMEOUT.as_secs()),
            }
        }
    }

    fn ask(&self) -> anyhow::Result<tokio::sync::oneshot::Receiver<Outcome>> {
        let mut entropy = [0; 10];
        getrandom::fill(&mut entropy).context("the system gives no randomness")?;
        let now = edge_kernel::EdgeClock::now(&*self.clock);
        let (ask, outcome) = Ask::new(
            CommandId::new(now, entropy),
            Action::DeviceTest {},
            now.plus(TEST_TIMEOUT),
            self.until,
        );
        self.fleet.ask(&self.device, ask);
        Ok(outcome)
    }

    fn hear(&mut self, happened: DriverEvent) -> anyhow::Result<()> {
        match happened {
            DriverEvent::DriverReport(_, DriverReport::Facts(observation)) => {
                for seen in &observation.facts {
                    *self.fact_counts.entry(seen.fact.name()).or_default() += 1;
                }
                // Nothing is on disk. A device that is read keeps its log all the same, and one that forgets what it
                // was told is "ok" calls by itself and is not spoken to here.
                let _ = observation.done.send(Ok(()));
            }
            DriverEvent::DriverReport(_, DriverReport::State(State::Online { fw })) => {
                let fw = fw.map_or_else(String::new, |fw| format!(", firmware {}", text::plain(fw.as_str())));
                crate::say(&format!("online{fw}"));
            }
            DriverEvent::DriverReport(_, DriverReport::State(State::Degraded { reason })) => {
                crate::say(&format!("degraded: {}", text::plain(&reason)));
            }
            // Nobody is let through by a box that is only being set up.
            DriverEvent::DriverReport(_, DriverReport::Alive | DriverReport::Question(_)) => {}
            // A wrong password is not tried twice.
            DriverEvent::Down { reason, .. } => bail!("{}: {reason}", self.device),
        }
        Ok(())
    }
}
