//! A gate at the board's pins, driven by the edge's own fleet: a card at the reader moves the relay, a passage is told.
//!
//! Who moved what is seen from the other side of the pins.

use crate::{
    desk::NoClock,
    pins::{LIMIT, until},
    pulls::{Pull, Pulls},
    wiegand,
};
use adapter_sdk::{Ask, DriverReport, State};
use anyhow::{Context as _, Result, bail, ensure};
use edge_devices::{Config, DriverEvent, Fleet, FleetContext};
use protocol::{CommandId, DeviceId, Outcome, Timestamp, command::Action, fact::Door};
use rustls::RootCertStore;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tests_site::rulings::Rulings;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout},
};

/// The relay of side A, and the contact that opens when somebody passes.
const RELAY: u32 = 0;
const PASS: u32 = 2;
/// For how long the contact is open then.
const PASSING: Duration = Duration::from_millis(300);

/// A fleet of one gate.
struct Gate<'a> {
    pulls: &'a Pulls,
    fleet: Fleet,
    happened: mpsc::Receiver<DriverEvent>,
    device: DeviceId,
    rulings: Rulings,
}

pub(crate) async fn lets_through(pulls: &Pulls) -> Result<()> {
    let mut gate = Gate::open(pulls).await?;
    wiegand::show(pulls)?;
    gate.told("access.granted").await?;
    gate.moves().await.context("after the card")?;
    pulls.pull(PASS, Pull::Up)?;
    sleep(PASSING).await;
    pulls.pull(PASS, Pull::Down)?;
    gate.told("access.entered").await?;

    let (ask, outcome) = ask();
    gate.fleet.ask(&gate.device, ask);
    let opened = async {
        gate.told("access.opened").await?;
        gate.moves().await
    };
    opened.await.context("after the command")?;
    let outcome = timeout(LIMIT, outcome).await.context("the command has no end")??;
    ensure!(
        matches!(outcome, Outcome::Ok { .. }),
        "the command ended with {outcome:?}"
    );
    gate.fleet.stop().await;
    ensure!(pulls.level(RELAY)? == Pull::Down, "the relay is left active");
    Ok(())
}

impl<'a> Gate<'a> {
    /// Begins, and waits until the gate is at rest.
    async fn open(pulls: &'a Pulls) -> Result<Self> {
        let (sender, happened) = mpsc::channel(64);
        let given = FleetContext {
            catalog: vec![adapter_turnstile::ADAPTER],
            clock: Arc::new(NoClock),
            roots: Arc::new(RootCertStore::empty()),
            happened: sender,
            resume: Arc::new(|_| Box::pin(async { None })),
            push_url: Arc::new(|_| None),
            seed: 1,
        };
        let device: DeviceId = "gate".parse()?;
        let chip = pulls.chip();
        let [d0, d1] = wiegand::WIRES;
        let config = Config {
            device: device.clone(),
            adapter: "turnstile".parse()?,
            settings: json!({
                "gpio": {"chip": chip},
                "outputs": {"a": RELAY},
                "inputs": {"pass_a": {"at": PASS}},
                "readers": [{"way": "wiegand", "side": "a", "chip": chip, "d0": d0, "d1": d1}],
                "keys": [{"person": "p-7", "card": wiegand::CARD}],
                "pulse_ms": 500,
            }),
        };
        let rulings = Rulings::new(device.clone(), &config.settings)?;
        let mut fleet = Fleet::new(given);
        fleet.put(config)?;
        let mut gate = Self {
            pulls,
            fleet,
            happened,
            device,
            rulings,
        };
        gate.online().await?;
        ensure!(pulls.level(RELAY)? == Pull::Down, "the relay is active from the start");
        // The contact is closed, and the wires are high: the kernel has pulled all of them up by now.
        pulls.pull(PASS, Pull::Down)?;
        Ok(gate)
    }

    async fn online(&mut self) -> Result<()> {
        loop {
            match self.next().await? {
                DriverEvent::DriverReport(_, DriverReport::State(State::Online { .. })) => return Ok(()),
                DriverEvent::DriverReport(_, told) => answer(told),
                DriverEvent::Down { reason, .. } => bail!("the gate is down: {reason}"),
            }
        }
    }

    /// Waits until a fact of this name is told; others are passed over.
    async fn told(&mut self, name: &str) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        let mut heard = Vec::new();
        while !heard.contains(&name) {
            ensure!(Instant::now() < deadline, "no {name}, but {heard:?}");
            match self.next().await? {
                DriverEvent::DriverReport(_, DriverReport::Facts(observation)) => {
                    heard.extend(observation.facts.iter().map(|seen| seen.fact.name()));
                    // The driver waits for it.
                    let _ = observation.done.send(Ok(()));
                }
                DriverEvent::DriverReport(_, DriverReport::Question(question)) => {
                    self.rulings
                        .rule(question, Timestamp::from_millis(1), |fact| heard.push(fact.name()));
                }
                DriverEvent::DriverReport(..) => {}
                DriverEvent::Down { reason, .. } => bail!("the gate is down after {heard:?}: {reason}"),
            }
        }
        Ok(())
    }

    /// The relay moves, and falls back.
    async fn moves(&self) -> Result<()> {
        until("the relay moves", || Ok(self.pulls.level(RELAY)? == Pull::Up)).await?;
        until("it falls back", || Ok(self.pulls.level(RELAY)? == Pull::Down)).await
    }

    async fn next(&mut self) -> Result<DriverEvent> {
        let happened = timeout(LIMIT, self.happened.recv()).await;
        happened.context("the gate is silent")?.context("the fleet is gone")
    }
}

/// A command that somebody at a screen gave.
fn ask() -> (Ask, oneshot::Receiver<Outcome>) {
    let command = CommandId::new(Timestamp::from_millis(1), [7; 10]);
    let open = Action::AccessOpen {
        door: Door(1),
        reason: None,
    };
    let far = Timestamp::from_millis(i64::MAX);
    Ask::new(command, open, far, Instant::now() + Duration::from_secs(30))
}

/// Facts nobody looks at are on disk as well.
fn answer(told: DriverReport) {
    match told {
        DriverReport::Facts(observation) => {
            let _ = observation.done.send(Ok(()));
        }
        // A card nobody waits for is not let through.
        DriverReport::Question(_) | DriverReport::State(_) | DriverReport::Alive => {}
    }
}
