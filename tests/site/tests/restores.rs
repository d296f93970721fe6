//! A cloud and a box that were restored from copies of their directories: everybody goes on, and every fact is there once.
//!
//! A restored cloud never takes its whole fleet for copies; a restored box, which may be one, waits for a person once.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use anyhow::{Result, ensure};
use serde_json::json;
use std::path::Path;
use tests_site::{
    admin::text,
    consistency,
    edge::token_of,
    scenario::{Scenario, ScenarioSpec},
    wait::{LONG, SOON, until},
};
use tests_world::mqtt::{DeliveryLog, Fleet, Load};

/// Every button publishes `count` facts, the first one with the number `first`.
async fn publish(scenario: &Scenario, first: u64, count: u64) -> Vec<DeliveryLog> {
    let loads = scenario.buttons.iter().map(|device| Load {
        first,
        limit: Some(count),
        window: 8,
        ..Load::new(device.clone(), &token_of(device))
    });
    let mut fleet = Fleet::start(scenario.edge.mqtt().unwrap(), loads);
    let all = count * scenario.buttons.len() as u64;
    fleet.reaches(all, SOON).await.unwrap();
    fleet.finish(SOON).await.unwrap()
}

async fn complete(scenario: &Scenario, delivery_logs: &[DeliveryLog]) {
    until("everything is in the cloud, once", LONG, || {
        consistency::check(scenario, delivery_logs)
    })
    .await
    .unwrap();
}

async fn edge_is(scenario: &Scenario, state: &str) {
    let path = format!("/edges/{}", scenario.edge_id);
    until(&format!("the edge is {state}"), SOON, || async {
        let edge = scenario.admin.get(&path).await?;
        ensure!(text(&edge, "state")? == state, "{edge}");
        Ok(())
    })
    .await
    .unwrap();
}

/// Restarts the edge, and waits until it has joined.
async fn rejoin(scenario: &mut Scenario) {
    let path = format!("/edges/{}", scenario.edge_id);
    let joins = |edge: &serde_json::Value| edge.get("joins").and_then(serde_json::Value::as_u64);
    let before = joins(&scenario.admin.get(&path).await.unwrap());
    scenario.edge.stop().await.unwrap();
    scenario.edge.start().await.unwrap();
    until("the edge has joined again", SOON, || async {
        ensure!(joins(&scenario.admin.get(&path).await?) > before);
        Ok(())
    })
    .await
    .unwrap();
}

fn merged(logs: impl IntoIterator<Item = Vec<DeliveryLog>>) -> Vec<DeliveryLog> {
    let mut logs = logs.into_iter();
    let mut all = logs.next().unwrap_or_default();
    for later in logs {
        for (delivery_log, more) in all.iter_mut().zip(later) {
            assert_eq!(delivery_log.device, more.device);
            delivery_log.acknowledged.extend(more.acknowledged);
            delivery_log.doubtful.extend(more.doubtful);
        }
    }
    all
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn restore(from: &Path, to: &Path) {
    std::fs::remove_dir_all(to).unwrap();
    copy(from, to).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_cloud_gets_again_what_it_lost_and_quarantines_nobody() {
    let mut scenario = Scenario::open(ScenarioSpec {
        buttons: 2,
        ..ScenarioSpec::named("restored-cloud")
    })
    .await
    .unwrap();
    let first = publish(&scenario, 1, 20).await;
    complete(&scenario, &first).await;
    scenario.cloud.stop().await.unwrap();
    let backup = scenario.dir().join("backup");
    copy(scenario.cloud.dir(), &backup).unwrap();
    scenario.restart_cloud().await.unwrap();

    // The box goes on: it joins twice more, and the cloud gets what the copy will not have.
    rejoin(&mut scenario).await;
    rejoin(&mut scenario).await;
    let second = publish(&scenario, 21, 20).await;
    let delivery_logs = merged([first, second]);
    complete(&scenario, &delivery_logs).await;

    scenario.cloud.stop().await.unwrap();
    restore(&backup, scenario.cloud.dir());
    scenario.restart_cloud().await.unwrap();
    let third = publish(&scenario, 41, 20).await;
    complete(&scenario, &merged([delivery_logs, third])).await;
    edge_is(&scenario, "active").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_box_waits_for_one_release_and_loses_nothing() {
    let mut scenario = Scenario::open(ScenarioSpec {
        buttons: 2,
        ..ScenarioSpec::named("restored-box")
    })
    .await
    .unwrap();
    let first = publish(&scenario, 1, 20).await;
    complete(&scenario, &first).await;
    scenario.edge.stop().await.unwrap();
    let backup = scenario.dir().join("backup");
    copy(scenario.edge.state(), &backup).unwrap();
    scenario.edge.start().await.unwrap();
    rejoin(&mut scenario).await;
    let second = publish(&scenario, 21, 20).await;
    let delivery_logs = merged([first, second]);
    complete(&scenario, &delivery_logs).await;

    // The card is as it was: it may be a clone, and its numbers are taken.
    scenario.edge.stop().await.unwrap();
    restore(&backup, scenario.edge.state());
    scenario.edge.start().await.unwrap();
    edge_is(&scenario, "quarantined").await;
    let third = publish(&scenario, 41, 10).await;
    let released = scenario.admin.post("/edges/release", &json!({})).await.unwrap();
    assert_eq!(released["released"], 1, "{released}");
    rejoin(&mut scenario).await;
    let fourth = publish(&scenario, 51, 10).await;
    complete(&scenario, &merged([delivery_logs, third, fourth])).await;
    edge_is(&scenario, "active").await;
    let gaps = scenario.admin.get(&format!("/edges/{}/gaps", scenario.edge_id)).await;
    for gap in gaps.unwrap().as_array().unwrap() {
        assert_eq!(gap["reason"], "restored", "{gap}");
    }
    rejoin(&mut scenario).await;
}
