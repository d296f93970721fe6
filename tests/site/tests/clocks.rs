//! Wrong clocks at the edge, at the cloud and at both: no door opens late, and every event arrives.
//!
//! Lateness is measured with the test's own monotonic clock, which nobody shifts.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use anyhow::ensure;
use protocol::{Fact, fact::KeyKind, time::ClockState};
use std::time::Duration;
use tests_site::{
    admin::text,
    commands,
    edge::token_of,
    scenario::{Scenario, ScenarioSpec},
    seed, staff,
    wait::{LONG, SOON, until},
};
use tests_world::{
    clock::Clock,
    mqtt::{Fleet, Load},
    net::{Forwarding, NetworkConditions},
};
use tokio::time::{Instant, sleep};

const HOUR_MS: i64 = 3600 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How long an order is good for, seconds.
const GOOD_FOR: u64 = 10;
/// From the edge's last look at its clock to the door, on a machine that is busy.
const ON_THE_WIRE: Duration = Duration::from_secs(1);

/// Asks for a door until one opens; an edge may refuse while it does not know the time.
async fn a_door_opens_in_time(scenario: &Scenario, door: u64) {
    let hung = scenario.doors.first().unwrap();
    let named = scenario.named(&hung.device);
    until("an order goes well", LONG, || async {
        let (before, asked) = (hung.terminal.openings().len(), Instant::now());
        let answer = commands::open_door(&scenario.admin, &named, door, GOOD_FOR).await?;
        let id = text(&answer.body, "id")?;
        let order = until("the order has an end", Duration::from_secs(60), || async {
            let order = commands::one(&scenario.admin, &id).await?;
            order.ended()?;
            Ok(order)
        })
        .await?;
        let moved = hung.terminal.openings().split_off(before);
        for opening in &moved {
            let took = opening.taken.duration_since(asked);
            assert!(
                took < Duration::from_secs(GOOD_FOR) + ON_THE_WIRE,
                "a door opened {took:?} after it was asked for"
            );
        }
        assert!(moved.len() <= 1, "one order moved the door {} times", moved.len());
        ensure!(order.state == "ok", "{order:?}");
        assert_eq!(moved.len(), 1, "{order:?}");
        Ok(())
    })
    .await
    .unwrap();
}

/// An order that is held up in the network for longer than it is good for opens nothing.
async fn a_late_order_opens_nothing(scenario: &Scenario, door: u64) {
    let hung = scenario.doors.first().unwrap();
    let before = hung.terminal.openings().len();
    let stalled = NetworkConditions {
        forwarding: Forwarding::Stalling,
        ..NetworkConditions::default()
    };
    scenario.net.set(stalled).await;
    let answer = commands::open_door(&scenario.admin, &scenario.named(&hung.device), door, 1).await;
    let id = text(&answer.unwrap().body, "id").unwrap();
    // Not for correctness: an order that came early enough would be carried out, and prove nothing.
    sleep(Duration::from_millis(2500)).await;
    scenario.net.set(NetworkConditions::default()).await;
    until("the order has an end", LONG, || async {
        let order = commands::one(&scenario.admin, &id).await?;
        ensure!(order.state == "expired", "{order:?}");
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(hung.terminal.openings().len(), before, "a door opened late");
}

/// Everything the devices know is in the cloud once, and no order has two ends.
async fn everything_arrives(scenario: &Scenario) {
    let loads = scenario.buttons.iter().map(|device| Load {
        limit: Some(30),
        ..Load::new(device.clone(), &token_of(device))
    });
    let mut fleet = Fleet::start(scenario.edge.mqtt().unwrap(), loads);
    fleet.reaches(30 * scenario.buttons.len() as u64, SOON).await.unwrap();
    let delivery_logs = fleet.finish(SOON).await.unwrap();
    for door in &scenario.doors {
        door.terminal.badge("1042", KeyKind::Card);
    }
    until("everything is in the cloud, once", LONG, || async {
        let history = scenario.history().await?;
        delivery_logs
            .iter()
            .try_for_each(|delivery_log| history.check_delivery_log(delivery_log))?;
        for door in &scenario.doors {
            history.check_log(&door.serial, &door.terminal.log())?;
        }
        history.check_lanes()?;
        commands::check_outcomes(&commands::all(&scenario.admin, &scenario.edge_id).await?, &history)
    })
    .await
    .unwrap();
}

async fn wrong(name: &str, edge_clock_ms: i64, cloud_clock_ms: i64) -> Scenario {
    let mut rng = seed::rng(name).unwrap();
    Scenario::open(ScenarioSpec {
        buttons: 2,
        terminals: vec![staff::terminal(1, &mut rng)],
        edge_clock_ms,
        cloud_clock_ms,
        seed: rng.throw(),
        ..ScenarioSpec::named(name)
    })
    .await
    .unwrap()
}

/// Somebody was told by how much the clock was set, and that it can be trusted now.
async fn the_edge_learnt_the_time(scenario: &Scenario, by_ms: i64) {
    until("the edge says that its clock was set", LONG, || async {
        let history = scenario.history().await?;
        let told = history.of("site.clock.changed").any(|event| {
            matches!(&event.fact, Fact::ClockChanged(change)
                if change.state == ClockState::Synced && (change.jump_ms - by_ms).abs() < HOUR_MS / 2)
        });
        ensure!(told, "{:?}", history.of("site.clock.changed").collect::<Vec<_>>());
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edge_that_wakes_in_the_past_or_future_learns_the_time() {
    let mut scenario = wrong("clocks-edge", -5 * DAY_MS, 0).await;
    a_door_opens_in_time(&scenario, 1).await;
    a_late_order_opens_nothing(&scenario, 2).await;
    // A clock of the future is turned back; one of the past goes on from the newest fact, so there is little to turn.
    for (door, ahead, set_ms) in [(3, 9 * DAY_MS, -9 * DAY_MS), (5, -20 * 365 * DAY_MS, 0)] {
        scenario.edge.kill().await.unwrap();
        scenario.edge.clock_ahead(ahead);
        scenario.edge.start().await.unwrap();
        the_edge_learnt_the_time(&scenario, set_ms).await;
        a_door_opens_in_time(&scenario, door).await;
        a_late_order_opens_nothing(&scenario, door + 1).await;
    }
    everything_arrives(&scenario).await;
    let history = scenario.history().await.unwrap();
    let past = history
        .of("site.started")
        .find(|event| event.at.as_millis() < Clock::Real.now().as_millis() - 30 * DAY_MS);
    assert!(past.is_none(), "{past:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cloud_that_is_wrong_or_jumps_opens_no_door_late() {
    let mut scenario = wrong("clocks-cloud", 0, -3 * DAY_MS).await;
    a_door_opens_in_time(&scenario, 1).await;
    a_late_order_opens_nothing(&scenario, 2).await;
    for (door, ahead) in [(3, 2 * HOUR_MS), (5, 0)] {
        scenario.cloud.kill().await.unwrap();
        scenario.cloud.clock_ahead(ahead);
        scenario.restart_cloud().await.unwrap();
        a_door_opens_in_time(&scenario, door).await;
        a_late_order_opens_nothing(&scenario, door + 1).await;
    }
    everything_arrives(&scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_clocks_are_wrong() {
    let scenario = wrong("clocks-both", 4 * DAY_MS, -2 * DAY_MS).await;
    a_door_opens_in_time(&scenario, 1).await;
    a_late_order_opens_nothing(&scenario, 2).await;
    everything_arrives(&scenario).await;
}
