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
    edge::token_of,
    house::{House, Wishes},
    patience::{LONG, until},
    proof, seed, staff,
};
use tests_world::{
    dice::Dice,
    mqtt::{Fleet, Load},
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
    let mut dice = seed::dice("kills").unwrap();
    let mut house = House::open(Wishes {
        buttons: CLIENTS,
        terminals: vec![staff::terminal(1, &mut dice), staff::terminal(2, &mut dice)],
        seed: dice.throw(),
        ..Wishes::named("kills")
    })
    .await
    .unwrap();

    let stop = CancellationToken::new();
    let loads = house.buttons.iter().map(|device| Load {
        window: WINDOW,
        pace: Some(Duration::from_millis(100)),
        ..Load::new(device.clone(), &token_of(device))
    });
    let fleet = Fleet::start(house.edge.mqtt().unwrap(), loads);
    let people = staff::badge(house.terminals(), Duration::from_millis(200), dice.fork(), stop.clone());
    let wishes = staff::press(
        house.admin.clone(),
        house.targets(),
        Duration::from_millis(300),
        dice.fork(),
        stop.clone(),
    );

    for _ in 0..kills() {
        sleep(Duration::from_millis(300 + dice.below(1700))).await;
        strike(&mut house, &fleet, &mut dice).await.unwrap();
    }

    stop.cancel();
    people.await.unwrap();
    let asked = wishes.await.unwrap();
    let ledgers = fleet.finish(LONG).await.unwrap();
    let acknowledged: usize = ledgers.iter().map(|ledger| ledger.acknowledged.len()).sum();
    assert!(acknowledged > 0, "nobody published anything");
    assert!(asked > 0, "nobody asked for a door");
    let moved = |house: &House| {
        house
            .doors
            .iter()
            .map(|door| door.terminal.openings().len())
            .sum::<usize>()
    };
    assert!(moved(&house) > 0, "no door moved at all");
    house.nobody_confirms_any_more().await.unwrap();
    until("everything is in the cloud, once", LONG, || {
        proof::complete(&house, &ledgers)
    })
    .await
    .unwrap();
}

/// Kills edge, cloud or both, without warning, and starts them again after a moment or at once.
async fn strike(house: &mut House, fleet: &Fleet, dice: &mut Dice) -> Result<()> {
    let pause = Duration::from_millis(dice.below(2) * dice.below(500));
    let (edge, cloud) = match dice.below(10) {
        0..=5 => (true, false),
        6..=8 => (false, true),
        _ => (true, true),
    };
    if edge {
        house.edge.kill().await?;
    }
    if cloud {
        house.cloud.kill().await?;
    }
    sleep(pause).await;
    if cloud {
        house.cloud_returns().await?;
    }
    if edge {
        house.edge.start().await?;
        fleet.lead_to(house.edge.mqtt()?);
    }
    Ok(())
}
