//! A lossy, slow, half-open, reordering network between edge and cloud: everything arrives once, nothing happens late.
//!
//! The network never alters a byte; what it does besides is at least as bad as a branch's uplink.

use anyhow::ensure;
use std::time::Duration;
use tests_site::{
    admin::text,
    cloud::Speech,
    commands, consistency,
    edge::token_of,
    scenario::{Scenario, ScenarioSpec},
    seed, staff,
    wait::{LONG, SOON, until},
};
use tests_world::{
    mqtt::{Fleet, Load},
    net::{ConnectProxy, Forwarding, NetworkConditions, Upgrades},
    rng::Rng,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const CLIENTS: usize = 5;
/// How often the conditions change.
const CHANGES: usize = 20;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Any conditions but perfect ones.
fn bad_weather(rng: &mut Rng) -> NetworkConditions {
    let fair = NetworkConditions::default();
    match rng.below(7) {
        0 => NetworkConditions {
            forwarding: Forwarding::Swallowing,
            ..fair
        },
        1 => NetworkConditions {
            forwarding: Forwarding::Stalling,
            ..fair
        },
        2 => NetworkConditions {
            forwarding: Forwarding::Refusing,
            ..fair
        },
        3 => NetworkConditions {
            cut_after: Some(500 + rng.below(20_000)),
            ..fair
        },
        4 => NetworkConditions {
            delay: millis(0)..millis(800),
            largest_chunk: 64,
            ..fair
        },
        5 => NetworkConditions {
            bandwidth: Some(2_000 + rng.below(20_000)),
            ..fair
        },
        _ => NetworkConditions {
            delay: millis(50)..millis(400),
            bandwidth: Some(30_000),
            cut_after: Some(5_000 + rng.below(50_000)),
            ..fair
        },
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_network_does_everything_arrives_once() {
    let mut rng = seed::rng("network").unwrap();
    let scenario = Scenario::open(ScenarioSpec {
        buttons: CLIENTS,
        terminals: vec![staff::terminal(1, &mut rng)],
        seed: rng.throw(),
        ..ScenarioSpec::named("network")
    })
    .await
    .unwrap();
    let stop = CancellationToken::new();
    let loads = scenario.buttons.iter().map(|device| Load {
        pace: Some(millis(100)),
        ..Load::new(device.clone(), &token_of(device))
    });
    let fleet = Fleet::start(scenario.edge.mqtt().unwrap(), loads);
    let people = staff::badge(scenario.terminals(), millis(300), rng.fork(), stop.clone());
    let spec = staff::press(
        scenario.admin.clone(),
        scenario.targets(),
        millis(300),
        rng.fork(),
        stop.clone(),
    );

    for _ in 0..CHANGES {
        let conditions = if rng.once_in(3) {
            NetworkConditions::default()
        } else {
            bad_weather(&mut rng)
        };
        scenario.net.set(conditions).await;
        if rng.once_in(4) {
            scenario.net.cut().await;
        }
        sleep(millis(500 + rng.below(2500))).await;
    }

    stop.cancel();
    people.await.unwrap();
    assert!(spec.await.unwrap() > 0, "nobody asked for a door");
    let delivery_logs = fleet.finish(LONG).await.unwrap();
    scenario.net.set(NetworkConditions::default()).await;
    let mut scenario = scenario;
    scenario.let_commands_go_unconfirmed().await.unwrap();
    until("everything is in the cloud, once", LONG, || {
        consistency::check(&scenario, &delivery_logs)
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_websockets_are_forbidden_orders_and_events_travel_by_requests() {
    let mut rng = seed::rng("network-rest").unwrap();
    let scenario = Scenario::open(ScenarioSpec {
        terminals: vec![staff::terminal(1, &mut rng)],
        conditions: NetworkConditions {
            upgrades: Upgrades::Forbidden,
            ..NetworkConditions::default()
        },
        seed: rng.throw(),
        ..ScenarioSpec::named("network-rest")
    })
    .await
    .unwrap();
    let door = scenario.doors.first().unwrap();
    let asked = commands::open_door(&scenario.admin, &scenario.named(&door.device), 3, 30).await;
    let id = text(&asked.unwrap().body, "id").unwrap();
    until("the order has an end", SOON, || async {
        commands::one(&scenario.admin, &id).await?.ended()
    })
    .await
    .unwrap();
    assert_eq!(commands::one(&scenario.admin, &id).await.unwrap().state, "ok");
    door.terminal.badge("1042", protocol::fact::KeyKind::Card);
    until("everything is in the cloud, once", LONG, || {
        consistency::check(&scenario, &[])
    })
    .await
    .unwrap();
    assert!(scenario.net.traffic().upgrades_forbidden > 0, "no socket was tried");
    let history = scenario.history().await.unwrap();
    assert!(history.of("site.link.up").count() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_held_up_on_its_way_opens_nothing() {
    let mut rng = seed::rng("network-late").unwrap();
    let scenario = Scenario::open(ScenarioSpec {
        terminals: vec![staff::terminal(1, &mut rng)],
        seed: rng.throw(),
        ..ScenarioSpec::named("network-late")
    })
    .await
    .unwrap();
    let door = scenario.doors.first().unwrap();
    scenario
        .net
        .set(NetworkConditions {
            forwarding: Forwarding::Stalling,
            ..NetworkConditions::default()
        })
        .await;
    let asked = commands::open_door(&scenario.admin, &scenario.named(&door.device), 5, 2).await;
    let id = text(&asked.unwrap().body, "id").unwrap();
    until("the cloud has sent the order", SOON, || async {
        let order = commands::one(&scenario.admin, &id).await?;
        ensure!(order.state == "sent", "{order:?}");
        Ok(())
    })
    .await
    .unwrap();
    // Not for correctness: an order that came early enough would be carried out, and prove nothing.
    sleep(millis(3000)).await;
    scenario.net.set(NetworkConditions::default()).await;
    until("the edge says that it was too late", LONG, || async {
        let order = commands::one(&scenario.admin, &id).await?;
        ensure!(order.state == "expired", "{order:?}");
        ensure!(scenario.history().await?.of("command.expired").count() == 1);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(door.terminal.openings(), []);
    consistency::check(&scenario, &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_proxy_and_tls_everything_travels_too() {
    let mut rng = seed::rng("network-proxy").unwrap();
    let proxy = ConnectProxy::start().unwrap();
    let scenario = Scenario::open(ScenarioSpec {
        buttons: 2,
        terminals: vec![staff::terminal(1, &mut rng)],
        speech: Speech::Tls,
        uplink: format!("proxy = {:?}", proxy.url()),
        seed: rng.throw(),
        ..ScenarioSpec::named("network-proxy")
    })
    .await
    .unwrap();
    let door = scenario.doors.first().unwrap();
    let asked = commands::open_door(&scenario.admin, &scenario.named(&door.device), 3, 30).await;
    let id = text(&asked.unwrap().body, "id").unwrap();
    until("the order goes well", SOON, || async {
        let order = commands::one(&scenario.admin, &id).await?;
        ensure!(order.state == "ok", "{order:?}");
        Ok(())
    })
    .await
    .unwrap();
    let loads = scenario.buttons.iter().map(|device| Load {
        limit: Some(50),
        ..Load::new(device.clone(), &token_of(device))
    });
    let mut fleet = Fleet::start(scenario.edge.mqtt().unwrap(), loads);
    fleet.reaches(100, SOON).await.unwrap();
    let delivery_logs = fleet.finish(SOON).await.unwrap();
    scenario.net.cut().await;
    until("everything is in the cloud, once", LONG, || {
        consistency::check(&scenario, &delivery_logs)
    })
    .await
    .unwrap();
    assert!(proxy.tunnels() > 0, "nothing went through the proxy");
}
