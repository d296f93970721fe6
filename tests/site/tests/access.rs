//! The main job, from end to end: a badge at a door is seen in the cloud, and a button in the cloud opens a door.
//!
//! Nothing here is measured; nothing is broken on purpose but one terminal.

#![expect(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach what they call"
)]

use anyhow::{Result, ensure};
use protocol::{Fact, fact::KeyKind};
use serde_json::{Value, json};
use tests_site::{
    admin::text,
    commands, consistency,
    scenario::{Scenario, ScenarioSpec, SiteTerminal, document},
    seed, staff,
    wait::{LONG, SOON, until},
};

async fn open() -> Scenario {
    let mut rng = seed::rng("main-job").unwrap();
    Scenario::open(ScenarioSpec {
        terminals: vec![staff::terminal(1, &mut rng), staff::terminal(2, &mut rng)],
        seed: rng.throw(),
        ..ScenarioSpec::named("main-job")
    })
    .await
    .unwrap()
}

async fn opens(scenario: &Scenario, door: &SiteTerminal, number: u64) {
    let before = door.terminal.openings().len();
    let answer = commands::open_door(&scenario.admin, &scenario.named(&door.device), number, 30).await;
    let answer = answer.unwrap();
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    let id = text(&answer.body, "id").unwrap();
    let order = until("the order has an end", SOON, || async {
        let order = commands::one(&scenario.admin, &id).await?;
        order.ended()?;
        Ok(order)
    })
    .await
    .unwrap();
    assert_eq!(order.state, "ok", "{order:?}");
    let openings = door.terminal.openings();
    assert_eq!(openings.len(), before + 1);
    assert_eq!(u64::from(openings.last().unwrap().door), number);
}

/// The badge of `person`, as events are listed.
async fn badged(scenario: &Scenario, person: &str) -> Result<()> {
    let found = scenario.admin.all("/events?type=access.granted").await?;
    let is = |event: &Value| event.pointer("/event/data/person").and_then(Value::as_str) == Some(person);
    let count = found.iter().filter(|event| is(event)).count();
    ensure!(count == 1, "{person} is there {count} times");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_badge_is_seen_and_a_button_opens_a_door() {
    let scenario = open().await;
    let [first, second] = scenario.doors.as_slice() else {
        panic!("two doors were asked for")
    };
    let mut live = scenario.admin.live().await.unwrap();
    first.terminal.badge("7001", KeyKind::Face);
    let mut heard = String::new();
    let told = tokio::time::timeout(SOON, async {
        while !heard.contains("\"7001\"") {
            let chunk = live.chunk().await.unwrap().expect("the stream goes on");
            heard.push_str(&String::from_utf8_lossy(&chunk));
        }
    });
    told.await.expect("the badge is on the live stream");
    until("the badge is listed", SOON, || badged(&scenario, "7001"))
        .await
        .unwrap();

    opens(&scenario, first, 1).await;
    opens(&scenario, second, 2).await;
    until("everything is in the cloud, once", LONG, || {
        consistency::check(&scenario, &[])
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_terminals_trouble_is_shown_and_disturbs_no_other() {
    let scenario = open().await;
    let [first, second] = scenario.doors.as_slice() else {
        panic!("two doors were asked for")
    };
    let undisturbed = second.terminal.counts();

    // Somebody changes the password at the device, and then tells the cloud.
    first.terminal.set_password("Changed-2027");
    first.terminal.cut().await;
    let found = scenario.wait_for_status(&first.device, "offline").await.unwrap();
    assert_eq!(text(&found, "reason").unwrap(), "wrong_password");
    let failed = first.terminal.counts().failed_logins;
    assert!(failed < 5, "{failed} failed logins lock a terminal");
    opens(&scenario, second, 1).await;
    let config = document(&first.terminal, "Changed-2027");
    let path = format!("/devices/{}/config", scenario.named(&first.device));
    scenario.admin.replace(&path, &json!({"body": config})).await.unwrap();
    scenario.wait_for_status(&first.device, "online").await.unwrap();
    opens(&scenario, first, 2).await;
    assert!(first.terminal.locked_for().is_none());

    // It reboots, and is unplugged for a while.
    first.terminal.reboot().await;
    first.terminal.badge("7002", KeyKind::Card);
    until("the badge is listed", LONG, || badged(&scenario, "7002"))
        .await
        .unwrap();
    first.terminal.go_offline().await;
    scenario.wait_for_status(&first.device, "offline").await.unwrap();
    let refused = commands::open_door(&scenario.admin, &scenario.named(&first.device), 3, 30).await;
    let id = text(&refused.unwrap().body, "id").unwrap();
    until("the order is refused", SOON, || async {
        let order = commands::one(&scenario.admin, &id).await?;
        ensure!(order.state == "rejected", "{order:?}");
        ensure!(order.reason.as_deref() == Some("offline"), "{order:?}");
        Ok(())
    })
    .await
    .unwrap();
    first.terminal.badge("7003", KeyKind::Card);
    opens(&scenario, second, 4).await;
    first.terminal.go_online().await;
    scenario.wait_for_status(&first.device, "online").await.unwrap();
    until("what happened meanwhile is listed", LONG, || badged(&scenario, "7003"))
        .await
        .unwrap();
    let found = scenario.history().await.unwrap();
    let back_filled = found.of("access.granted").any(|event| {
        matches!(&event.fact, Fact::AccessGranted(passage)
            if passage.person.as_ref().map(AsRef::as_ref) == Some("7003") && event.replay)
    });
    assert!(back_filled, "what happened meanwhile is not marked as such");

    assert_eq!(
        second.terminal.counts().streams,
        undisturbed.streams,
        "the other terminal was connected to again"
    );
    until("everything is in the cloud, once", LONG, || {
        consistency::check(&scenario, &[])
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_edge_goes_on_where_it_was() {
    let mut scenario = open().await;
    for round in 0..3 {
        scenario.edge.stop().await.unwrap();
        let door = scenario.doors.first().unwrap();
        let person = format!("80{round}");
        door.terminal.badge(&person, KeyKind::Card);
        scenario.edge.start().await.unwrap();
        until("what happened meanwhile is listed", LONG, || badged(&scenario, &person))
            .await
            .unwrap();
        let door = scenario.doors.first().unwrap();
        opens(&scenario, door, 1 + round).await;
    }
    until("everything is in the cloud, once", LONG, || {
        consistency::check(&scenario, &[])
    })
    .await
    .unwrap();
    let history = scenario.history().await.unwrap();
    let starts = history.of("site.started").count();
    assert_eq!(starts, 4);
    for started in history.of("site.started") {
        let Fact::SiteStarted(started) = &started.fact else {
            continue;
        };
        assert_eq!(started.interrupted, 0);
    }
}
