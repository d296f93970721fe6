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
    edge::token_of,
    house::{House, Wishes},
    orders,
    patience::{LONG, SOON, until},
    seed, staff,
};
use tests_world::{
    mqtt::{Fleet, Load},
    net::{Mood, Weather},
};
use tokio::time::{Instant, sleep};

const HOUR_MS: i64 = 3600 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How long an order is good for, seconds.
const GOOD_FOR: u64 = 10;
/// From the edge's last look at its clock to the door, on a machine that is busy.
const ON_THE_WIRE: Duration = Duration::from_secs(1);

/// Asks for a door until one opens; an edge may refuse while it does not know the time.
async fn a_door_opens_in_time(house: &House, door: u64) {
    let hung = house.doors.first().unwrap();
    let named = house.named(&hung.device);
    until("an order goes well", LONG, || async {
        let (before, asked) = (hung.terminal.openings().len(), Instant::now());
        let answer = orders::open_door(&house.admin, &named, door, GOOD_FOR).await?;
        let id = text(&answer.body, "id")?;
        let order = until("the order has an end", Duration::from_secs(60), || async {
            let order = orders::one(&house.admin, &id).await?;
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
async fn a_late_order_opens_nothing(house: &House, door: u64) {
    let hung = house.doors.first().unwrap();
    let before = hung.terminal.openings().len();
    let stalled = Weather {
        mood: Mood::Stalling,
        ..Weather::default()
    };
    house.net.set(stalled).await;
    let answer = orders::open_door(&house.admin, &house.named(&hung.device), door, 1).await;
    let id = text(&answer.unwrap().body, "id").unwrap();
    // Not for correctness: an order that came early enough would be carried out, and prove nothing.
    sleep(Duration::from_millis(2500)).await;
    house.net.set(Weather::default()).await;
    until("the order has an end", LONG, || async {
        let order = orders::one(&house.admin, &id).await?;
        ensure!(order.state == "expired", "{order:?}");
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(hung.terminal.openings().len(), before, "a door opened late");
}

/// Everything the devices know is in the cloud once, and no order has two ends.
async fn everything_arrives(house: &House) {
    let loads = house.buttons.iter().map(|device| Load {
        limit: Some(30),
        ..Load::new(device.clone(), &token_of(device))
    });
    let mut fleet = Fleet::start(house.edge.mqtt().unwrap(), loads);
    fleet.reaches(30 * house.buttons.len() as u64, SOON).await.unwrap();
    let ledgers = fleet.finish(SOON).await.unwrap();
    for door in &house.doors {
        door.terminal.badge("1042", KeyKind::Card);
    }
    until("everything is in the cloud, once", LONG, || async {
        let history = house.history().await?;
        ledgers.iter().try_for_each(|ledger| history.check_ledger(ledger))?;
        for door in &house.doors {
            history.check_log(&door.serial, &door.terminal.log())?;
        }
        history.check_lanes()?;
        orders::check_outcomes(&orders::all(&house.admin, &house.edge_id).await?, &history)
    })
    .await
    .unwrap();
}

async fn wrong(name: &str, edge_clock_ms: i64, cloud_clock_ms: i64) -> House {
    let mut dice = seed::dice(name).unwrap();
    House::open(Wishes {
        buttons: 2,
        terminals: vec![staff::terminal(1, &mut dice)],
        edge_clock_ms,
        cloud_clock_ms,
        seed: dice.throw(),
        ..Wishes::named(name)
    })
    .await
    .unwrap()
}

/// Somebody was told by how much the clock was set, and that it can be trusted now.
async fn the_edge_learnt_the_time(house: &House, by_ms: i64) {
    until("the edge says that its clock was set", LONG, || async {
        let history = house.history().await?;
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
    let mut house = wrong("clocks-edge", -5 * DAY_MS, 0).await;
    a_door_opens_in_time(&house, 1).await;
    a_late_order_opens_nothing(&house, 2).await;
    for (door, ahead) in [(3, 9 * DAY_MS), (5, -20 * 365 * DAY_MS)] {
        house.edge.kill().await.unwrap();
        house.edge.clock_ahead(ahead);
        house.edge.start().await.unwrap();
        the_edge_learnt_the_time(&house, -ahead).await;
        a_door_opens_in_time(&house, door).await;
        a_late_order_opens_nothing(&house, door + 1).await;
    }
    everything_arrives(&house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cloud_that_is_wrong_or_jumps_opens_no_door_late() {
    let mut house = wrong("clocks-cloud", 0, -3 * DAY_MS).await;
    a_door_opens_in_time(&house, 1).await;
    a_late_order_opens_nothing(&house, 2).await;
    for (door, ahead) in [(3, 2 * HOUR_MS), (5, 0)] {
        house.cloud.kill().await.unwrap();
        house.cloud.clock_ahead(ahead);
        house.cloud_returns().await.unwrap();
        a_door_opens_in_time(&house, door).await;
        a_late_order_opens_nothing(&house, door + 1).await;
    }
    everything_arrives(&house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_clocks_are_wrong() {
    let house = wrong("clocks-both", 4 * DAY_MS, -2 * DAY_MS).await;
    a_door_opens_in_time(&house, 1).await;
    a_late_order_opens_nothing(&house, 2).await;
    everything_arrives(&house).await;
}
