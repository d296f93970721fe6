//! Who an edge is: codes that work once, cards that were copied, journals that were lost, events that came on a stick.
//!
//! Whatever happens to an identity, no event is stored twice and none is taken for another.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use anyhow::{Result, ensure};
use reqwest::StatusCode;
use serde_json::json;
use std::path::Path;
use tests_site::{
    admin::text,
    commands, consistency,
    edge::{Edge, Setup, token_of},
    scenario::{Scenario, ScenarioSpec},
    seed, staff,
    wait::{LONG, SOON, until},
};
use tests_world::{
    mqtt::{DeliveryLog, Fleet, Load},
    net::{Forwarding, NetworkConditions},
};

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

fn merged(earlier: Vec<DeliveryLog>, later: Vec<DeliveryLog>) -> Vec<DeliveryLog> {
    let mut all = earlier;
    for (delivery_log, more) in all.iter_mut().zip(later) {
        assert_eq!(delivery_log.device, more.device);
        delivery_log.acknowledged.extend(more.acknowledged);
        delivery_log.doubtful.extend(more.doubtful);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_card_stops_both_until_somebody_has_looked() {
    let mut rng = seed::rng("identity-copy").unwrap();
    let mut scenario = Scenario::open(ScenarioSpec {
        buttons: 2,
        terminals: vec![staff::terminal(1, &mut rng)],
        ..ScenarioSpec::named("identity-copy")
    })
    .await
    .unwrap();
    let first = publish(&scenario, 1, 20).await;
    scenario.edge.stop().await.unwrap();
    let state = scenario.dir().join("copied");
    copy(scenario.edge.state(), &state).unwrap();
    let setup = Setup {
        cloud: Some(scenario.net.address()),
        devices: scenario.buttons.clone(),
        ..Setup::default()
    };
    let mut twin = Edge::in_dir(&state, "site/identity-copy/twin", &setup).unwrap();

    let path = format!("/edges/{}", scenario.edge_id);
    let joins = async || scenario.admin.get(&path).await.unwrap()["joins"].as_u64().unwrap();
    let before = joins().await;
    scenario.edge.start().await.unwrap();
    until("the first one has joined", SOON, || async {
        ensure!(joins().await > before);
        Ok(())
    })
    .await
    .unwrap();
    twin.start().await.unwrap();
    edge_is(&scenario, "quarantined").await;

    // Both go on at their site, and neither gets anything from the cloud.
    let second = publish(&scenario, 21, 20).await;
    let door = scenario.doors.first().unwrap();
    let refused = commands::open_door(&scenario.admin, &scenario.named(&door.device), 1, 10).await;
    assert_eq!(refused.unwrap().status, StatusCode::CONFLICT);
    let history = scenario.history().await.unwrap();
    let delivery_logs = merged(first, second);
    assert!(
        delivery_logs
            .iter()
            .any(|delivery_log| history.check_delivery_log(delivery_log).is_err()),
        "a quarantined edge's events were taken"
    );

    // Somebody looks: the copy is thrown away, the first one goes on.
    twin.stop().await.unwrap();
    let release = format!("{path}/release");
    scenario.admin.post(&release, &json!({})).await.unwrap();
    scenario.edge.stop().await.unwrap();
    scenario.edge.start().await.unwrap();
    complete(&scenario, &delivery_logs).await;
    edge_is(&scenario, "active").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_code_is_worth_nothing_afterwards() {
    let scenario = Scenario::open(ScenarioSpec::named("identity-code")).await.unwrap();
    let setup = Setup {
        cloud: Some(scenario.net.address()),
        ..Setup::default()
    };
    let thief = Edge::in_dir(&scenario.dir().join("thief"), "site/identity-code/thief", &setup).unwrap();
    let used = scenario.secrets.enrolment_code.clone();
    for code in [used.as_str(), "not a code", "", "0000-0000-0000-0000"] {
        let (status, said) = thief.errand(&["enrol", code]).await.unwrap();
        assert!(!status.success(), "{code:?} was taken: {said:?}");
        assert!(
            !said.iter().any(|line| line.contains("panicked")),
            "{code:?} is answered by {said:?}"
        );
        assert!(!thief.state().join("identity.json").exists() || code == used);
    }
    let edges = scenario.admin.get("/edges").await.unwrap();
    assert_eq!(edges.as_array().unwrap().len(), 1);
    thief.enrol(&scenario.enrolment_code().await.unwrap()).await.unwrap();
    let edges = scenario.admin.get("/edges").await.unwrap();
    assert_eq!(edges.as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_journal_is_begun_anew_and_takes_nothing_elses_place() {
    let mut scenario = Scenario::open(ScenarioSpec {
        buttons: 2,
        ..ScenarioSpec::named("identity-journal")
    })
    .await
    .unwrap();
    let first = publish(&scenario, 1, 50).await;
    complete(&scenario, &first).await;
    scenario.edge.kill().await.unwrap();
    std::fs::remove_dir_all(scenario.edge.state().join("journal")).unwrap();
    scenario.edge.start().await.unwrap();
    let second = publish(&scenario, 51, 50).await;
    complete(&scenario, &merged(first, second)).await;
    let history = scenario.history().await.unwrap();
    let mut epochs: Vec<u64> = history.events.iter().map(|stored| stored.epoch).collect();
    epochs.dedup();
    assert_eq!(epochs, [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_on_a_stick_is_not_stored_again_from_the_wire() {
    let mut scenario = Scenario::open(ScenarioSpec {
        buttons: 2,
        ..ScenarioSpec::named("identity-export")
    })
    .await
    .unwrap();
    let first = publish(&scenario, 1, 50).await;
    complete(&scenario, &first).await;
    let unplugged = NetworkConditions {
        forwarding: Forwarding::Refusing,
        ..NetworkConditions::default()
    };
    scenario.net.set(unplugged).await;
    let second = publish(&scenario, 51, 100).await;
    let file = scenario.dir().join("stick.osx");
    let export = ["export", file.to_str().unwrap()];
    let (status, said) = scenario.edge.errand(&export).await.unwrap();
    assert!(!status.success(), "exported beside a running agent: {said:?}");
    scenario.edge.stop().await.unwrap();
    let (status, said) = scenario.edge.errand(&export).await.unwrap();
    assert!(status.success(), "{said:?}");

    scenario.cloud.stop().await.unwrap();
    let said = scenario.cloud.import(&file).await.unwrap();
    assert!(said.iter().any(|line| line.ends_with(" 0 known already")), "{said:?}");
    let again = scenario.cloud.import(&file).await.unwrap();
    assert!(again.iter().any(|line| line.contains(" 0 events new")), "{again:?}");
    scenario.restart_cloud().await.unwrap();
    let delivery_logs = merged(first, second);
    let history = scenario.history().await.unwrap();
    for delivery_log in &delivery_logs {
        history.check_delivery_log(delivery_log).unwrap();
    }

    scenario.net.set(NetworkConditions::default()).await;
    scenario.edge.start().await.unwrap();
    let third = publish(&scenario, 151, 50).await;
    complete(&scenario, &merged(delivery_logs, third)).await;
    scenario.edge.stop().await.unwrap();
}
