//! Somebody at a door: the ruling is on disk before anybody is told it, and a kernel that cannot write it down rules nothing.

use super::rig::{Rig, device, id};
use crate::{
    DecideError, FactEntry, Refusal,
    access::{Access, KeyChange, PassRequest},
};
use protocol::{
    Actor, Fact, Lane,
    access::{Credential, GateKeys, Presentation, Readiness},
    fact::{Custom, Door, KeyKind},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

fn show(card: u64) -> PassRequest {
    PassRequest {
        device: id("gate"),
        shown: Presentation {
            door: Door(1),
            spot: None,
            dir: None,
            credential: Credential {
                kind: KeyKind::Card,
                number: card,
            },
            readiness: Readiness::Ready,
        },
    }
}

/// A gate that knows card 17.
async fn listed(rig: &Rig) {
    rig.pair("gate").await;
    let keys = GateKeys::parse(&json!({"keys": [{"person": "p17", "card": 17}]})).expect("good keys");
    let change = KeyChange::Listed {
        device: id("gate"),
        keys: Arc::new(keys),
    };
    rig.port.configure::<Access>(change).await.expect("the kernel lives");
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

#[tokio::test]
async fn a_ruling_is_on_disk_before_it_is_told() {
    let rig = Rig::new(1);
    listed(&rig).await;
    for (card, name) in [(17, "access.granted"), (18, "access.denied")] {
        let facts = rig
            .port
            .decide_by::<Access>(device("gate"), show(card), soon())
            .await
            .expect("ruled");
        assert_eq!(facts.iter().map(Fact::name).collect::<Vec<_>>(), [name]);
        let last = rig.events(Lane::Facts).pop().expect("an event");
        assert_eq!((last.fact.name(), &last.fact), (name, &facts[0]), "as it was told");
        assert_eq!(last.actor, device("gate"));
    }
    // The list comes with the device's settings, the events of the past need none.
    let again = rig.killed();
    let unlisted = again.port.decide_by::<Access>(device("gate"), show(17), soon()).await;
    assert_eq!(unlisted.expect("ruled").first().map(Fact::name), Some("access.denied"));
}

#[tokio::test]
async fn nothing_is_ruled_after_the_deadline() {
    let rig = Rig::new(2);
    listed(&rig).await;
    let before = rig.told();
    let (go_on, held) = std::sync::mpsc::channel();
    rig.hold(held).await;
    let deadline = Instant::now() + Duration::from_millis(5);
    let port = rig.port.clone();
    let ruling = tokio::spawn(async move { port.decide_by::<Access>(device("gate"), show(17), deadline).await });
    tokio::time::sleep_until(deadline).await;
    go_on.send(()).expect("the writer waits");
    let late = ruling.await.expect("no panic");
    assert_eq!(late, Err(DecideError::Kernel(Refusal::TooLate)));
    assert_eq!(rig.told(), before, "nothing happened afterwards");
}

#[tokio::test]
async fn a_full_journal_and_a_stopped_kernel_rule_nothing() {
    let rig = Rig::with_budget(3, 1 << 20);
    listed(&rig).await;
    let big = || -> FactEntry {
        Fact::DeviceCustom(Custom {
            device: id("gate"),
            kind: "big".into(),
            body: serde_json::Value::String("x".repeat(16 << 10)).into(),
        })
        .into()
    };
    // A device alone does not take the doors' room.
    while rig.port.record(device("gate"), vec![big()]).await.is_ok() {}
    let granted = rig.port.decide_by::<Access>(device("gate"), show(17), soon()).await;
    assert!(granted.is_ok(), "{granted:?}");
    let granted = rig.told().len();
    let person = Actor::Account { id: "installer".into() };
    while rig.port.record(person.clone(), vec![big()]).await.is_ok() {}
    let full = rig.port.decide_by::<Access>(device("gate"), show(17), soon()).await;
    assert!(
        matches!(full, Err(DecideError::Kernel(Refusal::Full { .. }))),
        "{full:?}"
    );
    assert!(!rig.told()[granted..].contains(&"access.granted"));
    rig.port.stop().await;
    let stopped = rig.port.decide_by::<Access>(device("gate"), show(17), soon()).await;
    assert!(stopped.is_err(), "{stopped:?}");
}
