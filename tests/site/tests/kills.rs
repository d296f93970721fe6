//! kill -9 of edge and cloud at random instants, under load: nothing acknowledged is lost, nothing happens twice or late.
//!
//! Compared with what devices and doors know themselves, never with what edge or cloud say they did.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use anyhow::Result;
use std::time::Duration;
use tests_site::{
    consistency,
    edge::token_of,
    scenario::{Scenario, ScenarioSpec},
    seed, staff,
    wait::{LONG, until},
};
use tests_world::{
    mqtt::{Fleet, Load},
    rng::Rng,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const CLIENTS: usize = 20;
/// Kills of a regular run; `cargo xtask test --kills N` sets another number.
const KILLS: u64 = 50;
/// How many publishes of one client may wait for their acknowledgement.
const WINDOW: usize = 4;

fn kills() -> u64 {
    match std::env::var("OSTONA_KILLS") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => KILLS,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_late_whoever_is_killed() {
    let mut rng = seed::rng("kills").unwrap();
    let mut scenario = Scenario::open(ScenarioSpec {
        buttons: CLIENTS,
        terminals: vec![staff::terminal(1, &mut rng), staff::terminal(2, &mut rng)],
        seed: rng.throw(),
        ..ScenarioSpec::named("kills")
    })
    .await
    .unwrap();

    let stop = CancellationToken::new();
    let loads = scenario.buttons.iter().map(|device| Load {
        window: WINDOW,
        pace: Some(Duration::from_millis(100)),
        ..Load::new(device.clone(), &token_of(device))
    });
    let fleet = Fleet::start(scenario.edge.mqtt().unwrap(), loads);
    let people = staff::badge(
        scenario.terminals(),
        Duration::from_millis(200),
        rng.fork(),
        stop.clone(),
    );
    let spec = staff::press(
        scenario.admin.clone(),
        scenario.targets(),
        Duration::from_millis(300),
        rng.fork(),
        stop.clone(),
    );

    for _ in 0..kills() {
        sleep(Duration::from_millis(300 + rng.below(1700))).await;
        strike(&mut scenario, &fleet, &mut rng).await.unwrap();
    }

    stop.cancel();
    people.await.unwrap();
    let asked = spec.await.unwrap();
    let delivery_logs = fleet.finish(LONG).await.unwrap();
    let acknowledged: usize = delivery_logs
        .iter()
        .map(|delivery_log| delivery_log.acknowledged.len())
        .sum();
    assert!(acknowledged > 0, "nobody published anything");
    assert!(asked > 0, "nobody asked for a door");
    let moved = |scenario: &Scenario| {
        scenario
            .doors
            .iter()
            .map(|door| door.terminal.openings().len())
            .sum::<usize>()
    };
    assert!(moved(&scenario) > 0, "no door moved at all");
    scenario.let_commands_go_unconfirmed().await.unwrap();
    until("everything is in the cloud, once", LONG, || {
        consistency::check(&scenario, &delivery_logs)
    })
    .await
    .unwrap();
}

/// Kills edge, cloud or both, without warning, and starts them again after a moment or at once.
async fn strike(scenario: &mut Scenario, fleet: &Fleet, rng: &mut Rng) -> Result<()> {
    let pause = Duration::from_millis(rng.below(2) * rng.below(500));
    let (edge, cloud) = match rng.below(10) {
        0..=5 => (true, false),
        6..=8 => (false, true),
        _ => (true, true),
    };
    if edge {
        scenario.edge.kill().await?;
    }
    if cloud {
        scenario.cloud.kill().await?;
    }
    sleep(pause).await;
    if cloud {
        scenario.restart_cloud().await?;
    }
    if edge {
        scenario.edge.start().await?;
        fleet.lead_to(scenario.edge.mqtt()?);
    }
    Ok(())
}
