//! Somebody at a door: what a driver asks is ruled by the keys of its device's document, and has an end.

use super::rig::{id, wired};
use adapter_sdk::{DriverReport, Reporter};
use edge_devices::DriverEvent;
use protocol::{
    access::{AccessDecision, Credential, Presentation, Readiness},
    fact::{Door, KeyKind},
};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

fn card(number: u64) -> Presentation {
    Presentation {
        door: Door(1),
        spot: None,
        dir: None,
        credential: Credential {
            kind: KeyKind::Card,
            number,
        },
        readiness: Readiness::Ready,
    }
}

#[tokio::test]
async fn what_a_driver_asks_is_ruled_by_the_keys_of_its_document() {
    let wired = wired().await;
    let (reporter, mut told) = Reporter::new(4);
    let far = Instant::now() + Duration::from_secs(60);
    let mut rulings = Vec::new();
    let keys = json!([{"person": "p17", "card": 17}]);
    for (version, body) in [
        (1, json!({"kind": "gate", "settings": {"keys": keys}})),
        (
            2,
            json!({"kind": "gate", "settings": {"keys": [{"person": "p17", "card": "x"}]}}),
        ),
        (3, json!({"kind": "gate", "settings": {}})),
    ] {
        wired.publish(super::document("device/gate", version, body)).await;
        let asking = reporter.clone();
        let asked = tokio::spawn(async move { asking.ask(card(17), far).await });
        wired
            .say(DriverEvent::DriverReport(
                id("gate"),
                told.recv().await.expect("a question"),
            ))
            .await;
        rulings.push(asked.await.expect("no panic"));
    }
    let granted = AccessDecision::Granted { person: "p17".into() };
    assert_eq!(rulings, [granted.clone(), granted, AccessDecision::Denied]);
    let facts = wired.told().await;
    let facts: Vec<&str> = facts.lines().filter(|line| line.starts_with("access.")).collect();
    assert_eq!(
        facts,
        [
            "access.granted gate",
            "access.granted gate",
            "access.denied gate unknown_key"
        ]
    );
}

#[tokio::test]
async fn a_grant_that_nobody_waits_for_any_more_ends_as_not_entered() {
    let wired = wired().await;
    let body = json!({"kind": "gate", "settings": {"keys": [{"person": "p17", "card": 17}]}});
    wired.publish(super::document("device/gate", 1, body)).await;
    let (reporter, mut told) = Reporter::new(4);
    let far = Instant::now() + Duration::from_secs(60);
    let asked = tokio::spawn(async move { reporter.ask(card(17), far).await });
    let question = told.recv().await.expect("a question");
    assert!(matches!(question, DriverReport::Question(_)), "{question:?}");
    asked.abort();
    assert!(asked.await.is_err(), "the driver is gone");
    let mut live = wired.port.live(|fact| fact.name().starts_with("access."));
    wired.say(DriverEvent::DriverReport(id("gate"), question)).await;
    let mut names = Vec::new();
    while names.last() != Some(&"access.not_entered") {
        let committed = live.recv().await.expect("the kernel lives");
        names.push(committed.event.fact.name());
    }
    assert_eq!(names, ["access.granted", "access.not_entered"]);
    wired.told().await;
}
