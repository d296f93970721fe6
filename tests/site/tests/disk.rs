//! A disk without room, at the edge and at the cloud: told plainly, nothing acknowledged lost, and work goes on when
//! there is room again.
//!
//! Really full, where the test may mount a small disk; else a notice says that the edge's own budget stood in for it.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use anyhow::{Result, bail, ensure};
use protocol::DeviceId;
use reqwest::StatusCode;
use tests_site::{
    admin::text,
    commands, consistency,
    edge::token_of,
    mqtt5::{Mqtt5Client, QUOTA_EXCEEDED, SUCCESS},
    scenario::{Scenario, ScenarioSpec},
    seed,
    small_disk::SmallDisk,
    staff,
    wait::{LONG, SOON, until},
};
use tests_world::{
    mqtt::{DeliveryLog, Fleet, Load, report},
    net::{Forwarding, NetworkConditions},
};

const MEGABYTES: u64 = 32;

fn unplugged() -> NetworkConditions {
    NetworkConditions {
        forwarding: Forwarding::Refusing,
        ..NetworkConditions::default()
    }
}

/// One report over the edge's own HTTP, and what it said.
async fn post(scenario: &Scenario, device: &DeviceId, number: u64) -> Result<StatusCode> {
    let body = [b"[".as_slice(), &report(device, number, 256)?, b"]"].concat();
    let request = reqwest::Client::builder().no_proxy().build()?;
    let request = request.post(format!("http://{}/local/v1/events", scenario.edge.lan()?));
    let request = request.header("authorization", format!("Bearer {device}.{}", token_of(device)));
    let answer = request.header("content-type", "application/json").body(body).send();
    Ok(answer.await?.status())
}

async fn publish(scenario: &Scenario, first: u64, count: u64) -> Vec<DeliveryLog> {
    let loads = scenario.buttons.iter().take(1).map(|device| Load {
        first,
        limit: Some(count),
        window: 8,
        ..Load::new(device.clone(), &token_of(device))
    });
    let mut fleet = Fleet::start(scenario.edge.mqtt().unwrap(), loads);
    fleet.reaches(count, LONG).await.unwrap();
    fleet.finish(SOON).await.unwrap()
}

/// A disk of its own, or a notice.
#[expect(clippy::print_stderr, reason = "a check that did not run must be seen")]
fn small_disk() -> Option<SmallDisk> {
    match SmallDisk::mount(MEGABYTES) {
        Ok(disk) => Some(disk),
        Err(error) => {
            eprintln!(
                "!! NO REAL FULL DISK HERE: {error:#}. Mounting one needs root; only the edge's budget is tried."
            );
            None
        }
    }
}

/// What MQTT 5 and HTTP are told while there is no room; both at once, for the edge may find a last byte for one of them.
async fn refused(scenario: &Scenario) -> Result<()> {
    let [_, quiet, loud] = scenario.buttons.as_slice() else {
        bail!("three buttons were asked for")
    };
    let mut client = Mqtt5Client::connect(scenario.edge.mqtt()?, quiet).await?;
    let mut number = 0;
    let reason = loop {
        number += 1;
        match client.publish(&report(quiet, number, 16_000)?).await? {
            SUCCESS => ensure!(number < 4000, "there is always room"),
            reason => break reason,
        }
    };
    ensure!(reason == QUOTA_EXCEEDED, "refused with {reason:#x}");
    // Small ones may fit in still, each but once.
    let mut small = 1_000_000;
    until("HTTP says that the disk is full", SOON, || {
        small += 1;
        async move {
            let status = post(scenario, loud, small).await?;
            ensure!(status == StatusCode::INSUFFICIENT_STORAGE, "{status}");
            Ok(())
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edge_without_room_says_so_and_loses_nothing() {
    let mut rng = seed::rng("disk-edge").unwrap();
    let disk = small_disk();
    let mut scenario = Scenario::open(ScenarioSpec {
        buttons: 3,
        terminals: vec![staff::terminal(1, &mut rng)],
        edge_dir: disk.as_ref().map(|disk| disk.path().join("edge")),
        journal: "facts_mb = 16\ntelemetry_mb = 16".to_owned(),
        seed: rng.throw(),
        ..ScenarioSpec::named("disk-edge")
    })
    .await
    .unwrap();
    let pid = scenario.edge.program().unwrap().pid();
    scenario.net.set(unplugged()).await;
    let mut delivery_logs = publish(&scenario, 1, 50).await;
    if let Some(disk) = &disk {
        disk.fill().unwrap();
    }
    refused(&scenario).await.unwrap();
    assert_eq!(scenario.edge.program().unwrap().pid(), pid, "the edge ended");
    if let Some(disk) = &disk {
        // A box whose disk is full serves its doors all the same, also after it lost its power, twice.
        for _ in 0..2 {
            scenario.edge.kill().await.unwrap();
            disk.fill().unwrap();
            scenario.edge.start().await.unwrap();
        }
        disk.make_room().unwrap();
    }
    scenario.net.set(NetworkConditions::default()).await;
    let more = until("there is room again", LONG, || async {
        let status = post(&scenario, &scenario.buttons[2], 2_000_000).await?;
        ensure!(status == StatusCode::ACCEPTED, "{status}");
        Ok(())
    });
    more.await.unwrap();
    let later = publish(&scenario, 51, 50).await;
    for (delivery_log, later) in delivery_logs.iter_mut().zip(later) {
        delivery_log.acknowledged.extend(later.acknowledged);
    }
    until("everything is in the cloud, once", LONG, || {
        consistency::check(&scenario, &delivery_logs)
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cloud_without_room_says_so_and_the_edge_keeps_everything() {
    let mut rng = seed::rng("disk-cloud").unwrap();
    let Some(disk) = small_disk() else { return };
    let scenario = Scenario::open(ScenarioSpec {
        buttons: 1,
        terminals: vec![staff::terminal(1, &mut rng)],
        cloud_dir: Some(disk.path().join("cloud")),
        seed: rng.throw(),
        ..ScenarioSpec::named("disk-cloud")
    })
    .await
    .unwrap();
    let mut delivery_logs = publish(&scenario, 1, 50).await;
    until("everything is in the cloud, once", LONG, || {
        consistency::check(&scenario, &delivery_logs)
    })
    .await
    .unwrap();
    disk.fill().unwrap();
    let door = scenario.doors.first().unwrap();
    let named = scenario.named(&door.device);
    let mut number = 0;
    until("the cloud says that its disk is full", LONG, || {
        number += 1;
        let (admin, named) = (&scenario.admin, &named);
        async move {
            let answer = commands::open_door(admin, named, 1 + number % 60, 1).await?;
            let detail = text(&answer.body, "detail")?;
            ensure!(answer.status == StatusCode::SERVICE_UNAVAILABLE, "{}", answer.status);
            ensure!(detail.contains("disk is full"), "{detail}");
            Ok(())
        }
    })
    .await
    .unwrap();
    let later = publish(&scenario, 51, 500).await;
    until("the edge was told that the disk is full", LONG, || async {
        let said = scenario.cloud.said();
        ensure!(said.iter().any(|line| line.contains("the disk is full")), "not yet");
        Ok(())
    })
    .await
    .unwrap();
    disk.make_room().unwrap();
    for (delivery_log, later) in delivery_logs.iter_mut().zip(later) {
        delivery_log.acknowledged.extend(later.acknowledged);
    }
    until("everything is in the cloud, once", LONG, || {
        consistency::check(&scenario, &delivery_logs)
    })
    .await
    .unwrap();
}
