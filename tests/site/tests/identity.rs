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
    edge::{Edge, Setup, token_of},
    house::{House, Wishes},
    orders,
    patience::{LONG, SOON, until},
    proof, seed, staff,
};
use tests_world::{
    mqtt::{Fleet, Ledger, Load},
    net::{Mood, Weather},
};

/// Every button publishes `count` facts, the first one with the number `first`.
async fn publish(house: &House, first: u64, count: u64) -> Vec<Ledger> {
    let loads = house.buttons.iter().map(|device| Load {
        first,
        limit: Some(count),
        window: 8,
        ..Load::new(device.clone(), &token_of(device))
    });
    let mut fleet = Fleet::start(house.edge.mqtt().unwrap(), loads);
    let all = count * house.buttons.len() as u64;
    fleet.reaches(all, SOON).await.unwrap();
    fleet.finish(SOON).await.unwrap()
}

async fn complete(house: &House, ledgers: &[Ledger]) {
    until("everything is in the cloud, once", LONG, || {
        proof::complete(house, ledgers)
    })
    .await
    .unwrap();
}

async fn edge_is(house: &House, state: &str) {
    let path = format!("/edges/{}", house.edge_id);
    until(&format!("the edge is {state}"), SOON, || async {
        let edge = house.admin.get(&path).await?;
        ensure!(text(&edge, "state")? == state, "{edge}");
        Ok(())
    })
    .await
    .unwrap();
}

fn merged(earlier: Vec<Ledger>, later: Vec<Ledger>) -> Vec<Ledger> {
    let mut all = earlier;
    for (ledger, more) in all.iter_mut().zip(later) {
        assert_eq!(ledger.device, more.device);
        ledger.acknowledged.extend(more.acknowledged);
        ledger.doubtful.extend(more.doubtful);
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
    let mut dice = seed::dice("identity-copy").unwrap();
    let mut house = House::open(Wishes {
        buttons: 2,
        terminals: vec![staff::terminal(1, &mut dice)],
        ..Wishes::named("identity-copy")
    })
    .await
    .unwrap();
    let first = publish(&house, 1, 20).await;
    house.edge.stop().await.unwrap();
    let state = house.dir().join("copied");
    copy(house.edge.state(), &state).unwrap();
    let setup = Setup {
        cloud: Some(house.net.address()),
        devices: house.buttons.clone(),
        ..Setup::default()
    };
    let mut twin = Edge::in_dir(&state, "site/identity-copy/twin", &setup).unwrap();

    let path = format!("/edges/{}", house.edge_id);
    let joins = async || house.admin.get(&path).await.unwrap()["joins"].as_u64().unwrap();
    let before = joins().await;
    house.edge.start().await.unwrap();
    until("the first one has joined", SOON, || async {
        ensure!(joins().await > before);
        Ok(())
    })
    .await
    .unwrap();
    twin.start().await.unwrap();
    edge_is(&house, "quarantined").await;

    // Both go on at their site, and neither gets anything from the cloud.
    let second = publish(&house, 21, 20).await;
    let door = house.doors.first().unwrap();
    let refused = orders::open_door(&house.admin, &house.named(&door.device), 1, 10).await;
    assert_eq!(refused.unwrap().status, StatusCode::CONFLICT);
    let history = house.history().await.unwrap();
    let ledgers = merged(first, second);
    assert!(
        ledgers.iter().any(|ledger| history.check_ledger(ledger).is_err()),
        "a quarantined edge's events were taken"
    );

    // Somebody looks: the copy is thrown away, the first one goes on.
    twin.stop().await.unwrap();
    let release = format!("{path}/release");
    house.admin.post(&release, &json!({})).await.unwrap();
    house.edge.stop().await.unwrap();
    house.edge.start().await.unwrap();
    complete(&house, &ledgers).await;
    edge_is(&house, "active").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_code_is_worth_nothing_afterwards() {
    let house = House::open(Wishes::named("identity-code")).await.unwrap();
    let setup = Setup {
        cloud: Some(house.net.address()),
        ..Setup::default()
    };
    let thief = Edge::in_dir(&house.dir().join("thief"), "site/identity-code/thief", &setup).unwrap();
    let used = house.secrets.enrolment_code.clone();
    for code in [used.as_str(), "not a code", "", "0000-0000-0000-0000"] {
        let (status, said) = thief.errand(&["enrol", code]).await.unwrap();
        assert!(!status.success(), "{code:?} was taken: {said:?}");
        assert!(
            !said.iter().any(|line| line.contains("panicked")),
            "{code:?} is answered by {said:?}"
        );
        assert!(!thief.state().join("identity.json").exists() || code == used);
    }
    let edges = house.admin.get("/edges").await.unwrap();
    assert_eq!(edges.as_array().unwrap().len(), 1);
    thief.enrol(&house.enrolment_code().await.unwrap()).await.unwrap();
    let edges = house.admin.get("/edges").await.unwrap();
    assert_eq!(edges.as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_journal_is_begun_anew_and_takes_nothing_elses_place() {
    let mut house = House::open(Wishes {
        buttons: 2,
        ..Wishes::named("identity-journal")
    })
    .await
    .unwrap();
    let first = publish(&house, 1, 50).await;
    complete(&house, &first).await;
    house.edge.kill().await.unwrap();
    std::fs::remove_dir_all(house.edge.state().join("journal")).unwrap();
    house.edge.start().await.unwrap();
    let second = publish(&house, 51, 50).await;
    complete(&house, &merged(first, second)).await;
    let history = house.history().await.unwrap();
    let mut epochs: Vec<u64> = history.events.iter().map(|stored| stored.epoch).collect();
    epochs.dedup();
    assert_eq!(epochs, [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_on_a_stick_is_not_stored_again_from_the_wire() {
    let mut house = House::open(Wishes {
        buttons: 2,
        ..Wishes::named("identity-export")
    })
    .await
    .unwrap();
    let first = publish(&house, 1, 50).await;
    complete(&house, &first).await;
    let unplugged = Weather {
        mood: Mood::Refusing,
        ..Weather::default()
    };
    house.net.set(unplugged).await;
    let second = publish(&house, 51, 100).await;
    let file = house.dir().join("stick.osx");
    let export = ["export", file.to_str().unwrap()];
    let (status, said) = house.edge.errand(&export).await.unwrap();
    assert!(!status.success(), "exported beside a running agent: {said:?}");
    house.edge.stop().await.unwrap();
    let (status, said) = house.edge.errand(&export).await.unwrap();
    assert!(status.success(), "{said:?}");

    house.cloud.stop().await.unwrap();
    let said = house.cloud.import(&file).await.unwrap();
    assert!(said.iter().any(|line| line.ends_with(" 0 known already")), "{said:?}");
    let again = house.cloud.import(&file).await.unwrap();
    assert!(again.iter().any(|line| line.contains(" 0 events new")), "{again:?}");
    house.cloud_returns().await.unwrap();
    let ledgers = merged(first, second);
    let history = house.history().await.unwrap();
    for ledger in &ledgers {
        history.check_ledger(ledger).unwrap();
    }

    house.net.set(Weather::default()).await;
    house.edge.start().await.unwrap();
    let third = publish(&house, 151, 50).await;
    complete(&house, &merged(ledgers, third)).await;
    house.edge.stop().await.unwrap();
}
