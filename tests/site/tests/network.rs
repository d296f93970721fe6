//! A lossy, slow, half-open, reordering network between edge and cloud: everything arrives once, nothing happens late.
//!
//! The network never alters a byte; what it does besides is at least as bad as a branch's uplink.

use anyhow::ensure;
use std::time::Duration;
use tests_site::{
    admin::text,
    cloud::Speech,
    edge::token_of,
    house::{House, Wishes},
    orders,
    patience::{LONG, SOON, until},
    proof, seed, staff,
};
use tests_world::{
    dice::Dice,
    mqtt::{Fleet, Load},
    net::{ConnectProxy, Mood, Upgrades, Weather},
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const CLIENTS: usize = 5;
/// How often the weather changes.
const CHANGES: usize = 20;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Any weather but a fair day.
fn bad_weather(dice: &mut Dice) -> Weather {
    let fair = Weather::default();
    match dice.below(7) {
        0 => Weather {
            mood: Mood::Swallowing,
            ..fair
        },
        1 => Weather {
            mood: Mood::Stalling,
            ..fair
        },
        2 => Weather {
            mood: Mood::Refusing,
            ..fair
        },
        3 => Weather {
            cut_after: Some(500 + dice.below(20_000)),
            ..fair
        },
        4 => Weather {
            delay: millis(0)..millis(800),
            largest_chunk: 64,
            ..fair
        },
        5 => Weather {
            bandwidth: Some(2_000 + dice.below(20_000)),
            ..fair
        },
        _ => Weather {
            delay: millis(50)..millis(400),
            bandwidth: Some(30_000),
            cut_after: Some(5_000 + dice.below(50_000)),
            ..fair
        },
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_network_does_everything_arrives_once() {
    let mut dice = seed::dice("network").unwrap();
    let house = House::open(Wishes {
        buttons: CLIENTS,
        terminals: vec![staff::terminal(1, &mut dice)],
        seed: dice.throw(),
        ..Wishes::named("network")
    })
    .await
    .unwrap();
    let stop = CancellationToken::new();
    let loads = house.buttons.iter().map(|device| Load {
        pace: Some(millis(100)),
        ..Load::new(device.clone(), &token_of(device))
    });
    let fleet = Fleet::start(house.edge.mqtt().unwrap(), loads);
    let people = staff::badge(house.terminals(), millis(300), dice.fork(), stop.clone());
    let wishes = staff::press(
        house.admin.clone(),
        house.targets(),
        millis(300),
        dice.fork(),
        stop.clone(),
    );

    for _ in 0..CHANGES {
        let weather = if dice.once_in(3) {
            Weather::default()
        } else {
            bad_weather(&mut dice)
        };
        house.net.set(weather).await;
        if dice.once_in(4) {
            house.net.cut().await;
        }
        sleep(millis(500 + dice.below(2500))).await;
    }

    stop.cancel();
    people.await.unwrap();
    assert!(wishes.await.unwrap() > 0, "nobody asked for a door");
    let ledgers = fleet.finish(LONG).await.unwrap();
    house.net.set(Weather::default()).await;
    let mut house = house;
    house.nobody_confirms_any_more().await.unwrap();
    until("everything is in the cloud, once", LONG, || {
        proof::complete(&house, &ledgers)
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_websockets_are_forbidden_orders_and_events_travel_by_requests() {
    let mut dice = seed::dice("network-rest").unwrap();
    let house = House::open(Wishes {
        terminals: vec![staff::terminal(1, &mut dice)],
        weather: Weather {
            upgrades: Upgrades::Forbidden,
            ..Weather::default()
        },
        seed: dice.throw(),
        ..Wishes::named("network-rest")
    })
    .await
    .unwrap();
    let door = house.doors.first().unwrap();
    let asked = orders::open_door(&house.admin, &house.named(&door.device), 3, 30).await;
    let id = text(&asked.unwrap().body, "id").unwrap();
    until("the order has an end", SOON, || async {
        orders::one(&house.admin, &id).await?.ended()
    })
    .await
    .unwrap();
    assert_eq!(orders::one(&house.admin, &id).await.unwrap().state, "ok");
    door.terminal.badge("1042", protocol::fact::KeyKind::Card);
    until("everything is in the cloud, once", LONG, || {
        proof::complete(&house, &[])
    })
    .await
    .unwrap();
    assert!(house.net.traffic().upgrades_forbidden > 0, "no socket was tried");
    let history = house.history().await.unwrap();
    assert!(history.of("site.link.up").count() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_held_up_on_its_way_opens_nothing() {
    let mut dice = seed::dice("network-late").unwrap();
    let house = House::open(Wishes {
        terminals: vec![staff::terminal(1, &mut dice)],
        seed: dice.throw(),
        ..Wishes::named("network-late")
    })
    .await
    .unwrap();
    let door = house.doors.first().unwrap();
    house
        .net
        .set(Weather {
            mood: Mood::Stalling,
            ..Weather::default()
        })
        .await;
    let asked = orders::open_door(&house.admin, &house.named(&door.device), 5, 2).await;
    let id = text(&asked.unwrap().body, "id").unwrap();
    until("the cloud has sent the order", SOON, || async {
        let order = orders::one(&house.admin, &id).await?;
        ensure!(order.state == "sent", "{order:?}");
        Ok(())
    })
    .await
    .unwrap();
    // Not for correctness: an order that came early enough would be carried out, and prove nothing.
    sleep(millis(3000)).await;
    house.net.set(Weather::default()).await;
    until("the edge says that it was too late", LONG, || async {
        let order = orders::one(&house.admin, &id).await?;
        ensure!(order.state == "expired", "{order:?}");
        ensure!(house.history().await?.of("command.expired").count() == 1);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(door.terminal.openings(), []);
    proof::complete(&house, &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_proxy_and_tls_everything_travels_too() {
    let mut dice = seed::dice("network-proxy").unwrap();
    let proxy = ConnectProxy::start().unwrap();
    let house = House::open(Wishes {
        buttons: 2,
        terminals: vec![staff::terminal(1, &mut dice)],
        speech: Speech::Tls,
        uplink: format!("proxy = {:?}", proxy.url()),
        seed: dice.throw(),
        ..Wishes::named("network-proxy")
    })
    .await
    .unwrap();
    let door = house.doors.first().unwrap();
    let asked = orders::open_door(&house.admin, &house.named(&door.device), 3, 30).await;
    let id = text(&asked.unwrap().body, "id").unwrap();
    until("the order goes well", SOON, || async {
        let order = orders::one(&house.admin, &id).await?;
        ensure!(order.state == "ok", "{order:?}");
        Ok(())
    })
    .await
    .unwrap();
    let loads = house.buttons.iter().map(|device| Load {
        limit: Some(50),
        ..Load::new(device.clone(), &token_of(device))
    });
    let mut fleet = Fleet::start(house.edge.mqtt().unwrap(), loads);
    fleet.reaches(100, SOON).await.unwrap();
    let ledgers = fleet.finish(SOON).await.unwrap();
    house.net.cut().await;
    until("everything is in the cloud, once", LONG, || {
        proof::complete(&house, &ledgers)
    })
    .await
    .unwrap();
    assert!(proxy.tunnels() > 0, "nothing went through the proxy");
}
