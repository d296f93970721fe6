//! The devices' wiring over a real kernel and a real broker: what drivers and documents say becomes facts.

mod doors;
pub(super) mod rig;

use adapter_sdk::{DriverReport, State};
use edge_broker::DeviceCredentials;
use edge_devices::DriverEvent;
use edge_kernel::Effect;
use expect_test::{Expect, expect};
use protocol::{Document, EdgeId, OrgId, Timestamp};
use rig::{id, wired};
use serde_json::json;
use std::{sync::Arc, time::Duration};

fn down(reason: &'static str) -> DriverEvent {
    DriverEvent::Down {
        device: id("gate"),
        reason,
        wait: Duration::from_secs(60),
    }
}

fn state(state: State) -> DriverEvent {
    DriverEvent::DriverReport(id("gate"), DriverReport::State(state))
}

fn online() -> DriverEvent {
    state(State::Online { fw: None })
}

fn document(name: &str, version: u64, body: serde_json::Value) -> Document {
    let at = Timestamp::from_millis(1);
    Document {
        id: name.parse().expect("a document id"),
        version,
        org: OrgId::new(at, [1; 10]),
        edge: EdgeId::new(at, [1; 10]),
        published: at,
        requires_restart: false,
        withdrawn: body.is_null(),
        body,
    }
}

async fn check(steps: Vec<DriverEvent>, expected: &Expect) {
    let wired = wired().await;
    for step in steps {
        wired.say(step).await;
    }
    wired.close(1).await;
    expected.assert_eq(&wired.told().await);
}

#[tokio::test]
async fn a_wrong_password_is_told_once_and_again_after_it_worked() {
    let steps = vec![
        down("wrong_password"),
        down("wrong_password"),
        online(),
        down("wrong_password"),
        online(),
        down("locked_out"),
    ];
    check(
        steps,
        &expect![[r#"
        device.offline gate wrong_password
        auth.failed gate wrong_password
        device.online gate
        device.offline gate wrong_password
        auth.failed gate wrong_password
        device.online gate
        device.offline gate locked_out
        auth.locked gate locked_out
        device.online gate
        access.closed gate
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_device_heard_between_two_equal_failures_is_offline_again() {
    let wired = wired().await;
    wired.say(down("unreachable")).await;
    wired.close(1).await;
    wired.say(down("unreachable")).await;
    wired.say(state(State::Degraded { reason: "drift".into() })).await;
    wired.say(down("unreachable")).await;
    wired.close(2).await;
    expect![[r#"
        device.offline gate unreachable
        device.online gate
        access.closed gate
        device.offline gate unreachable
        device.degraded gate drift
        device.offline gate unreachable
        device.online gate
        access.closed gate
    "#]]
    .assert_eq(&wired.told().await);
}

#[tokio::test]
async fn documents_configure_devices_and_say_how_that_went() {
    let wired = wired().await;
    let token = String::from(edge_broker::DeviceTokenHash::of("right"));
    for document in [
        document(
            "device/kiosk",
            1,
            json!({ "kind": "kiosk", "token": token, "desired": { "volume": 3 } }),
        ),
        document("device/kiosk", 2, json!({ "kind": "kiosk", "adapter": "nobody" })),
        document("device/kiosk", 3, json!({ "kind": 7 })),
        document("policy/privacy", 1, json!({ "kind": 7 })),
    ] {
        wired
            .effects
            .send(Effect::Apply(Box::new(document)))
            .await
            .expect("the wiring lives");
    }
    let known = |credentials: &Arc<DeviceCredentials>| credentials.hash_of(&id("kiosk")).is_some();
    let mut credentials = wired.credentials.clone();
    credentials.wait_for(known).await.expect("the wiring lives");
    let withdrawn = document("device/kiosk", 4, serde_json::Value::Null);
    wired
        .effects
        .send(Effect::Apply(Box::new(withdrawn)))
        .await
        .expect("the wiring lives");
    credentials
        .wait_for(|credentials| !known(credentials))
        .await
        .expect("the wiring lives");
    let applied = |roster: &edge_kernel::Roster| roster.held().iter().map(|held| held.version).collect::<Vec<_>>();
    while applied(
        &wired
            .port
            .read::<edge_kernel::Roster>()
            .await
            .expect("the kernel lives")
            .state,
    ) != [4]
    {
        wired.pass().await;
    }
    let told = wired.told().await;
    // Devices are configured while documents are still being published: each has its own order.
    let (policies, devices): (Vec<_>, Vec<_>) = told.lines().partition(|line| line.starts_with("policy."));
    assert_eq!(devices, ["device.paired kiosk", "device.retired kiosk"]);
    expect![[r#"
        policy.applied device/kiosk
        policy.failed device/kiosk failed device kiosk: there is no adapter nobody
        policy.failed device/kiosk invalid kind: invalid type: integer `7`, expected a string
        policy.failed policy/privacy unsupported
        policy.applied device/kiosk
    "#]]
    .assert_eq(&(policies.join("\n") + "\n"));
}
